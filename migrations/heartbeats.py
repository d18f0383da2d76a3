"""Which processes live and which schema version each has adopted. Every process beats; the publisher waits by it."""

from __future__ import annotations

import time
from datetime import timedelta

import sqlalchemy as sa

from migrations.tables import process_heartbeat
from schema.base.clock import Clock
from schema.base.database import Database

ALIVE = timedelta(seconds=15)
POLL_SECONDS = 0.05


def beat(database: Database, process_name: str, role: str, version: int | None, clock: Clock) -> None:
    """Say that a process lives and which version it uses. Commits. Call it every few seconds and after each adoption."""
    values = {'role': role, 'version': version, 'at': clock.now()}
    with database.writing() as connection:
        changed = connection.execute(
            process_heartbeat.update().where(process_heartbeat.c.process == process_name).values(values)
        )
        if not changed.rowcount:
            connection.execute(process_heartbeat.insert().values(process=process_name, **values))


def leave(database: Database, process_name: str) -> None:
    """A process ends in order; nobody waits for it. Commits."""
    with database.writing() as connection:
        connection.execute(process_heartbeat.delete().where(process_heartbeat.c.process == process_name))


def laggards(database: Database, version: int, clock: Clock) -> list[str]:
    """Live processes that still use an older version; one that has compiled none yet will start with the newest."""
    query = sa.select(process_heartbeat.c.process).where(
        process_heartbeat.c.at > clock.now() - ALIVE, process_heartbeat.c.version < version
    )
    with database.reading() as connection:
        return sorted(connection.execute(query).scalars())


def wait_for_adoption(database: Database, version: int, clock: Clock, *, patience_seconds: float) -> list[str]:
    """Returns who had not followed when patience ran out; empty when all did."""
    until = time.monotonic() + patience_seconds
    while (late := laggards(database, version, clock)) and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
    return late
