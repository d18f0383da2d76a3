"""Reader sessions: every shape of statement shows the actor's records only, or is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import aliased

from permissions.policy import Policy
from permissions.scoping import ReaderSession, reader_session, scoped_by_hand
from schema.base.database import Database
from schema.base.errors import TrellisError
from schema.catalog import Catalog
from tests.permissions.conftest import actor, add_record

Statement = Callable[[Any, Any], Any]


class World:
    """Two companies and three contacts: Cleo's contacts stand in a company of hers and in one of Dov's."""

    def __init__(self, database: Database, catalog: Catalog, cast: dict[str, int]) -> None:
        self.database, self.catalog = database, catalog
        self.contact, self.company = catalog.entities['contact'], catalog.entities['company']
        link = self.contact.fields['company'].definition.column
        with database.writing() as connection:
            self.hers = add_record(connection, catalog, 'company', cast['cleo'])
            self.his = add_record(connection, catalog, 'company', cast['dov'])
            self.contacts = [
                add_record(connection, catalog, 'contact', cast[owner], **{link: company})
                for owner, company in (('cleo', self.hers), ('cleo', self.his), ('dov', self.hers))
            ]
        self.link = link
        self.cleo = Policy(catalog, actor(cast['cleo'], 'rep'))
        self.ada = Policy(catalog, actor(cast['ada'], 'admin'))
        self.auditor = Policy(catalog, actor(cast['cleo'], 'auditor'))

    def reader(self, policy: Policy) -> ReaderSession:
        return reader_session(self.database, self.catalog, policy)

    def rows(self, policy: Policy, statement: Any) -> list[Any]:
        with self.reader(policy) as session:
            return sorted(tuple(row) for row in session.execute(statement))


@pytest.fixture
def world(database: Database, catalog: Catalog, cast: dict[str, int]) -> Iterator[World]:
    yield World(database, catalog, cast)


def test_list_get_and_count_show_own_records_only(world: World) -> None:
    model = world.contact.model
    counted = sa.select(sa.func.count()).select_from(model)

    with world.reader(world.cleo) as session:
        listed = {row.id for row in session.scalars(sa.select(model))}
        got = [session.get(model, row_id) is not None for row_id in world.contacts]
        count = session.scalar(counted)

    assert (listed, got, count) == (set(world.contacts[:2]), [True, True, False], 2)
    assert world.rows(world.ada, counted) == [(3,)]


def test_a_query_on_columns_of_the_table_is_scoped_when_it_names_the_class(world: World) -> None:
    statement = sa.select(world.contact.model.id).where(world.contact.table.c.deleted_at.is_(None)).order_by(
        world.contact.table.c.id
    )  # fmt: skip

    assert world.rows(world.cleo, statement) == [(row_id,) for row_id in world.contacts[:2]]


def test_both_sides_of_a_join_are_scoped(world: World) -> None:
    contact, company = world.contact.model, world.company.model
    statement = sa.select(contact.id, company.id).join(company, company.id == getattr(contact, world.link))

    assert world.rows(world.cleo, statement) == [(world.contacts[0], world.hers)]


def test_an_outer_join_to_an_alias_keeps_the_parent_and_blanks_the_hidden_side(world: World) -> None:
    contact, company = world.contact.model, aliased(world.company.model)
    statement = sa.select(contact.id, company.id).outerjoin(company, company.id == getattr(contact, world.link))

    with world.reader(world.cleo) as session:
        rows = {tuple(row) for row in session.execute(statement)}

    assert rows == {(world.contacts[0], world.hers), (world.contacts[1], None)}


def test_two_aliases_of_one_class_are_both_scoped(world: World) -> None:
    left, right = aliased(world.contact.model), aliased(world.contact.model)
    statement = sa.select(left.id, right.id).join(right, right.id != left.id)

    first, second, _ = world.contacts
    assert world.rows(world.cleo, statement) == [(first, second), (second, first)]


@pytest.mark.parametrize('shape', ['exists', 'in', 'scalar', 'from', 'cte', 'union'])
def test_nested_selects_are_scoped(world: World, shape: str) -> None:
    contact, company = world.contact.model, world.company.model
    link = getattr(contact, world.link)
    inner = sa.select(company.id).where(company.id == link)
    shapes: dict[str, Any] = {
        'exists': sa.select(contact.id).where(inner.exists()),
        'in': sa.select(contact.id).where(link.in_(sa.select(company.id))),
        'scalar': sa.select(contact.id).where(inner.scalar_subquery().is_not(None)),
        'from': sa.select((seen := sa.select(contact.id, link.label('link')).subquery()).c.id).where(seen.c.link == world.hers),
        'cte': sa.select((kept := sa.select(contact.id, link.label('link')).cte()).c.id).where(kept.c.link == world.hers),
        'union': sa.union(
            sa.select(contact.id).where(link == world.hers), sa.select(contact.id).where(contact.id == world.contacts[2])
        ),
    }

    assert world.rows(world.cleo, shapes[shape]) == [(world.contacts[0],)]


def test_groups_and_sums_are_made_of_own_records(world: World) -> None:
    model = world.contact.model
    statement = sa.select(model.owner_id, sa.func.count(model.id)).group_by(model.owner_id)

    assert [row[1] for row in world.rows(world.cleo, statement)] == [2]
    assert sorted(row[1] for row in world.rows(world.ada, statement)) == [1, 2]


def test_an_entity_without_read_grant_looks_empty(world: World) -> None:
    assert world.rows(world.auditor, sa.select(world.company.model.id)) == []
    assert len(world.rows(world.ada, sa.select(world.company.model.id))) == 2


def test_a_core_select_that_carries_the_rule_is_run(world: World) -> None:
    table = world.contact.table
    other = world.company.table.alias()
    hidden = sa.exists(
        sa.select(sa.literal(1))
        .select_from(other)
        .where(other.c.id == table.c[world.link], world.cleo.table_predicate('read', world.company, other))
        .correlate(table)
    )
    core = sa.select(table.c.id).where(hidden, world.cleo.table_predicate('read', world.contact, table))
    mixed = sa.select(world.contact.model.id).where(hidden)

    assert world.rows(world.cleo, core) == [(world.contacts[0],)]
    assert world.rows(world.cleo, mixed) == [(world.contacts[0],)]


UNCOVERED: dict[str, Statement] = {
    'core select': lambda contact, company: sa.select(contact.table.c.id),
    'core count': lambda contact, company: sa.select(sa.func.count()).select_from(contact.table),
    'core alias': lambda contact, company: sa.select(contact.table.alias().c.id),
    'core exists': lambda contact, company: sa.select(contact.model.id).where(
        sa.exists(sa.select(company.table.c.id).where(company.table.c.owner_id == contact.table.c.owner_id))
    ),
    'core select around a class': lambda contact, company: sa.select(contact.table.c.id).where(
        sa.select(company.model.id).where(company.model.owner_id == contact.table.c.owner_id).exists()
    ),
    'function of a column in WHERE': lambda contact, company: sa.select(sa.literal(1)).where(
        sa.func.lower(contact.model.uid) == 'x'
    ),
    'OR in WHERE': lambda contact, company: sa.select(sa.literal(1)).where(
        sa.or_(contact.model.uid == 'x', contact.model.uid != 'x')
    ),
    'window': lambda contact, company: sa.select(sa.func.row_number().over(order_by=contact.model.id)),
    'filtered sum': lambda contact, company: sa.select(sa.func.sum(contact.model.id).filter(contact.model.id > 0)),
    'join in select_from': lambda contact, company: sa.select(contact.model.id).select_from(
        sa.outerjoin(contact.table, company.table, company.table.c.owner_id == contact.table.c.owner_id)
    ),
    'text': lambda contact, company: sa.text(f'SELECT id FROM {contact.table.name}'),
}


@pytest.mark.parametrize('shape', UNCOVERED)
def test_what_rules_cannot_cover_is_refused(world: World, shape: str) -> None:
    statement = UNCOVERED[shape](world.contact, world.company)

    with world.reader(world.cleo) as session, pytest.raises(TrellisError) as refused:
        session.execute(statement)

    assert [each.code for each in refused.value.findings] == ['PRM-E005']


def test_a_rule_that_is_only_an_alternative_does_not_count(world: World) -> None:
    table = world.contact.table
    opened = sa.select(table.c.id).where(sa.or_(table.c.id > 0, world.cleo.table_predicate('read', world.contact, table)))

    with world.reader(world.cleo) as session, pytest.raises(TrellisError, match='PRM-E005'):
        session.execute(opened)


def test_a_statement_marked_by_hand_is_run_as_it_is(world: World) -> None:
    statement = scoped_by_hand(sa.select(sa.func.count()).select_from(world.contact.table))

    assert world.rows(world.cleo, statement) == [(3,)]


WRITES: dict[str, Callable[[ReaderSession, Any], object]] = {
    'insert': lambda session, entity: session.execute(sa.insert(entity.model).values(uid='x')),
    'update': lambda session, entity: session.execute(sa.update(entity.model).values(revision=2)),
    'delete': lambda session, entity: session.execute(sa.delete(entity.table)),
    'new object': lambda session, entity: (session.add(entity.model()), session.flush()),
    'changed object': lambda session, entity: (
        setattr(session.scalars(sa.select(entity.model)).first(), 'revision', 9), session.commit()
    ),
}  # fmt: skip


@pytest.mark.parametrize('way', WRITES)
def test_a_reader_refuses_to_write(world: World, way: str) -> None:
    with world.reader(world.ada) as session, pytest.raises(TrellisError) as refused:
        WRITES[way](session, world.contact)

    assert [each.code for each in refused.value.findings] == ['PRM-E004']
    assert {row[0] for row in world.rows(world.ada, sa.select(world.contact.model.revision))} == {1}


def test_one_compiled_statement_serves_all_persons(world: World, cast: dict[str, int]) -> None:
    model = world.contact.model
    world.rows(world.cleo, sa.select(model.id))
    dov = Policy(world.catalog, actor(cast['dov'], 'rep'))
    cache: Any = world.database.read_engine.get_execution_options()['compiled_cache']
    known = len(cache)

    seen = world.rows(dov, sa.select(model.id))

    assert seen == [(world.contacts[2],)]
    assert len(cache) == known
