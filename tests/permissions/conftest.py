"""The sales pack with one role more, its tables on both engines, and a fixed cast."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from permissions import fab_tables, tables
from permissions.accounts import NewUser, create_user
from permissions.sync import sync_permissions
from schema.base.actor import Actor
from schema.base.database import Database
from schema.base.ids import new_uid
from schema.base.tables import metadata
from schema.catalog import Catalog
from schema.compiling import compile_catalog
from schema.loading import read_folder, settle
from schema.texts import load_all
from schema.versions import ONLY_ROW, SchemaVersion, schema_state
from tests.support.databases import ENGINES, Databases
from tests.support.tables import create_tables

SALES = Path(__file__).parents[2] / 'schema' / 'packs' / 'sales'
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AUDITOR: dict[str, Any] = {  # sees own contacts, with a hidden e-mail and a fixed phone, and no company at all
    'x-format': 1,
    'x-kind': 'role',
    'x-key': 'auditor',
    'x-label': {'en': 'Auditor', 'vi': 'Kiểm soát'},
    'grants': {'contact': {'read': 'own', 'update': 'all', 'create': 'own'}},
    'fields': {'contact': {'email': 'none', 'phone': 'read'}},
}
PASSWORD = 'một mật khẩu dài'

load_all()


def sales_documents(*extra: dict[str, Any]) -> dict[tuple[str, str], Any]:
    documents = dict(read_folder(SALES))
    for document in extra:
        documents[document['x-kind'], document['x-key']] = copy.deepcopy(document)
    return documents


def make_catalog(documents: dict[tuple[str, str], Any], base: Any = None, number: int = 1) -> Catalog:
    return compile_catalog(SchemaVersion(number, settle(documents, base or {}), f'test-{number}'))


def actor(user_id: int, *roles: str, teams: tuple[int, ...] = (), leads: tuple[int, ...] = ()) -> Actor:
    return Actor(
        user_id=user_id,
        name=f'user {user_id}',
        roles=frozenset(roles),
        team_ids=frozenset(teams),
        led_team_ids=frozenset(leads),
    )


@pytest.fixture(scope='session')
def catalog() -> Catalog:
    return make_catalog(sales_documents(AUDITOR))


PEOPLE: dict[str, tuple[tuple[str, ...], dict[str, bool]]] = {
    'ada': (('admin',), {}),
    'bela': (('leader',), {'North': True}),
    'cleo': (('rep',), {'North': False}),
    'dov': (('rep',), {'South': False}),
    'eve': ((), {}),
}


def fill(url: str, catalog: Catalog, *, with_cast: bool) -> None:
    made = Database(url)
    with made.writing() as connection:
        fab_tables.users.metadata.create_all(connection)
        metadata.create_all(connection)
        create_tables(connection, catalog)
        connection.execute(schema_state.insert().values(id=ONLY_ROW, active=1, min_writer=1))
        sync_permissions(connection, catalog)
    with made.session() as session:
        for name, (roles, teams) in PEOPLE.items() if with_cast else ():
            account = NewUser(name, name.capitalize(), 'Nguyễn', f'{name}@example.com', PASSWORD, roles, teams)
            create_user(session, account, now=NOW)
    made.dispose()


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, databases: Databases, catalog: Catalog) -> Iterator[Database]:
    """People's tables with the catalog's roles, and empty entity tables; with the cast for tests that name it."""
    with_cast = 'cast' in request.fixturenames
    name = 'people_and_cast' if with_cast else 'people'
    with databases.copied(request.param, name, partial(fill, catalog=catalog, with_cast=with_cast)) as url:
        made = Database(url)
        yield made
        made.dispose()


@pytest.fixture
def cast(database: Database) -> dict[str, int]:
    """`{name: user id}`: Ada admin, Bela lead of North, Cleo rep in North, Dov rep in South, Eve without any role."""
    with database.reading() as connection:
        return {row.username: row.id for row in connection.execute(sa.select(tables.ab_user.c['username', 'id']))}


@pytest.fixture
def team_ids(database: Database, cast: dict[str, int]) -> dict[str, int]:
    with database.reading() as connection:
        return {row.name: row.id for row in connection.execute(sa.select(tables.team.c.name, tables.team.c.id))}


def add_record(connection: sa.Connection, catalog: Catalog, entity_key: str, owner_id: int | None, **columns: Any) -> int:
    """A row straight in the table; values are columns of the entity."""
    table = catalog.entities[entity_key].table
    row = {'uid': new_uid(), 'owner_id': owner_id, 'created_at': NOW, 'changed_at': NOW, **columns}
    added: int = connection.execute(table.insert().values(**row).returning(table.c.id)).scalar_one()
    return added


__all__ = ['AUDITOR', 'NOW', 'PASSWORD', 'actor', 'add_record', 'make_catalog', 'sales_documents']
