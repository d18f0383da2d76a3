"""Finding due records in SQL and writing them to the ledger, whole sets at a time. Starts no run.

A record whose condition does not hold is written as skipped, so that the ledger tells why nothing went out; it is taken up
after all when the condition becomes true on the same day (for reminders: before the instant).
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records.resolving import binding
from modules.runtime import Runtime
from permissions.policy import Policy
from schema.base.tables import UtcDateTime
from schema.base.upsert import insert_once
from schema.conditions import Condition
from schema.fieldtypes.date import YEARLY
from workflows.calendars import Local, calendar_of, locals_of, near_days
from workflows.days import DayTrigger, DueDay
from workflows.definitions import Rule
from workflows.lunar import births_on
from workflows.tables import workflow_occurrence
from workflows.triggers import InstantTrigger, MinutesField, ScheduleTrigger

CHUNK = 1000
REST_SECONDS = 0.02  # SQLite has one writer: people's saves get their turn between chunks
LATE = timedelta(minutes=15)
"""Younger than this, an occurrence was not missed: a restart takes as long."""
LEDGER_COLUMNS = ('rule_ref', 'entity_ref', 'record_uid', 'occurrence', 'due_at', 'state', 'created_at')
STATE = sa.String(12)
Clause = sa.ColumnElement[Any]
NEVER: tuple[Clause, ...] = (sa.false(),)
INSTANT = '%Y-%m-%dT%H:%M:%SZ'


@dataclass(frozen=True, eq=False)
class DueSet:
    """Records due for one reason: which rows, under which ledger key, since when. `reopens`: skipped ones get another look;
    `fitting`: what the condition refuses is not due at all, and leaves no row. No ledger key comes before `first`; where all
    have one, it is `only`."""

    where: tuple[Clause, ...]
    occurrence: Clause
    due_at: Clause
    reopens: bool
    fitting: bool = False
    only: str = ''
    first: str = ''


@dataclass(frozen=True)
class Gap:
    """The time since a rule was last looked at. What fell due in it, and is not young, was missed, and becomes `state`."""

    since: datetime | None
    state: str


def write_due(runtime: Runtime, rule: Rule, policy: Policy, now: datetime, gap: Gap | None = None) -> int:
    """Bring the ledger up to `now` for one rule; how many rows were added or reopened. Running it twice adds nothing."""
    written = 0
    with runtime.database.session() as session:
        sets = due_sets(session, rule, now, runtime.settings.timezone)
    for due in sets:
        written += _write(runtime, rule, due, policy, now, gap)
        if due.reopens:
            written += _reopen(runtime, rule, due, policy)
    return written


def _write(runtime: Runtime, rule: Rule, due: DueSet, policy: Policy, now: datetime, gap: Gap | None) -> int:
    """New rows of one set: found without a lock, and written in chunks with a commit each."""
    written = 0
    with runtime.database.session() as session:
        ids = find_due(session, rule, due, holds_clause(runtime, session, rule.condition, policy))
    for start in range(0, len(ids), CHUNK):
        with runtime.database.session() as session:
            holds = holds_clause(runtime, session, rule.condition, policy)
            written += _insert(session, rule, due, ids[start : start + CHUNK], _state(due, holds, now, gap), now)
        if runtime.database.is_sqlite and start + CHUNK < len(ids):
            time.sleep(REST_SECONDS)
    return written


def holds_clause(runtime: Runtime, session: Session, condition: Condition | None, policy: Policy) -> Clause:
    """A condition over its entity's table, at the clock's instant."""
    if condition is None:
        return sa.true()
    return condition.sql(binding(session, condition.catalog, policy, condition, runtime.clock))


def due_sets(executor: Session | sa.Connection, rule: Rule, now: datetime, zone: ZoneInfo) -> list[DueSet]:
    """What is due at `now` and within the look-back, `zone` being the company's. Nothing for rules that events start.

    Reads the working calendar, and which zones are in use, where the rule goes by them.
    """
    trigger = rule.trigger
    if isinstance(trigger, DayTrigger):
        return list(_of_days(executor, rule, trigger, now, zone))
    if isinstance(trigger, InstantTrigger):
        bind = executor.get_bind() if isinstance(executor, Session) else executor
        return [_of_instant(rule, trigger, now, is_sqlite=bind.dialect.name == 'sqlite')]
    if isinstance(trigger, ScheduleTrigger) and (instant := trigger.newest(now, zone)) is not None:
        key = instant.strftime(INSTANT)
        occurrence, due_at = sa.literal(key, sa.String(40)), sa.literal(instant, UtcDateTime())
        where = (rule.entity.table.c.created_at <= instant,)
        return [DueSet(where, occurrence, due_at, reopens=False, fitting=True, only=key)]
    return []


def _of_days(executor: Any, rule: Rule, trigger: DayTrigger, now: datetime, company: ZoneInfo) -> Iterator[DueSet]:
    """A set for each day that may be due, and for each zone in which it is."""
    near = near_days(trigger, now, company, calendar_of(executor, trigger)) if trigger.zone != 'company' else []
    candidates = sa.or_(sa.false(), *(sa.and_(*falls_on(rule, trigger, day, company)) for day in near))
    for local in locals_of(executor, rule.entity, trigger, company, candidates):
        for day in trigger.days(now, local.zone, local.calendar):
            found = falls_on(rule, trigger, day.target, local.zone)
            if found != NEVER:
                yield _of_day(rule, trigger, day, now, local, found)


def _of_day(rule: Rule, trigger: DayTrigger, day: DueDay, now: datetime, local: Local, found: tuple[Clause, ...]) -> DueSet:
    created = rule.entity.table.c.created_at
    ends_at = _starts_at(day.due_at.astimezone(local.zone).date() + timedelta(days=1), local.zone)
    # A record entered after its day missed nothing. What is younger than `now` itself (`--at`) counts as always there.
    known = sa.or_(created < ends_at, created > now)
    key = trigger.key_of(day.target)
    return DueSet(
        where=(known, *found, *local.where),
        occurrence=sa.literal(key, sa.String(40)),
        due_at=sa.literal(day.due_at, UtcDateTime()),
        reopens=day.is_today,
        only=key,
    )


def falls_on(rule: Rule, trigger: DayTrigger, target: date, zone: ZoneInfo) -> tuple[Clause, ...]:
    """Which rows have this day in the trigger's field; yearly ones by the indexed month and day, by the moon by the indexed day
    (decisions/0002). `NEVER` when none can."""
    column = rule.entity.table.c[trigger.field.definition.column]
    if trigger.field.type.key == 'datetime':
        return column >= _starts_at(target, zone), column < _starts_at(target + timedelta(days=1), zone)
    if not trigger.yearly:
        return (column == target,)
    if trigger.lunar:
        births = births_on(target)
        return (column.in_(births),) if births else NEVER
    month_day = rule.entity.table.c[trigger.field.definition.column + YEARLY]
    return month_day.in_(trigger.month_days(target)), column <= target


def _starts_at(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _of_instant(rule: Rule, trigger: InstantTrigger, now: datetime, *, is_sqlite: bool) -> DueSet:
    column = rule.entity.table.c[trigger.column]
    minutes: Any = trigger.minutes
    if isinstance(minutes, MinutesField):
        minutes = rule.entity.table.c[minutes.field.definition.column] * minutes.sign
    due_at = shifted(column, minutes, is_sqlite=is_sqlite)
    low, high = trigger.reach
    since = now if trigger.until_instant else now - trigger.look_back - high
    bounds = (column > since, column <= now - low)  # on the bare column, so that its index serves
    exact = (due_at <= now,) if trigger.until_instant else (due_at <= now, due_at >= now - trigger.look_back)
    where = (*bounds, *exact, *stands_in(rule, trigger))
    first = since.astimezone(UTC).strftime(INSTANT)
    return DueSet(where, instant_key(column, is_sqlite=is_sqlite), due_at, reopens=trigger.until_instant, first=first)


def stands_in(rule: Rule, trigger: InstantTrigger) -> tuple[Clause, ...]:
    """That the record still stands in one of the trigger's stages."""
    if not trigger.stages:
        return ()
    return (rule.entity.table.c[trigger.field.definition.column].in_(sorted(trigger.stages)),)


def shifted(column: Clause, minutes: Any, *, is_sqlite: bool) -> Clause:
    """The instant some minutes later, in the spelling of UtcDateTime."""
    if is_sqlite:
        step: Clause = sa.cast(minutes, sa.Text).op('||')(' minutes')
        text = sa.func.strftime('%Y-%m-%d %H:%M:%f', column, step).op('||')('000')
        return sa.type_coerce(text, UtcDateTime())
    step = sa.func.make_interval(0, 0, 0, 0, 0, sa.cast(minutes, sa.Integer))
    return sa.type_coerce(column.op('+')(step), UtcDateTime())


def instant_key(column: Clause, *, is_sqlite: bool) -> Clause:
    """The ledger key of an instant: the instant itself, so that a moved appointment is another occurrence."""
    if is_sqlite:
        return sa.func.strftime('%Y-%m-%dT%H:%M:%SZ', column)
    return sa.func.to_char(sa.func.timezone('UTC', column), 'YYYY-MM-DD"T"HH24:MI:SS"Z"')


def find_due(session: Session, rule: Rule, due: DueSet, holds: Clause) -> array[int]:
    """Ids of the records due that the ledger does not know, in order; eight bytes each."""
    table, ledger = rule.entity.table, workflow_occurrence
    # A set that is looked up, never a join: before the database counted a growing ledger, it would compare all with all.
    told = sa.select(ledger.c.record_uid).where(ledger.c.rule_ref == rule.ref)
    if due.only:
        unknown = table.c.uid.not_in(told.where(ledger.c.occurrence == due.only))
    else:
        told = told.add_columns(ledger.c.occurrence).where(ledger.c.occurrence >= due.first)
        unknown = sa.tuple_(table.c.uid, due.occurrence).not_in(told)
    wanted = (table.c.deleted_at.is_(None), *due.where, *((holds,) if due.fitting else ()), unknown)
    return array('q', sorted(session.execute(sa.select(table.c.id).where(*wanted)).scalars().all()))


def _insert(session: Session, rule: Rule, due: DueSet, ids: Sequence[int], state: Clause, now: datetime) -> int:
    """Rows for these records, as far as they still are due; how many."""
    table = rule.entity.table
    found = sa.select(
        sa.literal(rule.ref, sa.String(80)),
        sa.literal(rule.entity.ref, sa.String(80)),
        table.c.uid,
        due.occurrence,
        due.due_at,
        state,
        sa.literal(now, UtcDateTime()),
    ).where(table.c.id.in_(ids), table.c.deleted_at.is_(None), *due.where)
    statement = insert_once(session, workflow_occurrence, 'rule_ref', 'record_uid', 'occurrence')
    answer: Any = session.execute(statement.from_select(LEDGER_COLUMNS, found))
    return int(answer.rowcount)


def _state(due: DueSet, holds: Clause, now: datetime, gap: Gap | None) -> Clause:
    """`due`, what the rule does with what was missed, or `skipped` where the condition does not hold."""
    whens: list[tuple[Clause, Clause]] = [(holds, sa.literal('due', STATE))]
    if gap is not None:
        since = (due.due_at > sa.literal(gap.since, UtcDateTime()),) if gap.since is not None else ()
        missed = sa.and_(holds, due.due_at < sa.literal(now - LATE, UtcDateTime()), *since)
        whens.insert(0, (missed, sa.literal(gap.state, STATE)))
    return sa.case(*whens, else_=sa.literal('skipped', STATE))  # a condition that is unknown does not hold


def _reopen(runtime: Runtime, rule: Rule, due: DueSet, policy: Policy) -> int:
    """What was skipped or missed and fits now: its condition came true, or its date moved here from a day that is gone."""
    table, ledger = rule.entity.table, workflow_occurrence
    moved = sa.and_(ledger.c.state.in_(('missed', 'asked', 'dropped')), ledger.c.due_at != due.due_at)
    again = (ledger.c.rule_ref == rule.ref, sa.or_(ledger.c.state == 'skipped', moved))
    with runtime.database.session() as session:
        holds = holds_clause(runtime, session, rule.condition, policy)
        fitting = (table.c.deleted_at.is_(None), *due.where, holds)
        same = (table.c.uid == ledger.c.record_uid, ledger.c.occurrence == due.occurrence)
        found = sa.select(ledger.c.id, due.due_at.label('due_at')).select_from(ledger.join(table, sa.and_(*same)))
        rows = session.execute(found.where(*again, *fitting).limit(CHUNK)).all()
        if not rows:
            return 0
        reopened = (
            ledger.update().where(ledger.c.id == sa.bindparam('row_id')).values(state='due', due_at=sa.bindparam('new_due'))
        )
        session.execute(reopened, [{'row_id': row.id, 'new_due': row.due_at} for row in rows])
    return len(rows)
