"""Rights to single records: given, lifted, taken back and listed."""

from __future__ import annotations

from datetime import timedelta

from permissions.granting import GrantRow, grant, grants_of, revoke
from schema.base.actor import Actor, principal
from schema.base.database import Database
from schema.catalog import Catalog
from tests.permissions.conftest import NOW

LATER = NOW + timedelta(hours=1)


def test_giving_again_only_lifts_a_right(database: Database, catalog: Catalog) -> None:
    contact, ann = catalog.entities['contact'], principal('user', 7)
    many = range(1, 1300)
    with database.session() as session:
        grant(session, contact, many, ann, level='view', source='share', by=1, now=NOW)
        grant(session, contact, [2], ann, level='edit', source='share', by=2, now=LATER)
        grant(session, contact, many, ann, level='view', source='share', by=3, now=LATER)
        grant(session, contact, [2], ann, level='view', source='former_owner', by=None, now=LATER)
        found = grants_of(session, contact, many)
        other = grants_of(session, catalog.entities['company'], many)

    assert (len(found), other) == (1299, {})
    assert found[1] == [GrantRow(1, 'u7', 'view', 'share', 1, NOW)]
    assert found[2] == [GrantRow(2, 'u7', 'edit', 'share', 2, LATER), GrantRow(2, 'u7', 'view', 'former_owner', None, LATER)]


def test_a_source_takes_back_only_what_it_gave(database: Database, catalog: Catalog) -> None:
    contact, ann, north = catalog.entities['contact'], principal('user', 7), principal('team', 3)
    with database.session() as session:
        for each in (ann, north):
            grant(session, contact, [1, 2], each, level='view', source='share', by=1, now=NOW)
        grant(session, contact, [1], ann, level='view', source='pool', by=1, now=NOW)
        revoke(session, contact, [1], ann, source='share')
        one = grants_of(session, contact, [1, 2])
        revoke(session, contact, [1, 2], source='share')
        rest = grants_of(session, contact, [1, 2])

    assert {key: [(each.principal, each.source) for each in rows] for key, rows in one.items()} == {
        1: [('t3', 'share'), ('u7', 'pool')], 2: [('u7', 'share'), ('t3', 'share')],
    }  # fmt: skip
    assert {key: [each.source for each in rows] for key, rows in rest.items()} == {1: ['pool']}


def test_a_person_is_reached_as_self_by_teams_and_by_pools() -> None:
    ann = Actor(7, 'Ann', team_ids=frozenset({3}), led_team_ids=frozenset({4}), below_team_ids=frozenset({5}),
                pool_principals=frozenset({principal('pool', 1), principal('managed_pool', 2)}))  # fmt: skip

    assert ann.principals == {'u7', 't3', 't4', 'p1', 'm2'}
    assert Actor(None, 'system', is_system=True).principals == frozenset()
