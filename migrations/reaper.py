"""Clears shadows when their time is over: until then a rollback finds the data, afterwards it is gone."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from migrations.lock import when_free
from migrations.search_index import drop_searches_of
from migrations.steps.shadow import WHOLE_TABLE
from migrations.tables import schema_shadow
from schema.base.clock import Clock
from schema.base.database import Database

KEPT = timedelta(days=90)
record_grant = sa.table('record_grant', sa.column('entity_ref', sa.String))  # owned by permissions, beside this package


def reap_shadows(database: Database, clock: Clock, *, older_than: timedelta = KEPT, in_maintenance: bool = False) -> list[str]:
    """Clear what was dropped longer ago; returns `table.column` (or `table.*`) of each. Nothing while somebody publishes.

    PostgreSQL drops at once. SQLite rewrites a table to drop a column, so outside a maintenance window it only waits. Commits
    one place at a time; running it again is safe.
    """
    if database.is_sqlite and not in_maintenance:
        return []
    with when_free(database, clock) as free:
        if not free:
            return []
        due = _due(database, clock, older_than)
        for table, column in due:
            with database.writing() as connection:
                place = (schema_shadow.c.table_name == table) & (schema_shadow.c.column_name == column)
                if column == WHOLE_TABLE:  # rights to single records go with the records
                    gone = sa.select(schema_shadow.c.ref).where(place).scalar_subquery()
                    connection.execute(record_grant.delete().where(record_grant.c.entity_ref == gone))
                if _clear(connection, table, column):
                    connection.execute(schema_shadow.delete().where(place))
                else:
                    connection.execute(schema_shadow.update().where(place).values(reaped_at=clock.now()))
        return [f'{table}.{column}' for table, column in due]


def _due(database: Database, clock: Clock, older_than: timedelta) -> list[tuple[str, str]]:
    """Columns before tables: a retired link must not hold a retired table."""
    query = sa.select(schema_shadow.c.table_name, schema_shadow.c.column_name).where(
        schema_shadow.c.dropped_at < clock.now() - older_than, schema_shadow.c.reaped_at.is_(None)
    )
    with database.reading() as connection:
        found = [(row.table_name, row.column_name) for row in connection.execute(query)]
    return sorted(found, key=lambda place: (place[1] == WHOLE_TABLE, place))


def emptied_columns(connection: sa.Connection) -> frozenset[tuple[str, str]]:
    """`(table, column)` of shadows whose column had to stay although its values are gone."""
    query = sa.select(schema_shadow.c.table_name, schema_shadow.c.column_name).where(schema_shadow.c.reaped_at.is_not(None))
    return frozenset((row.table_name, row.column_name) for row in connection.execute(query))


def _clear(connection: sa.Connection, table: str, column: str) -> bool:
    """False when the column was only emptied: SQLite cannot drop one that the table declares a foreign key on."""
    inspector = sa.inspect(connection)
    if not inspector.has_table(table):
        return True
    quote = connection.dialect.identifier_preparer.quote
    if column == WHOLE_TABLE:
        drop_searches_of(connection, table)
        cascade = '' if connection.dialect.name == 'sqlite' else ' CASCADE'
        connection.execute(sa.text(f'DROP TABLE {quote(table)}{cascade}'))
        return True
    for index in inspector.get_indexes(table):
        if column in index['column_names']:
            connection.execute(sa.text(f'DROP INDEX {quote(str(index["name"]))}'))
    if column not in {each['name'] for each in inspector.get_columns(table)}:
        return True
    linked = any(column in each['constrained_columns'] for each in inspector.get_foreign_keys(table))
    if linked and connection.dialect.name == 'sqlite':
        connection.execute(sa.text(f'UPDATE {quote(table)} SET {quote(column)} = NULL WHERE {quote(column)} IS NOT NULL'))
        return False
    connection.execute(sa.text(f'ALTER TABLE {quote(table)} DROP COLUMN {quote(column)}'))
    return True
