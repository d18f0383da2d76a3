"""Finding due records in SQL and writing them to the ledger, whole sets at a time. Starts no run.

A record whose condition does not hold is written as skipped, so that the ledger tells why nothing went out; it is taken up
after all when the condition becomes true on the same day (for reminders: before the instant).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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
from workflows.definitions import Rule
from workflows.tables import workflow_occurrence
from workflows.triggers import DayTrigger, DueDay, InstantTrigger, MinutesField, ScheduleTrigger

CHUNK = 2000
REST_SECONDS = 0.02  # SQLite has one writer: people's saves get their turn between chunks
LEDGER_COLUMNS = ('rule_ref', 'entity_ref', 'record_uid', 'occurrence', 'due_at', 'state', 'created_at')
Clause = sa.ColumnElement[Any]


@dataclass(frozen=True, eq=False)
class DueSet:
    """Records due for one reason: which rows, under which ledger key, since when. `reopens`: skipped ones get another look;
    `fitting`: what the condition refuses is not due at all, and leaves no row."""

    where: tuple[Clause, ...]
    occurrence: Clause
    due_at: Clause
    reopens: bool
    fitting: bool = False


def write_due(runtime: Runtime, rule: Rule, policy: Policy, now: datetime) -> int:
    """Bring the ledger up to `now` for one rule; how many rows were added or reopened. Running it twice adds nothing."""
    written = 0
    zone = runtime.settings.timezone
    for due in due_sets(rule, now, zone, is_sqlite=runtime.database.is_sqlite):
        while True:
            with runtime.database.session() as session:
                holds = holds_clause(runtime, session, rule.condition, policy)
                answer: Any = session.execute(_insert(session, rule, due, holds, now))
            written += answer.rowcount
            if answer.rowcount < CHUNK:
                break
            if runtime.database.is_sqlite:
                time.sleep(REST_SECONDS)
        if due.reopens and rule.condition is not None:
            written += _reopen(runtime, rule, due, policy)
    return written


def holds_clause(runtime: Runtime, session: Session, condition: Condition | None, policy: Policy) -> Clause:
    """A condition over its entity's table, at the clock's instant."""
    if condition is None:
        return sa.true()
    return condition.sql(binding(session, condition.catalog, policy, condition, runtime.clock))


def due_sets(rule: Rule, now: datetime, zone: ZoneInfo, *, is_sqlite: bool) -> Iterator[DueSet]:
    """What is due at `now` and within the look-back. Nothing for rules that events start."""
    if isinstance(rule.trigger, DayTrigger):
        for day in rule.trigger.days(now, zone):
            yield _of_day(rule, rule.trigger, day, now, zone)
    elif isinstance(rule.trigger, InstantTrigger):
        yield _of_instant(rule, rule.trigger, now, is_sqlite=is_sqlite)
    elif isinstance(rule.trigger, ScheduleTrigger) and (instant := rule.trigger.newest(now, zone)) is not None:
        key = instant.strftime('%Y-%m-%dT%H:%M:%SZ')
        occurrence, due_at = sa.literal(key, sa.String(40)), sa.literal(instant, UtcDateTime())
        yield DueSet((rule.entity.table.c.created_at <= instant,), occurrence, due_at, reopens=False, fitting=True)


def _of_day(rule: Rule, trigger: DayTrigger, day: DueDay, now: datetime, zone: ZoneInfo) -> DueSet:
    created = rule.entity.table.c.created_at
    ends_at = _starts_at(day.due_at.astimezone(zone).date() + timedelta(days=1), zone)
    # A record entered after its day missed nothing. What is younger than `now` itself (`--at`) counts as always there.
    known = sa.or_(created < ends_at, created > now)
    key = str(day.target.year) if trigger.yearly else day.target.isoformat()
    return DueSet(
        where=(known, *falls_on(rule, trigger, day.target, zone)),
        occurrence=sa.literal(key, sa.String(40)),
        due_at=sa.literal(day.due_at, UtcDateTime()),
        reopens=day.is_today,
    )


def falls_on(rule: Rule, trigger: DayTrigger, target: date, zone: ZoneInfo) -> tuple[Clause, ...]:
    """Which rows have this day in the trigger's field; yearly ones by the indexed month and day."""
    column = rule.entity.table.c[trigger.field.definition.column]
    if trigger.field.type.key == 'datetime':
        return column >= _starts_at(target, zone), column < _starts_at(target + timedelta(days=1), zone)
    if not trigger.yearly:
        return (column == target,)
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
    return DueSet(where, instant_key(column, is_sqlite=is_sqlite), due_at, reopens=trigger.until_instant)


def looked_since(session: Session, rule: Rule, now: datetime) -> datetime:
    """When a rule by the calendar was first looked at; noted in the ledger under no record."""
    ledger = workflow_occurrence
    mark = {'rule_ref': rule.ref, 'entity_ref': rule.entity.ref, 'record_uid': '', 'occurrence': 'since'}
    found: datetime | None = session.execute(sa.select(ledger.c.due_at).filter_by(**mark)).scalar()
    if found is None:
        row = {**mark, 'due_at': now, 'state': 'skipped', 'created_at': now}
        session.execute(insert_once(session, ledger, 'rule_ref', 'record_uid', 'occurrence').values(row))
    return found or now


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


def _insert(session: Session, rule: Rule, due: DueSet, holds: Clause, now: datetime) -> Any:
    table, ledger = rule.entity.table, workflow_occurrence
    known = (
        sa.exists()
        .where(ledger.c.rule_ref == rule.ref, ledger.c.record_uid == table.c.uid, ledger.c.occurrence == due.occurrence)
        .correlate(table)
    )
    found = (
        sa.select(
            sa.literal(rule.ref, sa.String(80)),
            sa.literal(rule.entity.ref, sa.String(80)),
            table.c.uid,
            due.occurrence,
            due.due_at,
            sa.case((holds, sa.literal('due', sa.String(12))), else_=sa.literal('skipped', sa.String(12))),
            sa.literal(now, UtcDateTime()),
        )
        .where(table.c.deleted_at.is_(None), *due.where, *((holds,) if due.fitting else ()), ~known)
        .limit(CHUNK)
    )
    return insert_once(session, ledger, 'rule_ref', 'record_uid', 'occurrence').from_select(LEDGER_COLUMNS, found)


def _reopen(runtime: Runtime, rule: Rule, due: DueSet, policy: Policy) -> int:
    table, ledger = rule.entity.table, workflow_occurrence
    skipped = (ledger.c.rule_ref == rule.ref, ledger.c.state == 'skipped')
    with runtime.database.session() as session:
        holds = holds_clause(runtime, session, rule.condition, policy)
        fits = sa.exists().where(
            table.c.uid == ledger.c.record_uid, ledger.c.occurrence == due.occurrence, table.c.deleted_at.is_(None),
            *due.where, holds,
        )  # fmt: skip
        ids = session.execute(sa.select(ledger.c.id).where(*skipped, fits).limit(CHUNK)).scalars().all()
        if not ids:
            return 0
        session.execute(ledger.update().where(ledger.c.id.in_(ids), ledger.c.state == 'skipped').values(state='due'))
    return len(ids)
