"""A first version out of nothing: the sales pack becomes tables."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

import schema
from migrations.physical import read_physical
from migrations.service import publish_documents
from schema.base.clock import SystemClock
from schema.base.database import Database
from schema.base.errors import Conflict
from schema.catalogs import Catalogs
from schema.loading import Documents, read_folder

SALES = Path(schema.__file__).parent / 'packs' / 'sales'


@pytest.fixture
def sales() -> Documents:
    return read_folder(SALES)


def test_the_sales_pack_becomes_tables_that_reflect_its_catalog(system_database: Database, sales: Documents) -> None:
    number = publish_documents(system_database, sales, SystemClock(), note='First start')

    catalog = Catalogs(system_database).current()
    with system_database.reading() as connection:
        physical = read_physical(connection)
        links = sa.inspect(connection).get_foreign_keys(catalog.entity('opportunity').table.name)
    assert number == catalog.number == 1
    kept_apart = [field.table for entity in catalog.entities.values() for field in entity.fields.values()]
    tables = [entity.table for entity in catalog.entities.values()] + [table for table in kept_apart if table is not None]
    assert {table.name: frozenset(table.c.keys()) for table in tables} == dict(physical.columns)
    indexes = {table.name: frozenset(str(each.name) for each in table.indexes) for table in tables}
    assert {name: wanted - physical.indexes[name] for name, wanted in indexes.items()} == dict.fromkeys(indexes, frozenset())
    assert {each['referred_table'] for each in links} >= {'x_company', 'x_contact', 'ab_user', 'team'}


def test_publishing_the_same_documents_again_is_refused_as_no_change(system_database: Database, sales: Documents) -> None:
    publish_documents(system_database, sales, SystemClock(), note='First start')

    with pytest.raises(Conflict) as refused:
        publish_documents(system_database, Catalogs(system_database).current().documents, SystemClock(), note='Again')
    assert [each.code for each in refused.value.findings] == ['MIG-E006']
