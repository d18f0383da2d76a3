"""Events that no dispatcher could turn into runs: listed with their reason, tried again, or given up. Starts no run itself.

Takes sessions and executors; never commits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.runtime import Runtime
from schema.base.errors import Invalid
from schema.base.outbox import outbox

PAGE = 50
Answer = Literal['retry', 'drop']
BECOMES: Mapping[str, Mapping[str, Any]] = {
    'retry': {'state': 'new', 'attempts': 0, 'lease_until': None},
    'drop': {'state': 'done'},
}


@dataclass(frozen=True)
class StuckEvent:
    """One event. `again_at` is when it is tried next; None for one that failed and waits for a person."""

    id: int
    name: str
    entity_ref: str
    record_uid: str
    at: datetime
    attempts: int
    reason: str
    again_at: datetime | None


def list_stuck(executor: Any, limit: int = PAGE) -> list[StuckEvent]:
    """Failed ones, oldest first, then those that are tried again."""
    wanted = sa.select(outbox).where(_stuck()).order_by(outbox.c.state, outbox.c.id).limit(limit)
    return [
        StuckEvent(
            row.id, row.name, row.entity_ref, row.record_uid, row.created_at, row.attempts, row.last_error or '',
            None if row.state == 'failed' else row.lease_until or row.created_at,
        )
        for row in executor.execute(wanted)
    ]  # fmt: skip


def count_failed(executor: Any) -> int:
    """How many wait for a person."""
    counted: int = executor.execute(sa.select(sa.func.count()).where(outbox.c.state == 'failed')).scalar_one()
    return counted


def answer_stuck(session: Session, wanted: Answer, ids: Sequence[int] | None) -> int:
    """Try stuck events again now, or give them up: those named, or all; how many it was.

    Raises: Invalid WFL-E042 for another answer."""
    if wanted not in BECOMES:
        raise Invalid.of('WFL-E042', value=str(wanted)[:20], choices=[*BECOMES])
    named = (outbox.c.id.in_(ids),) if ids is not None else ()
    found: Any = session.execute(outbox.update().where(_stuck(), *named).values(BECOMES[wanted]))
    return int(found.rowcount)


def check_events(runtime: Runtime) -> tuple[bool, str]:
    """For `trellis doctor`: whether events wait for a person."""
    with runtime.database.reading() as connection:
        failed = count_failed(connection)
    return not failed, f'{failed} failed and started no workflow: see /workflows/events' if failed else 'none failed'


def _stuck() -> sa.ColumnElement[bool]:
    return sa.or_(outbox.c.state == 'failed', sa.and_(outbox.c.state == 'new', outbox.c.attempts > 0))
