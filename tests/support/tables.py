"""Tables of a catalog made without a publish, for tests of what reads and writes them."""

from __future__ import annotations

import sqlalchemy as sa

from schema.catalog import Catalog
from schema.search_index import SearchIndex


def create_tables(connection: sa.Connection, catalog: Catalog) -> None:
    """Entities' tables, those of their links and lines, and all indexes but the search box's; without foreign keys, so that no
    order matters."""
    for table in catalog.tables.values():
        connection.execute(sa.schema.CreateTable(table, include_foreign_key_constraints=[]))
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            if not isinstance(index, SearchIndex):
                connection.execute(sa.schema.CreateIndex(index))
