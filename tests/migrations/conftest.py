"""A published two-entity schema with rows, on each engine, and short ways to change it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from migrations.journal import Publish
from migrations.physical import Physical, read_physical
from migrations.plans import StoredPlan
from migrations.service import Publisher
from migrations.system.upgrade import upgrade_system
from schema.base.actor import Actor
from schema.base.clock import FrozenClock
from schema.base.database import Database
from schema.base.ids import new_uid
from schema.catalog import Catalog, Entity
from schema.catalogs import Catalogs
from schema.texts import load_all
from tests.support.databases import ENGINES, Databases

ADA = Actor(1, 'Ada', 'ada')
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def label(text: str) -> dict[str, str]:
    return {'en': text, 'vi': f'{text} vi'}


COMPANY: dict[str, Any] = {
    'x-label': label('Company'),
    'x-title-field': 'name',
    'required': ['name'],
    'properties': {'name': {'x-type': 'text', 'x-label': label('Name'), 'x-search': True}},
}
CONTACT: dict[str, Any] = {
    'x-label': label('Contact'),
    'x-title-field': 'full_name',
    'required': ['full_name'],
    'properties': {
        'full_name': {'x-type': 'text', 'x-label': label('Full name')},
        'size': {'x-type': 'text', 'x-label': label('Size')},
        'source': {
            'x-type': 'picklist',
            'x-label': label('Source'),
            'x-options': [{'key': 'web', 'label': label('Web')}, {'key': 'fair', 'label': label('Fair')}],
        },
        'company': {'x-type': 'link', 'x-target': 'company', 'x-label': label('Company'), 'x-on-delete': 'clear'},
    },
}
ADMIN: dict[str, Any] = {
    'x-label': label('Admin'),
    'grants': {'*': dict.fromkeys(('read', 'create', 'update', 'delete', 'import', 'export'), 'all')},
    'admin': True,
    'studio': True,
}


@dataclass
class Shop:
    """A publisher on one database, with what the tests do to it again and again."""

    database: Database
    clock: FrozenClock = field(default_factory=lambda: FrozenClock(NOW))
    synced: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.catalogs = Catalogs(self.database)
        self.publisher = Publisher(self.database, self.catalogs, self.clock, sync_permissions=self._sync)

    def _sync(self, _connection: sa.Connection, catalog: Catalog) -> None:
        self.synced.append(catalog.number)

    @property
    def catalog(self) -> Catalog:
        return self.catalogs.current()

    @property
    def contact(self) -> Entity:
        return self.catalog.entity('contact')

    def plan(self, **request: Any) -> StoredPlan:
        return self.publisher.plan(request, ADA)

    def apply(self, plan: StoredPlan) -> Publish:
        return self.publisher.apply(plan.plan_id, ADA)

    def publish(self, **request: Any) -> Publish:
        return self.apply(self.plan(**request))

    def roll_back(self, version: int, **options: Any) -> Publish:
        return self.apply(self.publisher.rollback_plan(version, ADA, **options))

    def field(self, key: str, part: dict[str, Any]) -> Publish:
        return self.publish(entities={'contact': {'properties': {key: part}}})

    def insert(self, catalog: Catalog | None = None, **values: Any) -> int:
        """A contact by field keys, written as the store would."""
        entity = (catalog or self.catalog).entity('contact')
        row: dict[str, Any] = {'uid': new_uid(), 'created_at': self.clock.now(), 'changed_at': self.clock.now()}
        for key, value in values.items():
            row |= entity.fields[key].to_columns(value)
        with self.database.writing() as connection:
            return int(connection.execute(entity.table.insert().values(row)).inserted_primary_key[0])

    def update(self, row_id: int, **values: Any) -> None:
        entity = self.contact
        row: dict[str, Any] = {'changed_at': self.clock.now()}
        for key, value in values.items():
            row |= entity.fields[key].to_columns(value)
        with self.database.writing() as connection:
            connection.execute(entity.table.update().where(entity.table.c.id == row_id).values(row))

    def values(self, key: str) -> list[Any]:
        """A field of all contacts, in order of their ids."""
        entity = self.contact
        with self.database.reading() as connection:
            rows = connection.execute(sa.select(entity.table).order_by(entity.table.c.id)).mappings()
            return [entity.fields[key].from_row(dict(row)) for row in rows]

    @property
    def physical(self) -> Physical:
        with self.database.reading() as connection:
            return read_physical(connection)


@pytest.fixture(autouse=True, scope='session')
def texts() -> None:
    load_all()


@pytest.fixture
def empty_database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


def fill_system(url: str) -> None:
    database = Database(url)
    upgrade_system(database, table_modules=('permissions.tables',))
    database.dispose()


def fill_shop(url: str) -> None:
    database = Database(url)
    upgrade_system(database, table_modules=('permissions.tables',))
    made = Shop(database)
    made.publish(entities={'company': COMPANY, 'contact': CONTACT}, roles={'admin': ADMIN})
    assert made.synced == [1]
    database.dispose()


@pytest.fixture(params=ENGINES)
def system_database(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Database]:
    with databases.copied(request.param, 'system', fill_system) as url:
        database = Database(url)
        yield database
        database.dispose()


@pytest.fixture(params=ENGINES)
def shop(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Shop]:
    """Version 1: companies and contacts."""
    with databases.copied(request.param, 'shop', fill_shop) as url:
        database = Database(url)
        yield Shop(database)
        database.dispose()
