"""Events of the outbox to runs: claims rows by lease, keeps one record's events in order, and marks them done.

The runs and the mark are committed together, and a run's key names its event, so that no event is lost or counted twice.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records.resolving import binding, find_links
from modules.runtime import Runtime
from schema.base.clock import Clock, SystemClock
from schema.base.errors import NotFound, TrellisError
from schema.base.outbox import outbox
from schema.conditions import Condition
from schema.values import Link
from workflows.definitions import Rule, rules_of
from workflows.due import holds_clause
from workflows.patience import MOST_ATTEMPTS, PASSING, pause
from workflows.queues import lane_of
from workflows.runs import Start, add_failed_run, add_run_once, rule_policy
from workflows.tables import workflow_run, workflow_step
from workflows.triggers import EventTrigger

LOG = logging.getLogger(__name__)
BATCH = 200
LEASE = timedelta(seconds=30)
UNFINISHED = ('new', 'claimed')


class Dispatcher:
    """One per process. `wall` is the real time: leases do not follow `--at`."""

    def __init__(self, runtime: Runtime, worker: str, wall: Clock | None = None) -> None:
        self._runtime, self._worker, self._wall = runtime, worker, wall or SystemClock()

    def drain(self) -> int:
        """Dispatch until nothing can be claimed; how many runs were started."""
        started = 0
        while rows := self._claim():
            waiting: set[str] = set()
            for row in rows:
                if row.record_uid in waiting:
                    self._give_back(row)
                    continue
                runs = self._dispatch(row)
                if runs is None:
                    waiting.add(row.record_uid)  # its later events must not overtake this one
                else:
                    started += runs
        return started

    def _claim(self) -> Sequence[Any]:
        """The earliest unfinished event of each record with the events that follow it, in order."""
        now = self._wall.now()
        earlier = outbox.alias('earlier')
        free = _free(now)
        is_first = ~sa.exists().where(
            earlier.c.record_uid == outbox.c.record_uid, earlier.c.id < outbox.c.id, earlier.c.state.in_(UNFINISHED)
        )
        with self._runtime.database.reading() as connection:
            if connection.execute(sa.select(outbox.c.id).where(free).limit(1)).first() is None:
                return ()
        with self._runtime.database.writing() as connection:
            firsts = sa.select(outbox.c.id, outbox.c.record_uid).where(free, is_first).order_by(outbox.c.id).limit(BATCH)
            heads = connection.execute(firsts.with_for_update(skip_locked=True)).all()
            if not heads:
                return ()
            # Whoever holds a record's first event holds its others too: nobody else can claim them before it is done.
            uids = [row.record_uid for row in heads]
            mine = sa.select(outbox).where(free, outbox.c.record_uid.in_(uids)).order_by(outbox.c.id).limit(BATCH * 5)
            rows = connection.execute(mine).all()
            claim = outbox.update().where(outbox.c.id.in_([row.id for row in rows]))
            connection.execute(claim.values(state='claimed', claimed_by=self._worker, lease_until=now + LEASE))
        return rows

    def _dispatch(self, row: Any) -> int | None:
        """How many runs the event started; None when it is to be tried again."""
        try:
            with self._runtime.database.session() as session:
                if not self._finish(session, row, state='done'):
                    return 0  # the lease ran out and somebody else has it
                return self.start_runs(session, row)
        except Exception as error:  # an event that cannot be dispatched is kept with its reason
            LOG.exception('event %s could not be dispatched', row.id)
            return self._try_later(row, error)

    def _try_later(self, row: Any, error: Exception) -> int | None:
        """Again after a growing pause, its record's later events after it; kept as failed when the attempts are used up, or at
        once for what would fail again."""
        attempts, reason = row.attempts + 1, f'{type(error).__name__}: {error}'[:1000]
        lasting = isinstance(error, TrellisError) and not isinstance(error, PASSING)
        with self._runtime.database.session() as session:
            if lasting or attempts >= MOST_ATTEMPTS:
                self._finish(session, row, state='failed', attempts=attempts, last_error=reason)
                return 0
            self._finish(
                session, row, state='new', until=self._wall.now() + pause(attempts), attempts=attempts, last_error=reason
            )
            return None

    def _give_back(self, row: Any) -> None:
        with self._runtime.database.session() as session:
            self._finish(session, row, state='new')

    def _finish(self, session: Session, row: Any, *, until: datetime | None = None, **values: Any) -> bool:
        """`until` is when it may be claimed again; False when the claim is lost."""
        mine = (outbox.c.id == row.id, outbox.c.state == 'claimed', outbox.c.claimed_by == self._worker)
        done: Any = session.execute(outbox.update().where(*mine).values(claimed_by=None, lease_until=until, **values))
        return bool(done.rowcount)

    def start_runs(self, session: Session, row: Any) -> int:
        """Start what an event starts, in the caller's transaction; how many runs. Steps that wait for the record look again."""
        catalog, now, started = self._runtime.catalogs.current(), self._wall.now(), 0
        self._wake(session, row.record_uid, now)
        for rule, trigger in rules_of(catalog).started_by_event(row.entity_ref):
            if not trigger.matches(row.name, row.changed):
                continue
            why = {'event': row.name, 'outbox': row.id, 'actor_id': row.actor_id}
            start = Start(
                f'event-{row.id}-{rule.ref}',
                row.record_uid,
                why,
                tuple(row.cause),
                lane=lane_of(row.cause),
            )
            try:
                wanted = self.wanted(session, rule, trigger, row)
            except NotFound as error:  # nobody is there to run it as; the other rules go on
                add_failed_run(session, rule, start, error.findings[0], now)
                continue
            started += wanted and add_run_once(session, rule, start, now) is not None
        return started

    def wanted(self, session: Session, rule: Rule, trigger: EventTrigger, row: Any) -> bool:
        """Whether the rule's condition holds now, and what the trigger asks of the former values held before."""
        if not self._holds(session, rule, row.record_uid):
            return False
        return trigger.was is None or self._was(session, rule, trigger.was, row)

    def _wake(self, session: Session, uid: str, now: datetime) -> None:
        """Steps that wait for something about the record look again."""
        steps = workflow_step
        of_record = sa.select(workflow_run.c.id).where(workflow_run.c.record_uid == uid, workflow_run.c.state == 'running')
        parked = (steps.c.run_id.in_(of_record), steps.c.state == 'waiting', steps.c.wakes, steps.c.due_at > now)
        session.execute(steps.update().where(*parked).values(due_at=now))

    def _was(self, session: Session, rule: Rule, condition: Condition, row: Any) -> bool:
        """Whether the condition was true before the change: today's record with what the event says stood there."""
        entity, table = rule.entity, rule.entity.table
        found = session.execute(sa.select(table).where(table.c.uid == row.record_uid)).mappings().first()
        if found is None:
            return False
        held: Any = found
        values = {
            key: field.from_row(held) for key, field in entity.fields.items() if field.type.stored and not field.is_collection
        }
        for ref, (old, _new) in row.changed.items():
            field = entity.by_ref.get(ref)
            if field is not None and not field.is_collection:
                values[field.key] = None if old is None else field.type.thaw(field.definition, old)
        policy = rule_policy(self._runtime, rule, condition.catalog)
        links = [value for value in values.values() if isinstance(value, Link) and value.id is None]
        known = find_links(session, condition.catalog, policy, links)
        values = {
            key: known.get((value.entity, value.uid), value) if value in links else value for key, value in values.items()
        }
        return condition.decide(values, binding(session, condition.catalog, policy, condition, self._runtime.clock)) is True

    def _holds(self, session: Session, rule: Rule, uid: str) -> bool:
        """Whether the condition is true of the record as it is now, deleted or not."""
        if rule.condition is None:
            return True
        catalog = rule.condition.catalog
        clause = holds_clause(self._runtime, session, rule.condition, rule_policy(self._runtime, rule, catalog))
        table = rule.entity.table
        return session.execute(sa.select(table.c.id).where(table.c.uid == uid, clause)).first() is not None


def _free(now: datetime) -> sa.ColumnElement[bool]:
    """Events that may be claimed: new ones unless they wait for their next attempt, and those of dispatchers that vanished."""
    rested = sa.or_(outbox.c.lease_until.is_(None), outbox.c.lease_until < now)
    left = sa.and_(outbox.c.state == 'claimed', outbox.c.lease_until < now)
    return sa.or_(sa.and_(outbox.c.state == 'new', rested), left)


def oldest_unfinished(executor: Any) -> datetime | None:
    """Since when the oldest event waits; None when nothing waits. For the health page."""
    waiting = sa.select(sa.func.min(outbox.c.created_at)).where(outbox.c.state.in_(UNFINISHED))
    found: datetime | None = executor.execute(waiting).scalar()
    return found
