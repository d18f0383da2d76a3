"""Who is there: away states that people set themselves, planned absences, and who was seen lately. Never commits.

Online is who used a browser session in the last quarter of an hour and did not say that they are away.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.assignment.tables import absence, user_presence
from modules.people.tables import web_session
from permissions.tables import ab_user
from schema.base import audit
from schema.base.actor import Actor
from schema.base.errors import Invalid, NotFound

SEEN_WITHIN = timedelta(minutes=15)
LONGEST_NOTE = 200
LONGEST_ABSENCE = timedelta(days=731)


@dataclass(frozen=True)
class Away:
    """What a person said of being away; `until` None means until they say otherwise."""

    until: datetime | None
    note: str
    since: datetime


@dataclass(frozen=True)
class Absence:
    """Planned days off, both ends included."""

    id: int
    user_id: int
    from_on: date
    to_on: date
    note: str
    by_name: str


@dataclass(frozen=True)
class Presence:
    """How somebody stands now."""

    away: Away | None = None
    absent: Absence | None = None
    online: bool = False


def presences(session: Session, user_ids: Collection[int], now: datetime, today: date) -> dict[int, Presence]:
    """`{user id: presence}` of each asked person; `today` is the company's day. Three statements."""
    ids = list(user_ids)
    away = {row.user_id: row for row in session.execute(sa.select(user_presence).where(user_presence.c.user_id.in_(ids)))}
    absent: dict[int, Absence] = {}
    days = sa.select(absence).where(absence.c.user_id.in_(ids), absence.c.from_on <= today, absence.c.to_on >= today)
    for row in session.execute(days.order_by(absence.c.to_on)):
        absent[row.user_id] = _absence(row)
    seen = set(
        session.execute(
            sa.select(web_session.c.user_id)
            .where(
                web_session.c.user_id.in_(ids), web_session.c.ended_at.is_(None), web_session.c.seen_at > now - SEEN_WITHIN
            )
            .distinct()
        ).scalars()
    )  # fmt: skip
    found = {}
    for each in ids:
        said = _away(away.get(each), now)
        found[each] = Presence(said, absent.get(each), online=each in seen and said is None)
    return found


def away_of(executor: Any, user_id: int, now: datetime) -> Away | None:
    """What the person said, as long as it holds."""
    return _away(executor.execute(sa.select(user_presence).where(user_presence.c.user_id == user_id)).first(), now)


def everybody_away(executor: Any, now: datetime) -> dict[int, Away]:
    """`{user id: what they said}` of everybody who is away now."""
    rows = executor.execute(sa.select(user_presence).order_by(user_presence.c.since))
    return {row.user_id: said for row in rows if (said := _away(row, now)) is not None}


def go_away(session: Session, user_id: int, until: datetime | None, note: str, now: datetime) -> None:
    """Say that the person is away. Raises: Invalid ASG-E010 when it would be over already."""
    if until is not None and until <= now:
        raise Invalid.of('ASG-E010', '/until')
    session.execute(user_presence.delete().where(user_presence.c.user_id == user_id))
    session.execute(
        user_presence.insert().values(user_id=user_id, away_until=until, note=note.strip()[:LONGEST_NOTE], since=now)
    )  # fmt: skip


def come_back(session: Session, user_id: int) -> None:
    """Say that the person is here again; harmless when nobody said otherwise."""
    session.execute(user_presence.delete().where(user_presence.c.user_id == user_id))


def list_absences(executor: Any, today: date, user_id: int | None = None) -> list[Absence]:
    """Those that are not over, of one person or of all, the next first."""
    wanted = sa.select(absence).where(absence.c.to_on >= today)
    if user_id is not None:
        wanted = wanted.where(absence.c.user_id == user_id)
    return [_absence(row) for row in executor.execute(wanted.order_by(absence.c.from_on, absence.c.id))]


def plan_absence(
    session: Session, user_id: int, from_on: date, to_on: date, *, note: str, by: Actor, now: datetime
) -> int:  # fmt: skip
    """Noted. Raises: Invalid ASG-E011 when it ends before it begins or lasts for years; NotFound PRM-E012."""
    if to_on < from_on or to_on - from_on > LONGEST_ABSENCE:
        raise Invalid.of('ASG-E011', '/to')
    username = session.execute(sa.select(ab_user.c.username).where(ab_user.c.id == user_id)).scalar()
    if username is None:
        raise NotFound.of('PRM-E012', '/person', value=user_id, hint='')
    made: int = session.execute(
        absence.insert()
        .values(user_id=user_id, from_on=from_on, to_on=to_on, note=note.strip()[:LONGEST_NOTE], by_name=by.name, at=now)
        .returning(absence.c.id)
    ).scalar_one()
    _note(session, username, 'new', (from_on, to_on), by, now)
    return made


def drop_absence(session: Session, absence_id: int, user_id: int | None = None, *, by: Actor, now: datetime) -> None:
    """Take one back; of `user_id` only, when given. Noted. Raises: NotFound ASG-E012."""
    mine = absence.delete().where(absence.c.id == absence_id)
    if user_id is not None:
        mine = mine.where(absence.c.user_id == user_id)
    gone = session.execute(mine.returning(absence.c.user_id, absence.c.from_on, absence.c.to_on)).first()
    if gone is None:
        raise NotFound.of('ASG-E012')
    username = session.execute(sa.select(ab_user.c.username).where(ab_user.c.id == gone.user_id)).scalar()
    _note(session, username or '', 'removed', (gone.from_on, gone.to_on), by, now)


def _note(session: Session, username: str, did: str, days: tuple[date, date], by: Actor, now: datetime) -> None:
    """The log tells whose days, never why."""
    told = {'absence': did, 'first_day': days[0].isoformat(), 'last_day': days[1].isoformat()}
    audit.note(session, 'absence_changed', actor=by, subject=username, params=told, now=now)


def _away(row: Any, now: datetime) -> Away | None:
    if row is None or (row.away_until is not None and row.away_until <= now):
        return None
    return Away(row.away_until, row.note, row.since)


def _absence(row: Any) -> Absence:
    return Absence(row.id, row.user_id, row.from_on, row.to_on, row.note, row.by_name)
