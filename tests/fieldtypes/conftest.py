"""The specimens on each engine, made once for the file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fieldtypes.world import World
from tests.support.databases import ENGINES, Databases
from tests.support.site import copied_site


@pytest.fixture(scope='module', params=ENGINES)
def world(request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp('specimens')
    with copied_site(databases, request.param, folder / 'home') as site:
        made = World(site, folder)
        made.publish()
        made.make_by_api()
        made.make_by_form()
        made.make_by_import()
        made.make_changed()
        yield made
