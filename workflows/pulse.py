"""The pulse of loops: each scheduler and worker notes when it last came round, so that one that hangs is seen. Ends nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from modules.runtime import Runtime
from schema.base.clock import Clock, SystemClock
from schema.base.database import Database
from workflows.tables import workflow_pulse

BEAT_SECONDS = 5.0
PATIENCE = timedelta(seconds=60)
"""A loop that did not come round for so long is stuck or gone."""
FORGOTTEN = timedelta(days=1)


@dataclass(frozen=True)
class Loop:
    """One process's loop, as last heard of."""

    name: str
    role: str
    started_at: datetime
    at: datetime
    turns: int

    def age(self, now: datetime) -> timedelta:
        return max(now - self.at, timedelta())


class Pulse:
    """One per loop. A beat is cheap: it writes every few seconds at most, and a database that is away is no reason to stop."""

    def __init__(self, database: Database, name: str, role: str, wall: Clock) -> None:
        self.name = name
        self._database, self._role, self._wall = database, role, wall
        self._next_at, self._turns = 0.0, 0

    def beat(self, turns: int = 1) -> None:
        """The loop came round, having dealt with so many things."""
        self._turns += turns
        if time.monotonic() < self._next_at:
            return
        self._next_at = time.monotonic() + BEAT_SECONDS
        try:
            self._write()
        except SQLAlchemyError:
            return

    def end(self) -> None:
        """The loop ends in order and is not missed."""
        try:
            with self._database.writing() as connection:
                connection.execute(workflow_pulse.delete().where(workflow_pulse.c.name == self.name[:80]))
        except SQLAlchemyError:
            return

    def _write(self) -> None:
        now, table = self._wall.now(), workflow_pulse
        with self._database.writing() as connection:
            mine = table.update().where(table.c.name == self.name[:80]).values(at=now, turns=self._turns)
            if not connection.execute(mine).rowcount:
                row = {'name': self.name[:80], 'role': self._role, 'started_at': now, 'at': now, 'turns': self._turns}
                connection.execute(table.insert().values(row))
                connection.execute(table.delete().where(table.c.at < now - FORGOTTEN))


def list_loops(executor: Any) -> list[Loop]:
    """Schedulers first, then workers, the freshest first."""
    rows = executor.execute(sa.select(workflow_pulse).order_by(workflow_pulse.c.role, workflow_pulse.c.at.desc()))
    return [Loop(row.name, row.role, row.started_at, row.at, row.turns) for row in rows]


def check_loops(runtime: Runtime) -> tuple[bool, str]:
    """For `trellis doctor`: whether a scheduler and a worker came round lately. Without any, Trellis is not running."""
    now = SystemClock().now()
    with runtime.database.reading() as connection:
        loops = list_loops(connection)
    if not loops:
        return True, 'neither a scheduler nor a worker is running'
    late = [each for each in loops if each.age(now) > PATIENCE]
    told = ', '.join(f'{each.role} {int(each.age(now).total_seconds())} s ago' for each in late or loops)
    missing = [role for role in ('scheduler', 'calendar', 'worker') if role not in {each.role for each in loops}]
    if late:
        return False, f'stuck or killed: {told}'
    return not missing, f'none is running: {", ".join(missing)}' if missing else f'heard of: {told}'
