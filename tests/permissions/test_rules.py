"""A record rule says the same as SQL and as a decision, for every scope, person and record."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from permissions.policy import Policy
from permissions.rules import RecordFacts, RecordRule
from permissions.scoping import reader_session
from schema.base.database import Database
from schema.catalog import Catalog
from schema.definitions import SCOPES
from tests.permissions.conftest import actor, add_record

NOBODY_TO_THREE = (None, 1, 2, 3)
PAIRS = [RecordFacts(owner, team) for owner in NOBODY_TO_THREE for team in NOBODY_TO_THREE]
rows = sa.table('record', sa.column('owner_id', sa.Integer), sa.column('team_id', sa.Integer))


@pytest.fixture(scope='module')
def connection() -> Iterator[sa.Connection]:
    """One row of each combination."""
    engine = sa.create_engine('sqlite://')
    with engine.connect() as made:
        made.execute(sa.text('CREATE TABLE record (owner_id INTEGER, team_id INTEGER)'))
        made.execute(rows.insert(), [{'owner_id': facts.owner_id, 'team_id': facts.team_id} for facts in PAIRS])
        yield made
    engine.dispose()


@given(
    scope=st.sampled_from(SCOPES),
    user_id=st.sampled_from(NOBODY_TO_THREE),
    teams=st.frozensets(st.integers(1, 4), max_size=3),
)
def test_sql_and_decision_agree(connection: sa.Connection, scope: str, user_id: int | None, teams: frozenset[int]) -> None:
    rule = RecordRule(scope, user_id, teams)  # type: ignore[arg-type]

    selected = connection.execute(sa.select(rows).where(rule.clause(rows.c.owner_id, rows.c.team_id))).all()

    assert {tuple(row) for row in selected} == {(facts.owner_id, facts.team_id) for facts in PAIRS if rule.holds(facts)}


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
