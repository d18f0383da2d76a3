"""A record rule says the same as SQL and as a decision, for every scope, person and record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from permissions.policy import Policy
from permissions.rules import Asker, Part, RecordFacts, RecordRule, scope_of, simplest
from permissions.scoping import reader_session
from schema.base.database import Database
from schema.catalog import Catalog
from schema.conditions import Binding
from schema.definitions import SCOPES, Scope
from tests.permissions.conftest import actor, add_record

NOBODY_TO_THREE = (None, 1, 2, 3)
PAIRS = [RecordFacts(owner, team) for owner in NOBODY_TO_THREE for team in NOBODY_TO_THREE]
rows = sa.table('record', sa.column('id', sa.Integer), sa.column('owner_id', sa.Integer), sa.column('team_id', sa.Integer))
NOW = Binding(datetime(2026, 3, 2, 9, 0, tzinfo=UTC), ZoneInfo('Asia/Ho_Chi_Minh'))


@pytest.fixture(scope='module')
def connection() -> Iterator[sa.Connection]:
    """One row of each combination."""
    engine = sa.create_engine('sqlite://')
    with engine.connect() as made:
        made.execute(sa.text('CREATE TABLE record (id INTEGER PRIMARY KEY, owner_id INTEGER, team_id INTEGER)'))
        made.execute(rows.insert(), [{'owner_id': facts.owner_id, 'team_id': facts.team_id} for facts in PAIRS])
        yield made
    engine.dispose()


@given(
    scopes=st.frozensets(st.sampled_from(SCOPES), max_size=2),
    user_id=st.sampled_from(NOBODY_TO_THREE),
    teams=st.frozensets(st.integers(1, 4), max_size=2),
    below=st.frozensets(st.integers(1, 4), max_size=2),
)
def test_sql_and_decision_agree_about_scopes(
    connection: sa.Connection, scopes: frozenset[Scope], user_id: int | None, teams: frozenset[int], below: frozenset[int]
) -> None:
    rule = RecordRule(simplest(map(Part, sorted(scopes))), Asker(user_id, teams, below))

    selected = connection.execute(sa.select(rows.c['owner_id', 'team_id']).where(rule.clause(rows, NOW))).all()

    assert {tuple(row) for row in selected} == {(each.owner_id, each.team_id) for each in PAIRS if rule.holds(each, NOW)}
    assert all(rule.surely(each) is rule.holds(each, NOW) for each in PAIRS)


@given(scopes=st.lists(st.sampled_from(SCOPES), max_size=4), facts=st.sampled_from(PAIRS))
def test_several_scopes_reach_what_the_widest_does(scopes: list[Scope], facts: RecordFacts) -> None:
    asker = Asker(1, frozenset({2}), frozenset({3}))
    together = RecordRule(simplest(map(Part, scopes)), asker)

    assert together.holds(facts, NOW) is any(RecordRule((Part(each),), asker).holds(facts, NOW) for each in scopes)
    assert together.scope == scope_of([Part(each) for each in scopes])


PEOPLE = {
    'admin': ('admin',),
    'leader of a team': ('leader',),
    'rep': ('rep',),
    'auditor and leader': ('auditor', 'leader'),
    'nobody': (),
}


@pytest.mark.parametrize('who', PEOPLE)
@pytest.mark.parametrize('teams', [(), (1,), (1, 2)], ids=str)
def test_a_reader_sees_exactly_the_records_it_may_read(
    database: Database, catalog: Catalog, cast: dict[str, int], team_ids: dict[str, int], who: str, teams: tuple[int, ...]
) -> None:
    with database.writing() as connection:
        owners = (None, cast['cleo'], cast['dov'])
        kept = {
            add_record(connection, catalog, 'contact', owner, team_id=team): RecordFacts(owner, team)
            for owner in owners
            for team in (None, *team_ids.values())
        }
    policy = Policy(catalog, actor(cast['cleo'], *PEOPLE[who], teams=teams))
    model = catalog.entities['contact'].model

    with reader_session(database, catalog, policy) as session:
        seen = set(session.execute(sa.select(model.id)).scalars())
        counted = session.execute(sa.select(model.id).where(policy.predicate('read', catalog.entities['contact']))).all()

    assert seen == {row_id for row_id, facts in kept.items() if policy.decide('read', 'contact', facts)}
    assert {row.id for row in counted} == seen
