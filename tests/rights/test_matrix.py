"""Role × entity × field × way out, every cell: what may be read appears, nothing else leaves, by default nothing does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from modules.certificate.applying import application
from modules.certificate.planting import NO_ROLE, POOLED, SHARED, UNOWNED
from modules.certificate.service import ways_of
from modules.certificate.trial import Outcome, Trial
from tests.rights.roles import OWN, TEAM, WIDER, publish_everything
from tests.support.databases import ENGINES, Databases
from tests.support.site import open_site

TRIED = {'sqlite': (OWN, NO_ROLE), 'postgresql': (TEAM,)}
"""Each engine tries another kind of scope: the proof that their predicates agree stands in tests/permissions."""
SHOWING = ('api_record', 'letter')


@pytest.fixture(scope='module', params=ENGINES)
def tried(request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    """One trial for each engine; it leaves a planted world behind, which the tests below only read."""
    home = tmp_path_factory.mktemp('rights')

    def fill(url: str) -> None:
        made = open_site(url, home / 'template').runtime
        publish_everything(made)
        made.close()

    with databases.copied(request.param, 'everything', fill) as url:
        runtime = open_site(url, home / 'home').runtime
        trial = Trial(application(runtime), runtime, ways_of(runtime))
        trial.plant()
        yield Tried(request.param, trial, trial.run(TRIED[request.param]))
        runtime.close()


@dataclass(frozen=True)
class Tried:
    engine: str
    trial: Trial
    outcome: Outcome


def test_no_cell_of_the_matrix_leaks_and_what_may_be_read_appears(tried: Tried) -> None:
    catalog, roles = tried.trial.catalog, TRIED[tried.engine]
    every = {
        (role, entity.key, key, way) for role in roles for entity in catalog.entities.values() for key in entity.fields
        for way in tried.trial.ways
    }  # fmt: skip

    told = [
        f'{role} / {way}: {each.entity}.{each.field}: {each.found} <- {each.request}'
        for (role, way), faults in tried.outcome.faults.items() for each in faults
    ]  # fmt: skip
    assert told == []
    assert tried.outcome.unasked(tried.trial.ways) == []
    assert set(tried.outcome.cells) == every
    for (role, entity, key, way), verdict in tried.outcome.cells.items():
        level, scope = expected(catalog.documents, role, entity, key)
        if level == 'none' or scope == 'none':  # default deny: told from the documents alone, whatever the policy says
            assert verdict in {'kept', 'none'}, (role, entity, key, way)
        elif way in SHOWING and key in tried.trial.world.marked[entity]:
            assert verdict == 'shown', (role, entity, key, way)


def test_records_within_reach_are_those_that_the_documents_say(tried: Tried) -> None:
    """The other half of default deny: the sight that cells are judged by, from the documents and not from the policy."""
    trial = tried.trial
    team = {SHARED, POOLED, 'mate', *(f'own:{role}' for role in trial.world.people)}
    reach: dict[str, set[str]] = {OWN: {f'own:{OWN}', SHARED, POOLED}, NO_ROLE: set(), TEAM: team}
    other = {(TEAM, 'company'): {SHARED, UNOWNED, POOLED}, (TEAM, WIDER): team | {'below'}}
    for role in TRIED[tried.engine]:
        sight = trial.sight_of(role)
        for entity in trial.catalog.entities:
            assert sight.records[entity] == other.get((role, entity), reach[role]), (role, entity)


def expected(documents: Any, role: str, entity: str, key: str) -> tuple[str, str]:
    """`(level of the field, scope of reading)` as the role's document spells them; nothing is granted that it does not name."""
    found = documents.get(('role', role))
    document = json.loads(found) if isinstance(found, str) else found
    if document is None:
        return 'none', 'none'
    grants = document.get('grants', {})
    entry = grants.get(entity, grants.get('*', {}))
    scope = entry.get('read', 'none')
    levels = {**document.get('fields', {}).get('*', {}), **document.get('fields', {}).get(entity, {})}
    return levels.get(key, 'write'), scope if isinstance(scope, str) else scope.get('scope', 'all')
