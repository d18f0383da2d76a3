"""One publisher at a time: an advisory lock on PostgreSQL, a row that names its process on SQLite."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import psutil  # type: ignore[import-untyped]
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from migrations.tables import schema_lock
from schema.base.clock import Clock
from schema.base.database import Database
from schema.base.errors import Conflict

PUBLISHER_LOCK = 7_264_531_002
LEASE = timedelta(hours=1)
ONLY_ROW = 1


class PublisherLock(Protocol):
    def release(self) -> None:
        """Let the next publisher in; harmless when released before."""


def acquire(database: Database, clock: Clock) -> PublisherLock:
    """Raises: Conflict MIG-E003 at once when somebody else publishes."""
    return _acquire_row(database, clock) if database.is_sqlite else _acquire_advisory(database)


@contextmanager
def when_free(database: Database, clock: Clock) -> Iterator[bool]:
    """Keeps publishers out inside; answers whether it does, as nothing waits for somebody who publishes."""
    try:
        lock = acquire(database, clock)
    except Conflict:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


@dataclass
class _Advisory:
    """Held by a connection of its own; a killed process loses it with its connection."""

    connection: sa.Connection

    def release(self) -> None:
        if not self.connection.closed:
            self.connection.execute(sa.text('SELECT pg_advisory_unlock(:key)'), {'key': PUBLISHER_LOCK})
            self.connection.close()


def _acquire_advisory(database: Database) -> PublisherLock:
    connection = database.write_engine.connect().execution_options(isolation_level='AUTOCOMMIT')
    if connection.execute(sa.text('SELECT pg_try_advisory_lock(:key)'), {'key': PUBLISHER_LOCK}).scalar():
        return _Advisory(connection)
    connection.close()
    raise Conflict.of('MIG-E003')


@dataclass
class _Row:
    database: Database
    holder: str

    def release(self) -> None:
        with self.database.writing() as connection:
            connection.execute(schema_lock.delete().where(schema_lock.c.holder == self.holder))


def _acquire_row(database: Database, clock: Clock) -> PublisherLock:
    """A row left by a process that is gone is taken over; SQLite has all its processes on one machine, so that can be told."""
    holder, me = uuid.uuid4().hex, psutil.Process()
    try:
        with database.writing() as connection:
            row = connection.execute(sa.select(schema_lock)).first()
            if row is not None and not _lives(row.pid, row.born):
                connection.execute(schema_lock.delete().where(schema_lock.c.holder == row.holder))
            connection.execute(
                schema_lock.insert().values(
                    id=ONLY_ROW, holder=holder, pid=os.getpid(), born=me.create_time(), lease_until=clock.now() + LEASE
                )
            )
    except IntegrityError as error:
        raise Conflict.of('MIG-E003') from error
    return _Row(database, holder)


def _lives(pid: int, born: float) -> bool:
    """Whether that very process still runs; a later one with the same number was born at another time."""
    try:
        found = psutil.Process(pid)
        return bool(abs(found.create_time() - born) < 2) and found.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
