"""Engines and sessions for one database URL, with each engine's safe settings. Knows no entity and no table."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import Session, sessionmaker

from schema.base.text import plain

BUSY_MILLISECONDS = 10_000
WORKERS_COST = 10_000  # ten times PostgreSQL's own
MAPPED_BYTES = 2**31 - 2**16  # read without a call and a copy each: rows that lie apart come several times as fast
KEPT_PLANS = 400
IDLE_SECONDS = 2.0  # longer unused, a pooled connection is pinged before it is trusted
PUBLISH_LOCK = 7_264_531_001  # advisory lock on PostgreSQL: shared by every write transaction, exclusive while the fence moves


looking_only: ContextVar[bool] = ContextVar('looking_only', default=False)
"""While it is set, nothing that this context writes is kept: its transactions are rolled back where they would commit."""


class Database:
    """Two engines: readers never take SQLite's write lock, and on PostgreSQL they need no transaction and may not write."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = sa.make_url(url)
        self.dialect = self.url.get_backend_name()
        if self.is_sqlite:
            self.write_engine = _sqlite_engine(self.url, pool_size, immediate=True)
            self.read_engine = _sqlite_engine(self.url, pool_size, immediate=False)
        else:
            self.write_engine = _postgres_engine(self.url, pool_size)
            self.read_engine = _postgres_engine(self.url, pool_size, isolation_level='AUTOCOMMIT')
            event.listen(self.write_engine, 'connect', _plan_for_values)
            event.listen(self.read_engine, 'connect', _for_reading)
        self._sessions = sessionmaker(self.write_engine, expire_on_commit=False)

    @property
    def is_sqlite(self) -> bool:
        return self.dialect == 'sqlite'

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A system session on the write engine: commits at the end, rolls back on any error."""
        with self._sessions.begin() as session:
            yield session
            if looking_only.get():
                session.rollback()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A plain connection for short reads of the product's own tables; never for entity tables on a person's behalf."""
        with self.read_engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A plain connection in one transaction; commits at the end."""
        with self.write_engine.begin() as connection:
            yield connection
            if looking_only.get():
                connection.rollback()

    def forget_statements(self) -> None:
        """Drop compiled statements of retired catalogs; without it every publish would leak its tables."""
        for engine in {self.read_engine, self.write_engine}:
            engine.clear_compiled_cache()

    def dispose(self) -> None:
        """Close all connections, at the end of the process."""
        for engine in {self.read_engine, self.write_engine}:
            engine.dispose()


def _postgres_engine(url: sa.URL, pool_size: int, **options: Any) -> sa.Engine:
    """Pings a connection only when it has lain idle: a ping at every use would cost each request a round trip or two."""
    engine = sa.create_engine(url, pool_size=pool_size, max_overflow=10, **options)

    @event.listens_for(engine, 'checkin')
    def note(_connection: Any, record: Any) -> None:
        record.info['idle_since'] = time.monotonic()

    @event.listens_for(engine, 'checkout')
    def ping(connection: Any, record: Any, _fairy: Any) -> None:
        since = record.info.get('idle_since')
        if since is None or time.monotonic() - since < IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error

    return engine


def _plan_for_values(connection: Any, _record: Any) -> None:
    """Jobs ask about dates and sets: one plan for all values takes a third of a table for what is before any date. Lists are
    read too often for that: planning would cost them as much as reading."""
    with connection.cursor() as cursor:
        cursor.execute('SET plan_cache_mode = force_custom_plan')
    connection.commit()


def _for_reading(connection: Any, _record: Any) -> None:
    """What adds up a whole table is worth starting workers for; a page of a list is there before they are. A day's pages of all
    entities have more statements than the driver keeps planned by itself."""
    connection.prepared_max = KEPT_PLANS
    with connection.cursor() as cursor:
        cursor.execute('SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY')
        cursor.execute(f'SET parallel_setup_cost = {WORKERS_COST}')


def _sqlite_engine(url: sa.URL, pool_size: int, *, immediate: bool) -> sa.Engine:
    engine = sa.create_engine(
        url, poolclass=sa.QueuePool, pool_size=pool_size, max_overflow=20, connect_args={'check_same_thread': False}
    )

    @event.listens_for(engine, 'connect')
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not open transactions of its own: we send BEGIN ourselves
        for pragma in (
            f'busy_timeout={BUSY_MILLISECONDS}',
            'journal_mode=WAL',
            'synchronous=NORMAL',
            'foreign_keys=ON',
            'temp_store=MEMORY',
            f'mmap_size={MAPPED_BYTES}',
        ):
            connection.execute(f'PRAGMA {pragma}')
        connection.create_function('trellis_plain', 1, _plain, deterministic=True)  # PostgreSQL has translate()

    @event.listens_for(engine, 'begin')
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql('BEGIN IMMEDIATE' if immediate else 'BEGIN')

    return engine


def _plain(text: str | None) -> str | None:
    return None if text is None else plain(text)


_SHARE = sa.text('SELECT pg_advisory_xact_lock_shared(:key)')


def share_fence(session: Session) -> None:
    """Join the writers that a publish waits for; released at the end of the transaction. SQLite's write lock does the same."""
    if session.get_bind().dialect.name == 'postgresql':
        session.execute(_SHARE, {'key': PUBLISH_LOCK})


def is_deadlock(error: DBAPIError) -> bool:
    """Whether PostgreSQL (40P01) gave one transaction up because two waited for each other's rows; it may be run again."""
    return getattr(error.orig, 'sqlstate', None) == '40P01'


def is_missing_table(error: DBAPIError) -> bool:
    """Whether a statement met a database without our tables: PostgreSQL 42P01 undefined_table, or SQLite's own words."""
    return getattr(error.orig, 'sqlstate', None) == '42P01' or 'no such table' in str(error.orig)
