"""Notices of one person as rows: what is new, a page of them, how many are unread. Fills in no title; decides no right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from modules.notices.tables import notice

PAGE = 30
COUNTED = 100
"""Unread ones are counted so far: the bell says 99+ from there on."""
POPPED = 5
"""So many pop up at once; the others are told by their number."""
FRESH = timedelta(hours=1)
"""What nobody's browser asked for within this time no longer pops up; it stands on the page."""


def news(connection: sa.Connection, user_id: int, now: datetime) -> tuple[int, list[Any]]:
    """`(unread, rows that are to pop up, oldest first)`, in one statement; unread counts to `COUNTED`."""
    few = _unread(sa.select(notice.c.id), user_id).limit(COUNTED).subquery()
    counted = sa.select(sa.func.count().label('unread')).select_from(few).subquery()
    fresh = sa.and_(
        notice.c.user_id == user_id, notice.c.popup.is_(sa.true()), notice.c.popped_at.is_(None), notice.c.read_at.is_(None),
        notice.c.at > now - FRESH,
    )  # fmt: skip
    found = (
        sa.select(counted.c.unread, notice)
        .select_from(counted.outerjoin(notice, fresh))
        .order_by(notice.c.id.desc())
        .limit(POPPED)
    )
    rows = connection.execute(found).all()
    return rows[0].unread, [row for row in reversed(rows) if row.id is not None]


def unread_count(connection: sa.Connection, user_id: int) -> int:
    """Counts to `COUNTED`."""
    few = _unread(sa.select(notice.c.id), user_id).limit(COUNTED).subquery()
    return int(connection.execute(sa.select(sa.func.count()).select_from(few)).scalar_one())


def page(
    connection: sa.Connection, user_id: int, *, unread: bool = False, kinds: Sequence[str] = (), before: int | None = None,
    size: int = PAGE,
) -> list[Any]:  # fmt: skip
    """Newest first, one more than `size` when there are more. `before` is the id of the last one of the page before."""
    wanted = sa.select(notice).where(notice.c.user_id == user_id, notice.c.listed.is_(sa.true()))
    if unread:
        wanted = wanted.where(notice.c.read_at.is_(None))
    if kinds:
        wanted = wanted.where(notice.c.kind.in_(kinds))
    if before is not None:
        wanted = wanted.where(notice.c.id < before)
    return list(connection.execute(wanted.order_by(notice.c.id.desc()).limit(size + 1)))


def find(connection: sa.Connection, user_id: int, notice_id: int) -> Any:
    """The person's own notice, or None."""
    return connection.execute(sa.select(notice).where(notice.c.id == notice_id, notice.c.user_id == user_id)).first()


def mark_read(connection: sa.Connection, user_id: int, now: datetime, notice_id: int | None = None) -> int:
    """One of the person's notices, or all; how many were unread. Does not commit."""
    mine = (notice.c.user_id == user_id, notice.c.read_at.is_(None))
    chosen = (*mine, notice.c.id == notice_id) if notice_id is not None else mine
    return int(connection.execute(notice.update().where(*chosen).values(read_at=now)).rowcount)


def take_popups(connection: sa.Connection, user_id: int, ids: Sequence[int], now: datetime) -> list[Any]:
    """Rows of these that no browser has shown yet, oldest first; they count as shown from now on. Does not commit."""
    mine = (notice.c.user_id == user_id, notice.c.id.in_(ids), notice.c.popped_at.is_(None))
    taken = notice.update().where(*mine).values(popped_at=now).returning(*notice.c)
    return sorted(connection.execute(taken), key=lambda row: row.id)


def _unread(statement: sa.Select[Any], user_id: int) -> sa.Select[Any]:
    return statement.where(notice.c.user_id == user_id, notice.c.listed.is_(sa.true()), notice.c.read_at.is_(None))
