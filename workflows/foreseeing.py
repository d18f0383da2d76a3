"""What falls due in a stretch of time, past or coming, in SQL: for whom and when. Reads alone; writes no ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records.resolving import binding
from permissions.policy import Policy
from schema.base.clock import FrozenClock
from schema.base.tables import UtcDateTime
from workflows.definitions import Rule
from workflows.due import DueSet, due_sets, instant_key, shifted, stands_in
from workflows.triggers import InstantTrigger, MinutesField, ScheduleTrigger

SETS = 40
"""How many sets one statement joins."""
MOST_MOMENTS = 800
COUNTED = 5_000


@dataclass(frozen=True)
class Stretch:
    """From `since` (not itself) to `until` (itself). `after` is the last row of the page before, as `(due_at, id)`; `uids` asks
    about some records alone."""

    since: datetime
    until: datetime
    zone: ZoneInfo
    after: tuple[datetime, int] | None = None
    uids: Collection[str] | None = None


@dataclass(frozen=True)
class Coming:
    """One occurrence: `holds` is the condition on the record as it is now, at the moment it falls due."""

    id: int
    uid: str
    occurrence: str
    due_at: datetime
    holds: bool


def coming(session: Session, rule: Rule, policy: Policy, stretch: Stretch, limit: int) -> list[Coming]:
    """Occurrences in order of their moment. One statement, and more only where a calendar has very many moments."""
    found: list[Coming] = []
    for statement in _statements(session, rule, policy, stretch):
        part = statement.subquery()
        ordered = sa.select(part).order_by(part.c.due_at, part.c.id).limit(limit - len(found))
        found += [Coming(row.id, row.uid, row.occurrence, row.due_at, bool(row.holds)) for row in session.execute(ordered)]
        if len(found) >= limit:
            break
    return found


def counted(session: Session, rule: Rule, policy: Policy, stretch: Stretch) -> list[tuple[datetime, bool]]:
    """`(due_at, holds)` of at most `COUNTED` occurrences, for a chart of days."""
    found: list[tuple[datetime, bool]] = []
    for statement in _statements(session, rule, policy, stretch):
        part = statement.subquery()
        rows = session.execute(sa.select(part.c.due_at, part.c.holds).limit(COUNTED - len(found)))
        found += [(row.due_at, bool(row.holds)) for row in rows]
        if len(found) >= COUNTED:
            break
    return found


def _statements(session: Session, rule: Rule, policy: Policy, stretch: Stretch) -> Iterator[Any]:
    sets = iter(_sets(session, rule, stretch, is_sqlite=session.get_bind().dialect.name == 'sqlite'))
    while chunk := list(islice(sets, SETS)):
        yield sa.union_all(*(_select(session, rule, policy, stretch, at, each) for at, each in chunk))


def _sets(session: Session, rule: Rule, stretch: Stretch, *, is_sqlite: bool) -> Iterator[tuple[datetime, DueSet]]:
    """Sets with the moment that their condition is asked at."""
    trigger = rule.trigger
    if isinstance(trigger, InstantTrigger):
        yield stretch.since, _instants(rule, trigger, stretch, is_sqlite=is_sqlite)
    elif isinstance(trigger, ScheduleTrigger):
        for moment in islice(_moments(trigger, stretch), MOST_MOMENTS):
            for each in due_sets(session, rule, moment, stretch.zone):
                yield moment, each
    else:
        for end in _ends_of_days(stretch):
            for each in due_sets(session, rule, end, stretch.zone):
                if each.reopens:  # the day's own; those before it have had their turn
                    yield end, each


def _moments(trigger: ScheduleTrigger, stretch: Stretch) -> Iterator[datetime]:
    moment = trigger.next_after(stretch.after[0] - timedelta(seconds=1) if stretch.after else stretch.since, stretch.zone)
    while moment is not None and moment <= stretch.until:
        yield moment
        moment = trigger.next_after(moment, stretch.zone)


def _ends_of_days(stretch: Stretch) -> Iterator[datetime]:
    """The last second of each local day that the stretch touches."""
    day = (stretch.after[0] if stretch.after else stretch.since).astimezone(stretch.zone).date()
    last = stretch.until.astimezone(stretch.zone).date()
    while day <= last:
        yield datetime.combine(day, time(23, 59, 59), stretch.zone)
        day += timedelta(days=1)


def _instants(rule: Rule, trigger: InstantTrigger, stretch: Stretch, *, is_sqlite: bool) -> DueSet:
    """The whole stretch at once: what `due.py` asks about one moment."""
    column = rule.entity.table.c[trigger.column]
    minutes: Any = trigger.minutes
    if isinstance(minutes, MinutesField):
        minutes = rule.entity.table.c[minutes.field.definition.column] * minutes.sign
    low, high = trigger.reach
    bounds = (column > stretch.since - high, column <= stretch.until - low)  # on the bare column, so that its index serves
    due_at = shifted(column, minutes, is_sqlite=is_sqlite)
    return DueSet((*bounds, *stands_in(rule, trigger)), instant_key(column, is_sqlite=is_sqlite), due_at, reopens=False)


def _select(session: Session, rule: Rule, policy: Policy, stretch: Stretch, at: datetime, due: DueSet) -> Any:
    table, due_at = rule.entity.table, due.due_at
    where = [table.c.deleted_at.is_(None), *due.where, *_between(due_at, stretch)]
    if stretch.uids is not None:
        where.append(table.c.uid.in_(list(stretch.uids)))
    if stretch.after is not None:
        last_at, last_id = stretch.after
        after = sa.literal(last_at, UtcDateTime())
        where.append(sa.or_(due_at > after, sa.and_(due_at == after, table.c.id > last_id)))
    holds: Any = sa.true()
    if rule.condition is not None:
        clock = FrozenClock(at, stretch.zone)
        holds = rule.condition.sql(binding(session, rule.condition.catalog, policy, rule.condition, clock))
    fits = sa.case((holds, sa.literal(1)), else_=sa.literal(0)).label('holds')
    if due.fitting:
        where.append(holds)
    return sa.select(table.c.id, table.c.uid, due.occurrence.label('occurrence'), due_at.label('due_at'), fits).where(*where)


def _between(due_at: Any, stretch: Stretch) -> Sequence[Any]:
    return due_at > sa.literal(stretch.since, UtcDateTime()), due_at <= sa.literal(stretch.until, UtcDateTime())
