"""The SQL of a record rule and the decision about a single record say the same, for drawn roles, people, shares and records."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import aliased

from modules.records.keyed import SMALL
from modules.records.model import ListQuery, Sort
from modules.records.queries import Reader
from permissions.facts import facts_for, reachable
from permissions.grants import SEEN_FIRST
from permissions.policy import Policy
from permissions.scoping import ReaderSession, reader_session
from permissions.tables import record_grant
from schema.base.actor import Actor, principal
from schema.base.clock import FrozenClock
from schema.base.database import Database
from schema.catalog import Catalog, Entity
from schema.definitions import ACTIONS, SCOPES
from schema.reading import read_role
from tests.permissions.conftest import make_catalog, sales_documents
from tests.support.databases import ENGINES, Databases
from tests.support.properties import examples

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
USERS, TEAMS = (1, 2, 3), (1, 2, 3, 4)
POOLED = ('p1', 'm1', 'p2', 'm2')
PRINCIPALS = [*(principal('user', each) for each in USERS), *(principal('team', each) for each in TEAMS), *POOLED]
NAMED = {'field': 'title', 'op': 'is_not_empty'}
MINE = {'all': [NAMED, {'field': 'owner', 'op': 'eq', 'value': {'me': True}}]}
Document = dict[str, Any]
Share = tuple[int, str, str]
DECIDING = ('PRM-R028', 'PRM-R029', 'PRM-R030', 'PRM-R031', 'PRM-R034')
LEAVES: tuple[Document, ...] = (
    {'field': 'title', 'op': 'contains', 'value': 'hà'},
    {'field': 'title', 'op': 'is_empty'},
    {'field': 'amount', 'op': 'gte', 'value': {'amount': '50', 'currency': 'VND'}},
    {'field': 'expected_close_on', 'op': 'within', 'value': {'next': {'days': 7}}},
    {'field': 'expected_close_on', 'op': 'lt', 'value': {'today': True}},
    {'field': 'created_at', 'op': 'gte', 'value': {'hours': -3}},
    {'field': 'owner', 'op': 'ne', 'value': {'me': True}},
    {'field': 'owner', 'op': 'is_empty'},
    {'field': 'team', 'op': 'in', 'value': {'my_teams': True}},
    {'field': 'company', 'op': 'is_empty'},
    {'field': 'company.name', 'op': 'starts_with', 'value': 'A'},
    {'field': 'company.owner', 'op': 'eq', 'value': {'me': True}},
    {'field': 'company.team', 'op': 'not_in', 'value': {'my_teams': True}},
    {'field': 'contact.full_name', 'op': 'is_not_empty'},
)
scopes = st.sampled_from(SCOPES)
conditions = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.builds(lambda head, parts: {head: parts}, st.sampled_from(('all', 'any')), st.lists(inner, max_size=6)),
        st.builds(lambda part: {'not': part}, inner),
    ),
    max_leaves=4,
)
grants = st.one_of(scopes, st.builds(lambda scope, where: {'scope': scope, 'where': where}, scopes, conditions))
roles = st.lists(st.dictionaries(st.sampled_from(ACTIONS), grants), min_size=1, max_size=6)
a_team, some_teams = st.sampled_from((None, *TEAMS)), st.frozensets(st.sampled_from(TEAMS), max_size=2)
people = st.builds(
    lambda user_id, own, led, below, pools: Actor(
        user_id, 'somebody', team_ids=own, led_team_ids=led, below_team_ids=below, pool_principals=pools
    ),
    st.sampled_from((None, *USERS)), some_teams, some_teams, some_teams,
    st.frozensets(st.sampled_from(POOLED), max_size=2),
)  # fmt: skip
shares = st.lists(
    st.tuples(st.integers(1, 20), st.sampled_from(PRINCIPALS), st.sampled_from(('view', 'edit'))),
    max_size=8, unique_by=lambda each: each[:2],
)  # fmt: skip


class World:
    """Twenty opportunities over four companies and two contacts, some blank, some binned; one database."""

    def __init__(self, database: Database, base: Catalog) -> None:
        self.database, self.base, self.ids = database, base, list(range(1, 21))

    def catalog(self, drawn: list[Document]) -> Catalog:
        """The same entities with other roles: a whole catalog for each example would take too long."""
        documents = [
            {'x-ref': f'drawn{number}', 'x-key': f'drawn{number}', 'grants': {'opportunity': entry}}
            for number, entry in enumerate(drawn)
        ]
        return replace(self.base, roles={each['x-key']: read_role(each) for each in documents})

    def share(self, entity: Any, rights: list[Share]) -> None:
        rows = [
            {
                'entity_ref': entity.ref,
                'record_id': place,
                'principal': who,
                'level': level,
                'source': 'share',
                'granted_at': NOW,
            }
            for place, who, level in rights
        ]
        with self.database.writing() as connection:
            connection.execute(record_grant.delete())
            if rows:
                connection.execute(record_grant.insert(), rows)


def _fill(url: str, catalog: Catalog) -> None:
    made = Database(url)
    with made.writing() as connection:
        record_grant.metadata.create_all(connection, tables=[record_grant])
        metadata = sa.MetaData()
        for key in ('company', 'contact', 'opportunity'):  # bare tables: people and teams are only numbers here
            table = catalog.entities[key].table
            sa.Table(table.name, metadata, *(sa.Column(each.name, each.type, primary_key=each.primary_key) for each in table.c))
        metadata.create_all(connection)
        _rows(connection, catalog)
    made.dispose()


def _rows(connection: sa.Connection, catalog: Catalog) -> None:
    company, contact, deal = (catalog.entities[key] for key in ('company', 'contact', 'opportunity'))

    def add(entity: Any, number: int, values: Document, *, binned: bool = False) -> None:
        row = {'id': number, 'uid': f'{entity.key}-{number}', 'revision': 1, 'changed_at': NOW, 'created_at': NOW} | values
        connection.execute(sa.insert(entity.table).values({**row, 'deleted_at': NOW if binned else None}))

    def put(entity: Any, key: str, value: Any) -> Document:
        field = entity.fields[key]
        return dict(field.to_columns(value)) if not field.is_link else {field.definition.column: value}

    for number, (name, owner, team) in enumerate((('An Bình', 1, 1), ('Bách', 2, None), ('An Khang', None, 3)), 1):
        add(company, number, put(company, 'name', name) | {'owner_id': owner, 'team_id': team})
    add(company, 4, put(company, 'name', 'Ánh'), binned=True)
    add(contact, 1, put(contact, 'full_name', 'Hà'))
    add(contact, 2, put(contact, 'full_name', None))
    for number in range(1, 21):
        amount = None if number % 4 == 0 else number * 10
        close = None if number % 3 == 0 else (NOW + timedelta(days=number - 10)).date()
        values = put(deal, 'title', (None, 'Hà Nội', 'Huế')[number % 3]) | put(deal, 'expected_close_on', close)
        values |= deal.fields['amount'].to_columns(None if amount is None else _vnd(deal, amount))
        values |= put(deal, 'company', (None, 1, 2, 3, 4)[number % 5]) | put(deal, 'contact', (None, 1, 2)[number % 3])
        values |= {'owner_id': (None, *USERS)[number % 4], 'team_id': (None, *TEAMS)[number % 5]}
        add(deal, number, values | {'created_at': NOW - timedelta(hours=number)}, binned=number == 20)


def _vnd(deal: Any, amount: int) -> Any:
    field = deal.fields['amount']
    return field.type.normalise(field.definition, {'amount': str(amount), 'currency': 'VND'}, None)


@pytest.fixture(scope='module', params=ENGINES)
def world(request: pytest.FixtureRequest, databases: Databases) -> Iterator[World]:
    catalog = make_catalog(sales_documents())
    with databases.copied(request.param, 'agreement', lambda url: _fill(url, catalog)) as url:
        made = Database(url)
        yield World(made, catalog)
        made.dispose()


@settings(max_examples=examples(20), suppress_health_check=[HealthCheck.too_slow])
@given(drawn=roles, person=people, rights=shares)
def test_lists_and_single_records_agree(world: World, drawn: list[Document], person: Actor, rights: list[Share]) -> None:
    catalog = world.catalog(drawn)
    deal, names = catalog.entities['opportunity'], [f'drawn{number}' for number in range(len(drawn))]
    world.share(deal, rights)
    with world.database.reading() as connection:
        rows = [dict(row) for row in connection.execute(sa.select(deal.table)).mappings()]
        reached = {}
        for held in ([*names], *([name] for name in names)):
            policy = Policy(catalog, replace(person, roles=frozenset(held)), FrozenClock(NOW))
            for action in ACTIONS:
                facts = facts_for(connection, policy, action, deal, rows)
                decided = {row_id for row_id, each in facts.items() if policy.decide(action, deal.key, each)}
                assert reachable(connection, policy, action, deal, world.ids) == decided, (held, action)
                reached[tuple(held), action] = decided
    everyone = tuple(names)
    for action in ('read', 'create', 'import'):
        assert reached[everyone, action] == set().union(*(reached[(name,), action] for name in names)), action
    assert all(reached[everyone, action] <= reached[everyone, 'read'] for action in SEEN_FIRST)
    policy = Policy(catalog, replace(person, roles=frozenset(names)), FrozenClock(NOW))
    with reader_session(world.database, catalog, policy) as session:
        other = aliased(deal.model)
        same = sa.select(deal.model.id).join(other, other.id == deal.model.id)
        assert set(session.execute(same).scalars()) == reached[everyone, 'read']
        live = sorted((row for row in rows if row['deleted_at'] is None), key=lambda row: -row['id'])
        _pages_tell(session, policy, deal, [row for row in live if row['id'] in reached[everyone, 'read']])


def _pages_tell(session: ReaderSession, policy: Policy, deal: Entity, rows: list[Document]) -> None:
    """A plain list, page by page by number and by cursor, and its total: none of them may lose or show a record twice. So with
    a filter, with one's own alone and in another order."""
    if policy.scope('read', deal.key) == 'none':
        return
    expected, title = [row['id'] for row in rows], deal.fields['title'].definition.column
    reader = Reader(session, policy.catalog, policy, policy.clock)
    query = ListQuery(columns=('uid', 'title'), size=6)
    by_number, by_cursor, cursor = [], [], None
    for number in range(1, 5):
        by_number += [record.id for record in reader.list_page(deal.key, replace(query, number=number, counted=False)).records]
        page = reader.list_page(deal.key, replace(query, cursor=cursor)) if cursor or number == 1 else None
        by_cursor += [record.id for record in page.records] if page else []
        cursor = page.next if page else None
    assert (by_number, by_cursor, reader.count(deal.key, query).value) == (expected, expected, len(expected))
    named = [row for row in rows if row[title] is not None]
    mine = [row for row in named if row['owner_id'] is not None and row['owner_id'] == policy.actor.user_id]
    for document, fitting in ((NAMED, named), (MINE, mine)):
        asked = replace(query, filter=document, size=25)
        assert [record.id for record in reader.list_page(deal.key, asked).records] == [row['id'] for row in fitting], document
        assert reader.count(deal.key, asked).value == len(fitting), document
    ordered = sorted(rows, key=lambda row: (('Huế', 'Hà Nội', None).index(row[title]), -row['id']))
    for large in (False, True):  # of a small reach all are taken and sorted, else an index is walked
        session.policy.pieces['reach', deal.key, SMALL] = math.inf, large
        by_name, cursor = [], None
        for number in range(1, 5):
            sorted_by = replace(query, sort=(Sort('title', descending=True),), counted=False)
            page = reader.list_page(deal.key, replace(sorted_by, cursor=cursor)) if cursor or number == 1 else None
            numbered = reader.list_page(deal.key, replace(sorted_by, number=number))
            assert [each.id for each in numbered.records] == [each.id for each in (page.records if page else ())], large
            by_name += [record.id for record in numbered.records]
            cursor = page.next if page else None
        assert by_name == [row['id'] for row in ordered], large


@settings(max_examples=examples(25))
@given(drawn=roles, person=people, rights=shares)
def test_the_trail_speaks_for_an_action_exactly_when_it_is_allowed(
    world: World, drawn: list[Document], person: Actor, rights: list[Share]
) -> None:
    """One role alone, and an action that asks no other: then each reason decides."""
    catalog = world.catalog(drawn[:1])
    deal, policy = (
        catalog.entities['opportunity'],
        Policy(catalog, replace(person, roles=frozenset({'drawn0'})), FrozenClock(NOW)),
    )
    world.share(deal, rights)
    with world.database.reading() as connection:
        rows = [dict(row) for row in connection.execute(sa.select(deal.table)).mappings()]
        facts = facts_for(connection, policy, 'read', deal, rows, whole=True)
    for row_id, each in facts.items():
        speaking = [why for why in policy.trail('read', deal.key, each) if why.code in DECIDING]
        allowed = policy.decide('read', deal.key, each).allowed
        assert any(why.level == 'warning' for why in speaking) is allowed, (row_id, speaking)
        assert all(why.text(locale) for why in speaking for locale in ('en', 'vi'))
