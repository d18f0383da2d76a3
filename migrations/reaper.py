"""Clears shadows when their time is over: until then a rollback finds the data, afterwards it is gone.

PostgreSQL drops columns and tables at once. SQLite would rewrite a table to drop a column, so there the values go a little at a
time while people work, and what stays empty goes in a maintenance window.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from migrations.lock import when_free
from migrations.search_index import drop_searches_of
from migrations.site import lock_was_busy
from migrations.steps.shadow import WHOLE_TABLE
from migrations.tables import schema_shadow
from schema.base.clock import Clock
from schema.base.database import Database

KEPT = timedelta(days=90)
CHUNK = 2000
LOCK_MILLISECONDS = 200
record_grant = sa.table('record_grant', sa.column('entity_ref', sa.String))  # owned by permissions, beside this package


@dataclass(frozen=True)
class _Place:
    """A column, or a whole table, of what was dropped. `upto` is the last row that was emptied; `emptied`: all of them were."""

    table: str
    column: str
    upto: int
    emptied: bool

    @property
    def is_table(self) -> bool:
        return self.column == WHOLE_TABLE

    @property
    def row(self) -> sa.ColumnElement[bool]:
        """Its entry in the book."""
        return sa.and_(schema_shadow.c.table_name == self.table, schema_shadow.c.column_name == self.column)


def reap_shadows(database: Database, clock: Clock, *, older_than: timedelta = KEPT, in_maintenance: bool = False) -> list[str]:
    """Drop what was dropped longer ago; returns `table.column` (or `table.*`) of each. Nothing while somebody publishes.

    On SQLite nothing outside a maintenance window. A table that is in use waits for the next time. Commits one place at a time;
    running it again is safe.
    """
    if (database.is_sqlite and not in_maintenance) or not _due(database, clock, older_than, emptied=True):
        return []
    with when_free(database, clock) as free:
        due = _due(database, clock, older_than, emptied=True) if free else []
        return [f'{place.table}.{place.column}' for place in due if _reap(database, clock, place)]


def empty_shadows(database: Database, clock: Clock, *, older_than: timedelta, rows: int) -> int:
    """Of SQLite, while people work: empty at most so many rows of what was dropped longer ago; how many it was. Commits."""
    left = rows
    if not _due(database, clock, older_than):
        return 0  # nobody who publishes meets us at every tick
    with when_free(database, clock) as free:
        for place in _due(database, clock, older_than) if free else ():
            if left > 0:
                left -= _empty(database, clock, place, left)[0]
    return rows - left


def emptied_columns(connection: sa.Connection) -> frozenset[tuple[str, str]]:
    """`(table, column)` of shadows whose values are gone, or are going, although the column is there."""
    gone = sa.or_(schema_shadow.c.reaped_at.is_not(None), schema_shadow.c.upto > 0)
    query = sa.select(schema_shadow.c.table_name, schema_shadow.c.column_name).where(gone)
    return frozenset((row.table_name, row.column_name) for row in connection.execute(query))


def _due(database: Database, clock: Clock, older_than: timedelta, *, emptied: bool = False) -> list[_Place]:
    """Columns before tables: a retired link must not hold a retired table. With `emptied` also those that hold nothing more."""
    book = schema_shadow.c
    query = sa.select(book.table_name, book.column_name, book.upto, book.reaped_at.is_not(None)).where(
        book.dropped_at < clock.now() - older_than, *([] if emptied else [book.reaped_at.is_(None)])
    )
    with database.reading() as connection:
        found = [_Place(*row) for row in connection.execute(query)]
    return sorted(found, key=lambda place: (place.is_table, place.table, place.column))


def _reap(database: Database, clock: Clock, place: _Place) -> bool:
    """Whether anything went."""
    held = not place.emptied
    while database.is_sqlite and not place.emptied:
        _, place = _empty(database, clock, place, CHUNK)
    try:
        with database.writing() as connection:
            if not database.is_sqlite:  # whoever reads it for long must not make all others wait behind us
                connection.execute(sa.text(f"SET LOCAL lock_timeout = '{LOCK_MILLISECONDS}ms'"))
            if not _drop(connection, place):
                return held
            _forget(connection, place)
    except OperationalError as error:
        if not lock_was_busy(error):
            raise
        return False
    return True


def _forget(connection: sa.Connection, place: _Place) -> None:
    """Rights to single records go with the records."""
    if place.is_table:
        gone = sa.select(schema_shadow.c.ref).where(place.row).scalar_subquery()
        connection.execute(record_grant.delete().where(record_grant.c.entity_ref == gone))
    connection.execute(schema_shadow.delete().where(place.row))


def _empty(database: Database, clock: Clock, place: _Place, rows: int) -> tuple[int, _Place]:
    """The next rows of a place of SQLite: how many it was, and the place as it is now."""
    with _unchecked(database) as connection:
        quote = connection.dialect.identifier_preparer.quote
        table, column = quote(place.table), quote(place.column)
        found: Sequence[int] = []
        if sa.inspect(connection).has_table(place.table):
            if place.upto == 0:
                _unbind(connection, place)
            some = sa.text(f'SELECT id FROM {table} WHERE id > :upto ORDER BY id LIMIT :rows')
            found = connection.execute(some, {'upto': place.upto, 'rows': rows}).scalars().all()
        if found:
            span = {'upto': place.upto, 'last': found[-1]}
            filled = f'UPDATE {table} SET {column} = NULL WHERE {column} IS NOT NULL AND'
            act = f'DELETE FROM {table} WHERE' if place.is_table else filled
            connection.execute(sa.text(f'{act} id > :upto AND id <= :last'), span)
        now = replace(place, upto=found[-1] if found else place.upto, emptied=len(found) < rows)
        reaped_at = clock.now() if now.emptied else None
        connection.execute(schema_shadow.update().where(place.row).values(upto=now.upto, reaped_at=reaped_at))
    return len(found), now


def _unbind(connection: sa.Connection, place: _Place) -> None:
    """Indexes first: nobody reads them, and each would follow every row."""
    if place.is_table:
        drop_searches_of(connection, place.table)
        return
    for index in sa.inspect(connection).get_indexes(place.table):
        if place.column in index['column_names']:
            connection.execute(sa.text(f'DROP INDEX {connection.dialect.identifier_preparer.quote(str(index["name"]))}'))


def _drop(connection: sa.Connection, place: _Place) -> bool:
    """False when it had to stay, empty: SQLite can drop no column that its table declares a foreign key on, and lets nobody
    write a table whose foreign key leads nowhere."""
    inspector, sqlite = sa.inspect(connection), connection.dialect.name == 'sqlite'
    if not inspector.has_table(place.table):
        return True
    quote = connection.dialect.identifier_preparer.quote
    if place.is_table:
        if sqlite and _is_pointed_at(inspector, place.table):
            return False
        drop_searches_of(connection, place.table)
        connection.execute(sa.text(f'DROP TABLE {quote(place.table)}{"" if sqlite else " CASCADE"}'))
        return True
    _unbind(connection, place)
    if place.column not in {each['name'] for each in inspector.get_columns(place.table)}:
        return True
    if sqlite and any(place.column in each['constrained_columns'] for each in inspector.get_foreign_keys(place.table)):
        return False
    connection.execute(sa.text(f'ALTER TABLE {quote(place.table)} DROP COLUMN {quote(place.column)}'))
    return True


def _is_pointed_at(inspector: sa.Inspector, table: str) -> bool:
    others = (name for name in inspector.get_table_names() if name != table)
    return any(key['referred_table'] == table for name in others for key in inspector.get_foreign_keys(name))


@contextmanager
def _unchecked(database: Database) -> Iterator[sa.Connection]:
    """A transaction in which SQLite looks for no row that points at a deleted one: nothing mapped can, and without an index it
    would read a whole table for each."""
    with database.write_engine.connect() as connection:
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.execute('PRAGMA foreign_keys = OFF')
        try:
            with connection.begin():
                yield connection
        finally:
            driver.execute('PRAGMA foreign_keys = ON')
