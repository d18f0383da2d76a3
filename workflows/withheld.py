"""The same installation over one transaction that is never committed. Whatever is written there is seen there alone, and goes.

On SQLite the transaction holds the one write lock, so that its users keep each short and rest between two of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from redis import Redis
from redis.exceptions import ConnectionError as NoRedis
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from modules.runtime import Runtime
from schema.base.clock import FrozenClock
from schema.base.database import Database
from schema.base.errors import Unavailable
from schema.catalog import Catalog
from schema.catalogs import Catalogs

REST_SECONDS = 0.02
LOCK_MILLISECONDS = 2_000
ATTEMPTS = 3
LET_GO = frozenset({'40001', '40P01', '55P03'})
"""PostgreSQL: a row was changed meanwhile, a deadlock, a lock that did not come in time. The withheld transaction gives way."""


class WithheldDatabase(Database):
    """Sessions and connections of one open transaction: what commits inside is a savepoint, and all of it is rolled back."""

    def __init__(self, database: Database) -> None:
        self.url, self.dialect = database.url, database.dialect
        self._engine = database.write_engine
        self._connection: sa.Connection | None = None
        self._ended_at = 0.0

    @contextmanager
    def withhold(self) -> Iterator[sa.Connection]:
        """The transaction, on a snapshot of its own; rolled back at the end, whatever happened."""
        self._rest()
        with self._engine.connect() as plain:
            connection = plain if self.is_sqlite else plain.execution_options(isolation_level='REPEATABLE READ')
            transaction = connection.begin()
            self._connection = self.write_engine = self.read_engine = connection  # type: ignore[assignment]
            try:
                if not self.is_sqlite:
                    connection.exec_driver_sql(f'SET LOCAL lock_timeout = {LOCK_MILLISECONDS}')
                yield connection
            finally:
                transaction.rollback()
                self._connection, self._ended_at = None, time.monotonic()

    def _rest(self) -> None:
        """People's saves get their turn between two transactions that hold SQLite's write lock."""
        if self.is_sqlite:
            time.sleep(max(0.0, self._ended_at + REST_SECONDS - time.monotonic()))

    @property
    def _open(self) -> sa.Connection:
        assert self._connection is not None, 'nothing is withheld'
        return self._connection

    @contextmanager
    def session(self) -> Iterator[Session]:
        with Session(self._open, join_transaction_mode='create_savepoint', expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        yield self._open

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        with self._open.begin_nested():
            yield self._open

    def forget_statements(self) -> None:
        """The engines are not ours."""

    def dispose(self) -> None:
        """Nothing is held beyond a transaction."""


class OneCatalog(Catalogs):
    """The catalog that was asked for, as long as one looks."""

    def __init__(self, database: Database, catalog: Catalog) -> None:
        super().__init__(database)
        self._catalog = catalog

    def current(self) -> Catalog:
        return self._catalog


class WithheldRuntime(Runtime):
    """The installation of a withheld database, on one catalog, at a clock that is moved by hand. Tells nobody of anything."""

    def __init__(self, runtime: Runtime, catalog: Catalog, at: datetime) -> None:
        self.held = WithheldDatabase(runtime.database)
        self.hand = FrozenClock(at, runtime.settings.timezone)
        super().__init__(runtime.settings, runtime.registries, clock=self.hand, database=self.held)
        self.catalogs = OneCatalog(self.held, catalog)

    @property
    def redis(self) -> Redis:
        """Raises: redis ConnectionError, as when Redis is away: what is withheld must not be told."""
        raise NoRedis('withheld')

    def nudge(self) -> None:
        """There is no work for others."""

    def set_clock(self, at: datetime) -> None:
        self.hand.move(at - self.hand.now())


def gives_way(error: BaseException) -> bool:
    """Whether the withheld transaction met somebody at work and is to be begun anew."""
    if not isinstance(error, DBAPIError):
        return False
    state: Any = getattr(error.orig, 'sqlstate', None)
    return state in LET_GO or 'database is locked' in str(error.orig)


def busy() -> Unavailable:
    """What people read when it met somebody each time."""
    return Unavailable(*Unavailable.of('WFL-E060').findings)
