"""A run carried out by the runner's own code with the commit withheld: waits are jumped, effects told, nothing is left behind.

All effects of workflows are rows, so that rolling the transaction back takes every one of them with it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from modules.records.store import Store
from modules.records.tables import record_history
from modules.runtime import Runtime
from schema.base.errors import Stale
from schema.base.findings import Finding, finding
from schema.base.outbox import outbox
from schema.catalog import Catalog
from workflows.actions.base import Action, Call, Done
from workflows.definitions import Rule, pinned_rule, rules_of
from workflows.dispatcher import Dispatcher
from workflows.flow import LOOP
from workflows.runner import Claim, Runner
from workflows.runs import Start, add_runs
from workflows.story import RecordChange, Rehearsed
from workflows.tables import workflow_step
from workflows.telling import Seen, tell
from workflows.withheld import ATTEMPTS, WithheldRuntime, busy, gives_way

LOG = logging.getLogger(__name__)
MOST_STEPS = 200
FURTHEST = timedelta(days=400)
LOOKS = 8
"""How many days a wait for a condition is looked at one by one; then its end is taken: only time moves in a rehearsal."""

Prepare = Callable[[sa.Connection], None]


class Interrupted(Exception):
    """The transaction met somebody at work; the rehearsal begins anew."""


class Rehearser:
    """Rehearses on one catalog, one run after the other. Not thread-safe. The catalog may hold documents that are not live."""

    def __init__(self, runtime: Runtime, catalog: Catalog, rule: Rule | None = None) -> None:
        self._catalog, self._runtime = catalog, runtime
        self.here = WithheldRuntime(runtime, catalog, runtime.clock.now())
        if rule is not None:
            rules_of(catalog).pinned[rule.hash] = rule

    def rehearse(
        self, rule: Rule, uid: str, at: datetime, why: Mapping[str, Any] | None = None, prepare: Prepare | None = None
    ) -> Rehearsed:
        """Start a rule on a record at an instant and follow everything that comes of it. `why` is `started_by` as kept with
        runs; `prepare` may write what is to be true before, in the same transaction.

        Raises: NotFound WFL-E018; Unavailable WFL-E060 when people were at work on the same rows each time.
        """
        for _attempt in range(ATTEMPTS):
            self.here.set_clock(at)
            try:
                with self.here.held.withhold() as connection:
                    if prepare is not None:
                        prepare(connection)
                    return _Rehearsal(self.here, connection).carry_out(rule, uid, why or {'rehearsal': rule.key})
            except (Interrupted, DBAPIError) as error:
                if not isinstance(error, Interrupted) and not gives_way(error):
                    raise
        raise busy()


class _Rehearsal:
    """One withheld transaction. Rows above the marks are its own: it sees a snapshot, and SQLite has one writer."""

    def __init__(self, runtime: WithheldRuntime, connection: sa.Connection) -> None:
        self._runtime, self._connection, self._clock = runtime, connection, runtime.hand
        self._steps_mark, self._events_mark, self._history_mark = _marks(connection)
        self._seen: dict[int, Seen] = {}
        self._runner = _Rehearsing(runtime, self._steps_mark, self._seen)
        self._dispatcher = Dispatcher(runtime, 'rehearsal', runtime.hand)
        self._began, self._done = runtime.hand.now(), 0

    def carry_out(self, rule: Rule, uid: str, why: Mapping[str, Any]) -> Rehearsed:
        start = Start(f'rehearsal-{rule.ref}-{uid}', uid, why)
        with self._runtime.database.session() as session:
            add_runs(session, rule, [start], self._began)
        while self._done < MOST_STEPS:
            if self._perform() or self._dispatch():
                continue
            moment = self._next_moment()
            if moment is None or moment - self._began > FURTHEST:
                break
            self._runtime.set_clock(moment)
        return self._told()

    def _perform(self) -> int:
        claims = self._runner.claim()
        for claim in claims:
            self._runner.perform(claim)
            self._note_changes(claim)
        self._done += len(claims)
        return len(claims)

    def _note_changes(self, claim: Claim) -> None:
        """Which records the step wrote, by their history."""
        history = record_history
        wanted = sa.select(history).where(history.c.id > self._history_mark).order_by(history.c.id)
        seen = self._seen.get(claim.step.id)
        for row in self._connection.execute(wanted):
            self._history_mark = row.id
            if seen is not None:
                pairs = {ref: (old, new) for ref, (old, new) in row.changes.items()}
                seen.changes.append(RecordChange(row.entity_ref, row.record_uid, row.kind, pairs))

    def _dispatch(self) -> int:
        """What the events of the steps start, and whom they wake."""
        rows = self._connection.execute(sa.select(outbox).where(outbox.c.id > self._events_mark).order_by(outbox.c.id)).all()
        for row in rows:
            self._events_mark = row.id
            with self._runtime.database.session() as session:
                self._dispatcher.start_runs(session, row)
        return len(rows)

    def _next_moment(self) -> datetime | None:
        """When the next parked step is looked at; loops are woken by their runs. None when nothing waits."""
        steps = workflow_step
        parked = sa.select(steps.c.id, steps.c.due_at, steps.c.result).where(
            steps.c.id > self._steps_mark, steps.c.state.in_(('new', 'waiting'))
        )
        rows = [row for row in self._connection.execute(parked) if self._type_of(row.id) != LOOP]
        moments = [self._look_at(row) for row in rows]
        return min((each for each in moments if each is not None), default=None)

    def _type_of(self, step_id: int) -> str:
        return self._seen[step_id].step.type if step_id in self._seen else ''

    def _look_at(self, row: Any) -> datetime | None:
        """A wait for a condition is looked at once a day, and after some days at its end: only time moves in a rehearsal."""
        seen = self._seen.get(row.id)
        now = self._clock.now()
        due_at: datetime = max(row.due_at, now)
        if seen is None or not seen.step.document.get('condition') or seen.step.type != 'wait':
            return due_at
        until = (row.result or {}).get('until')
        ends_at = datetime.fromisoformat(until) if until else None
        seen.looks += 1
        daily = max(due_at, now + timedelta(days=1))
        if seen.looks > LOOKS:
            return ends_at
        return min(daily, ends_at) if ends_at else daily

    def _told(self) -> Rehearsed:
        told = tell(self._connection, self._steps_mark, self._seen, self._began)
        return Rehearsed(told, self._clock.now(), self._done >= MOST_STEPS)


class _Rehearsing(Runner):
    """The runner over the steps of one rehearsal: it sends nothing, tries nothing again, and notes what each step would do."""

    def __init__(self, runtime: WithheldRuntime, mark: int, seen: dict[int, Seen]) -> None:
        super().__init__(runtime, 'rehearsal', runtime.hand)
        self._sender = None
        self._mark, self._seen = mark, seen

    def claim(self) -> list[Claim]:
        return self._claim()

    def _due(self, now: datetime) -> sa.ColumnElement[bool]:
        return sa.and_(workflow_step.c.id > self._mark, super()._due(now))

    def _carry_out(self, claim: Claim) -> None:
        """A step that is skipped before its action is reached is told by name too."""
        runtime = self._runtime_of(claim.run)
        with runtime.database.session() as session:
            rule = pinned_rule(session, runtime.catalogs.current(), claim.run.document_hash)
        if (step := rule.flow.find(claim.step.key)) is not None:
            self._seen.setdefault(claim.step.id, Seen(step))
        super()._carry_out(claim)

    def _action(self, call: Call) -> Action:
        return _Noting(super()._action(call), self._seen[call.step_id])

    def _fail(self, claim: Claim, found: Finding) -> None:
        self._end(claim, 'failed', found)

    def _try_later(self, claim: Claim, error: Exception) -> None:
        """What would be tried again cannot be told; what met somebody at work begins anew."""
        if isinstance(error, Stale) or gives_way(error):
            raise Interrupted from error
        reason = f'{type(error).__name__}: {error}'[:300]
        self._fail(claim, finding('WFL-E012', attempts=claim.attempts, reason=reason))


@dataclass(frozen=True)
class _Noting:
    """An action that tells what it would do while it does it."""

    action: Action
    seen: Seen

    def check(self, step: Any, entity: Any, catalog: Any) -> list[Finding]:
        return self.action.check(step, entity, catalog)

    def preview(self, call: Call) -> Any:
        effect = self.action.preview(call)
        self.seen.effect = effect.describe()
        return effect

    def perform(self, call: Call, effect: Any, store: Store) -> Done:
        return self.action.perform(call, effect, store)


def _marks(connection: sa.Connection) -> tuple[int, int, int]:
    """The highest ids of steps, events and history that are there already."""
    tables = (workflow_step, outbox, record_history)
    highest = [sa.select(sa.func.coalesce(sa.func.max(each.c.id), 0)).scalar_subquery() for each in tables]
    row = connection.execute(sa.select(*highest)).one()
    return int(row[0]), int(row[1]), int(row[2])
