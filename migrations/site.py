"""Where a plan's steps work: one database, the catalogs before and after. Owns the short transactions and their retries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from schema.base.clock import Clock
from schema.base.database import Database
from schema.base.errors import Unavailable
from schema.catalog import Catalog

T = TypeVar('T')
LOCK_MILLISECONDS, LATER_MILLISECONDS = (
    100,
    200,
)  # longer, and everybody queues behind our ALTER, which queues behind one reader
ATTEMPTS, FEW_ATTEMPTS = 60, 20
PAUSE_SECONDS = 0.15

SyncPermissions = Callable[[sa.Connection, Catalog], None]


def no_sync(_connection: sa.Connection, _catalog: Catalog) -> None:
    """For a database without people, as in tests of tables alone."""


@dataclass
class Site:
    """`base` is None before the first version. Steps get nothing else."""

    database: Database
    base: Catalog | None
    target: Catalog
    clock: Clock
    sync_permissions: SyncPermissions = no_sync
    author: str = ''
    author_id: int | None = None
    note: str = ''
    summary: list[dict[str, str]] = field(default_factory=list)
    plan_id: str = ''

    @property
    def is_sqlite(self) -> bool:
        return self.database.is_sqlite

    def in_turn(self, work: Callable[[sa.Connection], T], what: str) -> T:
        """Run `work` in one transaction; when a lock does not come in time, give way to the others and try again.

        Raises: Unavailable MIG-E018 when the database stays busy.
        """
        for number in range(ATTEMPTS):
            try:
                with self._impatient(LOCK_MILLISECONDS if number < FEW_ATTEMPTS else LATER_MILLISECONDS) as connection:
                    return work(connection)
            except OperationalError as error:
                if not lock_was_busy(error):
                    raise
                time.sleep(PAUSE_SECONDS)
        raise Unavailable.of('MIG-E018', step=what)

    def execute_alone(self, statement: sa.Executable | sa.schema.DDLElement) -> None:
        """Outside any transaction, as CREATE INDEX CONCURRENTLY demands. It waits for open transactions by itself."""
        with self.database.write_engine.connect() as connection:
            connection.execution_options(isolation_level='AUTOCOMMIT').execute(statement)

    def columns(self, table: str) -> frozenset[str]:
        """What the table physically has; empty when there is none."""
        with self.database.reading() as connection:
            inspector = sa.inspect(connection)
            return (
                frozenset(each['name'] for each in inspector.get_columns(table)) if inspector.has_table(table) else frozenset()
            )

    def indexes(self, table: str) -> frozenset[str]:
        """Usable indexes of the table; one that PostgreSQL left INVALID does not count."""
        with self.database.reading() as connection:
            inspector = sa.inspect(connection)
            if not inspector.has_table(table):
                return frozenset()
            names = {str(each['name']) for each in inspector.get_indexes(table)}
            return frozenset(names - invalid_indexes(connection))

    @contextmanager
    def _impatient(self, milliseconds: int) -> Iterator[sa.Connection]:
        with self.database.writing() as connection:
            if not self.is_sqlite:
                connection.execute(sa.text(f"SET LOCAL lock_timeout = '{milliseconds}ms'"))
            yield connection


def invalid_indexes(connection: sa.Connection) -> set[str]:
    """Names of indexes that an interrupted CREATE INDEX CONCURRENTLY left behind."""
    if connection.dialect.name != 'postgresql':
        return set()
    rows = connection.execute(
        sa.text('SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid')
    )
    return set(rows.scalars())


def lock_was_busy(error: OperationalError) -> bool:
    """PostgreSQL 55P03 lock_not_available and 40P01 deadlock_detected; SQLite 'database is locked'."""
    return getattr(error.orig, 'sqlstate', None) in {'55P03', '40P01'} or 'database is locked' in str(error.orig)
