"""One scheduler at a time: an advisory lock on PostgreSQL, which ends with its connection, and a lease row on SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from schema.base.clock import Clock
from schema.base.database import Database
from schema.base.upsert import insert_once
from workflows.tables import workflow_lease

SCHEDULER_LOCK = 7_264_531_010
LEASE = timedelta(seconds=60)


@contextmanager
def only_one(database: Database, name: str, holder: str, wall: Clock) -> Iterator[bool]:
    """True for one holder at a time, False at once for the others. What it guards must be safe to do twice all the same: a
    lease may run out under a very slow holder."""
    if not database.is_sqlite:
        with database.write_engine.connect() as connection:
            taken = bool(connection.execute(sa.select(sa.func.pg_try_advisory_lock(SCHEDULER_LOCK))).scalar())
            connection.commit()  # the lock belongs to the connection, not to the transaction: leave no idle snapshot
            try:
                yield taken
            finally:
                if taken:
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(SCHEDULER_LOCK)))
                    connection.commit()
        return
    taken = _take(database, name, holder, wall)
    try:
        yield taken
    finally:
        if taken:
            with database.writing() as connection:
                connection.execute(
                    workflow_lease.delete().where(workflow_lease.c.name == name, workflow_lease.c.holder == holder)
                )


def _take(database: Database, name: str, holder: str, wall: Clock) -> bool:
    now, lease = wall.now(), workflow_lease
    with database.writing() as connection:
        values = {'holder': holder, 'until': now + LEASE}
        added: Any = connection.execute(insert_once(connection, lease, 'name').values(name=name, **values))
        if added.rowcount:
            return True
        free = sa.or_(lease.c.holder == holder, lease.c.until < now)
        taken: Any = connection.execute(lease.update().where(lease.c.name == name, free).values(values))
        return bool(taken.rowcount)
