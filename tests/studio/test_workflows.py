"""The workflow editor over HTTP: from a starter to a published flow with a wait and a branch; faults stand at their step."""

from __future__ import annotations

from typing import Any

import pytest

from migrations.requests import merge
from migrations.service import Publisher
from tests.studio.desk import Desk
from tests.support.site import Site


@pytest.fixture
def desk(sqlite_site: Site) -> Desk:
    return Desk(sqlite_site)


def drafted(desk: Desk, key: str) -> Any:
    """The workflow as the admin's draft has it."""
    publisher: Publisher = desk.site.runtime.publisher
    return merge(publisher.documents(), publisher.draft(desk.site.actor('admin')).request)['workflow', key]


def test_starter_and_every_kind_of_step_have_their_pages(desk: Desk) -> None:
    desk.page('/studio/workflows/new')

    begun = desk.post('/studio/workflows/new', starter='birthday', entity='contact').location
    key = begun.split('/studio/workflows/')[1].split('?')[0]

    for chosen in ('step=@trigger', 'step=@condition', 'step=@name', 'step=send', 'at=:1', 'step=send&move=send'):
        desk.page(f'/studio/workflows/{key}?{chosen}')
    for kind in desk.site.runtime.registries.actions.keys():  # noqa: SIM118 - a registry iterates over its entries
        added = desk.post(f'/studio/workflows/{key}/steps', type=kind, at=':1')
        desk.page(added.location.split('#')[0])
    desk.page(f'/studio/workflows/{key}/json')
    assert len(drafted(desk, key)['steps']) == 1 + len(desk.site.runtime.registries.actions)
