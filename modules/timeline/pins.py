"""Notes that stand at the top of a record's timeline. Takes sessions; never commits; decides no right."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.timeline.tables import timeline_pin
from schema.base.upsert import insert_once

MOST = 5


def pinned(executor: Any, record_uid: str, log_ref: str) -> list[str]:
    """Uids of the entries that are pinned to a record, the latest pin first; one statement."""
    rows = executor.execute(
        sa.select(timeline_pin.c.log_uid)
        .where(timeline_pin.c.record_uid == record_uid, timeline_pin.c.log_ref == log_ref)
        .order_by(timeline_pin.c.at.desc(), timeline_pin.c.log_uid.desc())
        .limit(MOST)
    )
    return list(rows.scalars())


def pin(session: Session, record_uid: str, log_ref: str, log_uid: str, *, by: str, now: datetime) -> None:
    values = {'record_uid': record_uid, 'log_uid': log_uid, 'log_ref': log_ref, 'by_name': by[:200], 'at': now}
    session.execute(insert_once(session, timeline_pin, 'record_uid', 'log_uid').values(values))


def unpin(session: Session, record_uid: str, log_uid: str) -> None:
    session.execute(timeline_pin.delete().where(timeline_pin.c.record_uid == record_uid, timeline_pin.c.log_uid == log_uid))
