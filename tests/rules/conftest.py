"""One site per engine with the rules of `documents.py` published; each test makes its own records."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rules.documents import REQUEST
from tests.support.databases import ENGINES, Databases
from tests.support.site import Site, copied_site


def publish(site: Site, request: dict[str, object]) -> None:
    """Plan and apply as the administrator."""
    publisher, actor = site.runtime.publisher, site.actor('admin')
    publisher.apply(publisher.plan(request, actor).plan_id, actor)


@pytest.fixture(scope='package', params=ENGINES)
def ruled(request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with copied_site(databases, request.param, tmp_path_factory.mktemp('rules') / 'home') as site:
        publish(site, REQUEST)
        yield site
