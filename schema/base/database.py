"""Engines and sessions for one database URL, with each engine's safe settings. Knows no entity and no table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from schema.base.text import plain

BUSY_MILLISECONDS = 10_000
PUBLISH_LOCK = 7_264_531_001  # advisory lock on PostgreSQL: shared by every write transaction, exclusive while the fence moves


class Database:
    """Two engines on SQLite (readers never take the write lock), one on PostgreSQL."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = sa.make_url(url)
        self.dialect = self.url.get_backend_name()
        if self.is_sqlite:
            self.write_engine = _sqlite_engine(self.url, pool_size, immediate=True)
            self.read_engine = _sqlite_engine(self.url, pool_size, immediate=False)
        else:
            self.write_engine = self.read_engine = sa.create_engine(
                self.url, pool_size=pool_size, max_overflow=10, pool_pre_ping=True
            )
        self._sessions = sessionmaker(self.write_engine, expire_on_commit=False)

    @property
    def is_sqlite(self) -> bool:
        return self.dialect == 'sqlite'

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A system session on the write engine: commits at the end, rolls back on any error."""
        with self._sessions.begin() as session:
            yield session

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

    def forget_statements(self) -> None:
        """Drop compiled statements of retired catalogs; without it every publish would leak its tables."""
        for engine in {self.read_engine, self.write_engine}:
            engine.clear_compiled_cache()

    def dispose(self) -> None:
        """Close all connections, at the end of the process."""
        for engine in {self.read_engine, self.write_engine}:
            engine.dispose()


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
        ):
            connection.execute(f'PRAGMA {pragma}')
        connection.create_function('trellis_plain', 1, _plain, deterministic=True)  # PostgreSQL has translate()

    @event.listens_for(engine, 'begin')
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql('BEGIN IMMEDIATE' if immediate else 'BEGIN')

    return engine


def _plain(text: str | None) -> str | None:
    return None if text is None else plain(text)


def share_fence(session: Session) -> None:
    """Join the writers that a publish waits for; released at the end of the transaction. SQLite's write lock does the same."""
    if session.get_bind().dialect.name == 'postgresql':
        session.execute(sa.text('SELECT pg_advisory_xact_lock_shared(:key)'), {'key': PUBLISH_LOCK})


def is_missing_table(error: DBAPIError) -> bool:
    """Whether a statement met a database without our tables: PostgreSQL 42P01 undefined_table, or SQLite's own words."""
    return getattr(error.orig, 'sqlstate', None) == '42P01' or 'no such table' in str(error.orig)
