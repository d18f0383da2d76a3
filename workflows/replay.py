"""What a rule would have done in the past: events of history and moments of dates, each on the record as it was then.

Which events count is decided by the dispatcher's own code, what is done by the runner's, both on rows that were put back in a
transaction that is never committed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from modules.records.tables import record_history
from schema.base.numbers import LARGEST_ID, whole
from schema.base.outbox import outbox
from workflows.days import DayTrigger
from workflows.dispatcher import Dispatcher
from workflows.editions import Edition
from workflows.foreseeing import Coming, Stretch, coming
from workflows.past import Later, later_than, put_back
from workflows.rehearsal import Rehearser
from workflows.runs import rule_policy
from workflows.story import Rehearsed, Started
from workflows.triggers import CLOCK_TRIGGERS, EventTrigger, InstantTrigger

ROWS = 5_000
"""Rows of history that one statement goes over."""
CHUNKS = 10
TOGETHER = 25
"""Events that one withheld transaction asks about; SQLite's writers get their turn between two."""
MOST_DUE = 300
NOT_DUE = frozenset({'WFL-W003', 'WFL-E008'})
"""The date stood elsewhere then, or the record was not there: no occurrence at all."""


@dataclass(frozen=True)
class ReplayPage:
    """`looked` counts the events that were gone over; `next` leads on, empty at the end."""

    rows: tuple[Started, ...]
    looked: int
    next: str


class Replay:
    """Replays one edition of a rule over a stretch of the past."""

    def __init__(self, runtime: Any, of: Edition, since: datetime, until: datetime) -> None:
        self._runtime, self._of, self._since, self._until = runtime, of, since, until
        self._rehearser = Rehearser(runtime, of.catalog, of.rule)
        self._here = self._rehearser.here

    def page(self, after: str, limit: int) -> ReplayPage:
        """Events newest first, moments in their order. Raises: NotFound WFL-E018; Unavailable WFL-E060."""
        trigger = self._of.rule.trigger
        if isinstance(trigger, EventTrigger):
            return self._events(trigger, whole(after, LARGEST_ID) or 0, limit)
        if isinstance(trigger, CLOCK_TRIGGERS):
            return self._moments(whole(after, LARGEST_ID) or 0, limit)
        return ReplayPage((), 0, '')

    # --- events ------------------------------------------------------------------------------------------------------

    def _events(self, trigger: EventTrigger, before: int, limit: int) -> ReplayPage:
        found: list[tuple[Any, list[Any]]] = []
        looked, last = 0, before
        for rows, lowest in self._history(before):
            looked += len(rows)
            matched = [row for row in rows if trigger.matches(f'record.{row.kind}', row.changes)]
            for start in range(0, len(matched), TOGETHER):
                found += self._that_start(trigger, matched[start : start + TOGETHER])
                if len(found) >= limit:
                    break
            last = lowest
            if len(found) >= limit:
                last = found[limit - 1][0].id
                break
        rows = [self._event(row, later) for row, later in found[:limit]]
        return ReplayPage(tuple(rows), looked, str(last) if last else '')

    def _history(self, before: int) -> Iterator[tuple[Sequence[Any], int]]:
        """Rows of the entity, newest first, with the lowest id gone over; 0 at the beginning of the stretch."""
        history = record_history
        for _chunk in range(CHUNKS):
            with self._runtime.database.reading() as connection:
                ids = sa.select(history.c.id).order_by(history.c.id.desc()).limit(ROWS)
                ids = ids.where(history.c.id < before) if before else ids
                chunk = ids.subquery()
                lowest, number = connection.execute(sa.select(sa.func.min(chunk.c.id), sa.func.count(chunk.c.id))).one()
                if not number:
                    return
                where = [history.c.id >= lowest, history.c.entity_ref == self._of.rule.entity.ref, history.c.kind != 'shared']
                if before:
                    where.append(history.c.id < before)
                wanted = sa.select(history).where(*where, history.c.at > self._since, history.c.at <= self._until)
                rows = connection.execute(wanted.order_by(history.c.id.desc())).all()
                oldest = connection.execute(sa.select(history.c.at).where(history.c.id == lowest)).scalar_one()
            over = oldest <= self._since or number < ROWS
            yield rows, 0 if over else lowest
            if over:
                return
            before = lowest

    def _that_start(self, trigger: EventTrigger, rows: Sequence[Any]) -> list[tuple[Any, list[Any]]]:
        """Events that were told at all and whose record, as it was right after, fits; with what came later."""
        found = []
        with self._here.held.withhold() as connection:
            silent = _silent(connection, rows)
            later = later_than(connection, {row.record_uid for row in rows}, after_id=min(row.id for row in rows))
            dispatcher = Dispatcher(self._here, 'replay', self._here.hand)
            for row in rows:
                after = [each for each in later[row.record_uid] if each.id > row.id]
                if row.id not in silent and self._wanted(connection, dispatcher, trigger, row, after):
                    found.append((row, after))
        return found

    def _wanted(self, connection: sa.Connection, dispatcher: Dispatcher, trigger: EventTrigger, row: Any, after: Any) -> bool:
        self._here.set_clock(row.at)
        place = connection.begin_nested()
        try:
            if not put_back(connection, self._of.rule.entity, row.record_uid, after, row.at):
                return False
            told = SimpleNamespace(record_uid=row.record_uid, changed=row.changes, name=f'record.{row.kind}')
            with self._here.held.session() as session:
                return dispatcher.wanted(session, self._of.rule, trigger, told)
        finally:
            place.rollback()

    def _event(self, row: Any, later: Sequence[Any]) -> Started:
        rule = self._of.rule
        back = partial(_prepare, rule.entity, row.record_uid, later, row.at)
        why = {'event': f'record.{row.kind}', 'outbox': 0, 'actor_id': row.actor_id}
        told = self._rehearser.rehearse(rule, row.record_uid, row.at, why, back)
        return Started(f'event-{row.id}', row.record_uid, row.at, f'record.{row.kind}', row.actor_name, told)

    # --- moments -----------------------------------------------------------------------------------------------------

    def _moments(self, start: int, limit: int) -> ReplayPage:
        due = self._due()
        rows: list[Started] = []
        number = start
        while number < len(due) and len(rows) < limit:
            each = due[number]
            told = self._moment(each)
            if told is not None:
                rows.append(Started(f'{each.uid}/{each.occurrence}', each.uid, each.due_at, each.occurrence, '', told))
            number += 1
        return ReplayPage(tuple(rows), len(due), str(number) if number < len(due) else '')

    def _due(self) -> list[Coming]:
        """What is due in the stretch by the records of today, and by what changed or deleted ones held before."""
        rule, zone = self._of.rule, self._runtime.settings.timezone
        policy = rule_policy(self._runtime, rule, self._of.catalog)
        with self._here.held.withhold(), self._here.held.session() as session:
            found = coming(session, rule, policy, Stretch(self._since, self._until, zone), MOST_DUE)
        for rows, _lowest in self._history(0):
            moved = [row for row in rows if row.kind == 'deleted' or self._moves(row)]
            for start in range(0, len(moved), TOGETHER):
                found += self._held_before(moved[start : start + TOGETHER])
            if len(found) >= 2 * MOST_DUE:
                break
        each_once = {(each.uid, each.occurrence): each for each in found}
        return sorted(each_once.values(), key=lambda each: (each.due_at, each.id))

    def _moves(self, row: Any) -> bool:
        """Whether the change moved what the trigger goes by."""
        trigger: Any = self._of.rule.trigger
        if not isinstance(trigger, DayTrigger | InstantTrigger):
            return False
        refs = {trigger.field.ref} | ({trigger.minutes.field.ref} if not isinstance(trigger.minutes, int) else set())
        return row.kind == 'updated' and not refs.isdisjoint(row.changes)

    def _held_before(self, rows: Sequence[Any]) -> list[Coming]:
        """What was due before these changes by what stood there till then."""
        rule, zone, found = self._of.rule, self._runtime.settings.timezone, []
        policy = rule_policy(self._runtime, rule, self._of.catalog)
        with self._here.held.withhold() as connection:
            later = later_than(connection, {row.record_uid for row in rows}, after_id=min(row.id for row in rows) - 1)
            for row in rows:
                place = connection.begin_nested()
                after = [each for each in later[row.record_uid] if each.id >= row.id]
                if put_back(connection, rule.entity, row.record_uid, after, row.at):
                    stretch = Stretch(self._since, min(row.at, self._until), zone, uids=[row.record_uid])
                    with self._here.held.session() as session:
                        found += coming(session, rule, policy, stretch, MOST_DUE)
                place.rollback()
        return found

    def _moment(self, due: Coming) -> Rehearsed | None:
        """The run of an occurrence on the record as it was; what did not fit then is looked at once more at
        the end of its day, as it is in truth. None when it was not due."""
        told = self._try(due, due.due_at)
        code = told.problem.code if told is not None and told.problem is not None else ''
        if (told is None or code == 'WFL-W002') and isinstance(self._of.rule.trigger, DayTrigger):
            day = due.due_at.astimezone(self._runtime.settings.timezone).date()
            ends_at = datetime.combine(day, time(23, 59, 59), self._runtime.settings.timezone)
            later = self._try(due, min(ends_at, self._until)) if ends_at - due.due_at < timedelta(days=1) else None
            told = later if later is not None and later.problem is None else told
        if told is None or (told.problem is not None and told.problem.code in NOT_DUE):
            return None
        return told

    def _try(self, due: Coming, moment: datetime) -> Rehearsed | None:
        rule, there = self._of.rule, [True]

        def back(connection: sa.Connection) -> None:
            later: Later = later_than(connection, [due.uid], at=moment)
            there[0] = put_back(connection, rule.entity, due.uid, later[due.uid], moment)

        why = {'occurrence': due.occurrence, 'due_at': due.due_at.isoformat()}
        told = self._rehearser.rehearse(rule, due.uid, moment, why, back)
        return told if there[0] else None


def _prepare(entity: Any, uid: str, later: Sequence[Any], at: datetime, connection: sa.Connection) -> None:
    put_back(connection, entity, uid, later, at)


def _silent(connection: sa.Connection, rows: Sequence[Any]) -> set[int]:
    """Ids of rows that told no event: work that was to start no workflow. Older ones than the events kept count as told."""
    oldest = connection.execute(sa.select(outbox.c.created_at).order_by(outbox.c.id).limit(1)).scalar()
    young = [row for row in rows if oldest is not None and row.at >= oldest]
    if not young:
        return set()
    told = sa.select(outbox.c.record_uid, outbox.c.name, outbox.c.created_at, outbox.c.changed)
    of_records = told.where(outbox.c.record_uid.in_({row.record_uid for row in young}))
    known = [(row.record_uid, row.name, row.created_at, row.changed) for row in connection.execute(of_records)]
    return {row.id for row in young if (row.record_uid, f'record.{row.kind}', row.at, row.changes) not in known}
