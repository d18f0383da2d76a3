"""Who follows which record and what is unread to them. Takes sessions and instants; never commits."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.timeline.tables import record_follow
from schema.base.upsert import insert_once


@dataclass(frozen=True)
class Follow:
    """One person following one record."""

    user_id: int
    record_uid: str
    seen_at: datetime


def follow(session: Session, user_id: int, entity_ref: str, record_uid: str, now: datetime) -> None:
    """From now on the person is told of what others do. Harmless when they follow already."""
    values = {'user_id': user_id, 'record_uid': record_uid, 'entity_ref': entity_ref, 'since': now, 'seen_at': now}
    session.execute(insert_once(session, record_follow, 'user_id', 'record_uid').values(values))


def unfollow(session: Session, user_id: int, record_uid: str) -> None:
    session.execute(record_follow.delete().where(*_one(user_id, record_uid)))


def find(executor: Any, user_id: int | None, record_uid: str) -> Follow | None:
    """How a person follows a record; one statement."""
    if user_id is None:
        return None
    row = executor.execute(sa.select(record_follow).where(*_one(user_id, record_uid))).first()
    return Follow(row.user_id, row.record_uid, row.seen_at) if row else None


def saw(session: Session, user_id: int, record_uid: str, now: datetime) -> None:
    """The person has the record before them: nothing of it is unread."""
    session.execute(record_follow.update().where(*_one(user_id, record_uid)).values(seen_at=now))


def followers(session: Session, record_uids: Collection[str], *, but: int | None) -> list[Follow]:
    """Who follows any of the records, without the person who acts; one statement."""
    where: list[sa.ColumnElement[bool]] = [record_follow.c.record_uid.in_(sorted(record_uids))]
    if but is not None:
        where.append(record_follow.c.user_id != but)
    rows = session.connection().execute(sa.select(record_follow).where(*where).order_by(record_follow.c.user_id))
    return [Follow(row.user_id, row.record_uid, row.seen_at) for row in rows]


def _one(user_id: int, record_uid: str) -> tuple[sa.ColumnElement[bool], ...]:
    return record_follow.c.user_id == user_id, record_follow.c.record_uid == record_uid
