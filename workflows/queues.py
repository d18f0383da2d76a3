"""Two lanes: what people wait for goes first, what falls due by the thousand fills the rest. Starts nothing.

Neither lane starves the other: whoever claims takes some of the second lane at every turn, however long the first one is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from workflows.tables import workflow_step
from workflows.triggers import InstantTrigger, Trigger

FIRST, SECOND = 0, 1
"""FIRST: a person did something and waits, or a moment is about to pass. SECOND: dates, the calendar, what runs cause."""
LANES = (FIRST, SECOND)
TURN = 16
SPARED = 3
"""Of a turn's steps, those kept for the second lane while the first is full. A turn of the second lane alone is shorter, so
that nobody in the first waits for it long."""
SLOW_TURN = 8


def lane_of(cause: Sequence[str]) -> int:
    """Of an event's runs: a person's own change goes first, what a run caused does not."""
    return SECOND if cause else FIRST


def dated_lane(trigger: Trigger) -> int:
    """Of what falls due by the clock: a reminder that is worth nothing once its moment has passed goes first."""
    return FIRST if isinstance(trigger, InstantTrigger) and trigger.until_instant else SECOND


def claimable(executor: Any, free: sa.ColumnElement[bool]) -> list[Any]:
    """Rows of the steps to claim now, the first lane's first, locked for this transaction."""
    first = _of_lane(executor, free, FIRST, TURN)
    return first + _of_lane(executor, free, SECOND, max(SPARED, SLOW_TURN - len(first)))


def _of_lane(executor: Any, free: sa.ColumnElement[bool], lane: int, most: int) -> list[Any]:
    table = workflow_step
    wanted = sa.select(table).where(free, table.c.lane == lane).order_by(table.c.due_at, table.c.id).limit(most)
    return list(executor.execute(wanted.with_for_update(skip_locked=True)).all())


def waiting_by_lane(executor: Any, now: datetime) -> dict[int, int]:
    """How many steps are due, by lane; for the health page."""
    table = workflow_step
    due = (table.c.state.in_(('new', 'waiting')), table.c.lane.in_(LANES), table.c.due_at <= now)
    rows = executor.execute(sa.select(table.c.lane, sa.func.count()).where(*due).group_by(table.c.lane))
    return {**dict.fromkeys(LANES, 0), **{row[0]: row[1] for row in rows}}
