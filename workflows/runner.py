"""Carries out due steps: claim by lease, read and compute, then write the effect together with the step's end.

A worker that is killed leaves a claimed step; when its lease has run out another one claims it. Effects are written only by
whoever still holds the claim, so that nothing happens twice inside the database.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.mail.sender import Sender
from modules.mail.server import mail_server
from modules.records.model import Record
from modules.records.store import Store
from modules.runtime import Runtime
from schema.base.clock import Clock, SystemClock
from schema.base.errors import NotFound, TrellisError
from schema.base.findings import Finding, finding
from schema.catalog import Catalog
from workflows.actions.base import Action, Call, Done, Halt, LeftOut, Park, Skipped, Spread
from workflows.clocks import runtime_at
from workflows.definitions import Rule, pinned_rule
from workflows.patience import MOST_ATTEMPTS, PASSING, pause
from workflows.queues import LANES, SECOND, claimable
from workflows.runs import Start, add_runs, end_run, go_on, rule_actor, set_aside, stored
from workflows.standing import check_standing
from workflows.tables import workflow_run, workflow_step

LOG = logging.getLogger(__name__)
REST_SECONDS = 0.005  # SQLite has one writer; who waits for it looks again only after 1 to 100 ms
MAIL_SECONDS = 0.2  # mail and steps take turns, so that neither waits long for the other
LEASE = timedelta(seconds=60)
LOOP_LOOK = timedelta(hours=1)  # the last run of a loop wakes its step; this is for what could not


class LostClaim(Exception):
    """Somebody else has the step; what was computed is thrown away."""


@dataclass(frozen=True)
class Claim:
    """A step with its run, held until the lease runs out. `attempts` counts this one too and marks the claim."""

    step: Any
    run: Any
    attempts: int


class Runner:
    """One per worker thread. `wall` is the real time; `runtime.clock` is what conditions and templates go by. `mails`: it also
    sends what is due, between the steps; a long-running worker has a thread of its own for that."""

    def __init__(self, runtime: Runtime, worker: str, wall: Clock | None = None, *, mails: bool = True) -> None:
        self._runtime, self._worker, self._wall = runtime, worker, wall or SystemClock()
        self._as_of: Runtime | None = None
        server = mail_server(runtime.settings) if mails else None
        self._sender = Sender(runtime.database, server, self._wall, worker) if server else None

    def drain(self, seconds: float) -> int:
        """Carry out due steps and send due mail until nothing is left or the seconds are over; how many of both."""
        ends_at, done = time.monotonic() + seconds, 0
        while time.monotonic() < ends_at:
            claims = self._claim()
            for claim in claims:
                self.perform(claim)
                if claim.step.lane == SECOND and self._runtime.database.is_sqlite:
                    time.sleep(REST_SECONDS)
            sent = self._sender.drain(MAIL_SECONDS) if self._sender else 0
            done += len(claims) + sent
            if not claims and not sent:
                break
        return done

    def close(self) -> None:
        if self._sender:
            self._sender.close()

    # --- claims ------------------------------------------------------------------------------------------------------

    def _claim(self) -> list[Claim]:
        now, table = self._wall.now(), workflow_step
        free = self._due(now)
        with self._runtime.database.reading() as connection:
            if connection.execute(sa.select(table.c.id).where(free).limit(1)).first() is None:
                return []
        with self._runtime.database.writing() as connection:
            rows = claimable(connection, free)
            if not rows:
                return []
            runs = self._runs_of(connection, rows)
            values = {'state': 'claimed', 'claimed_by': self._worker, 'lease_until': now + LEASE}
            mine = table.update().where(table.c.id.in_([row.id for row in rows]))
            connection.execute(mine.values(attempts=table.c.attempts + 1, **values))
        return [Claim(row, runs[row.run_id], row.attempts + 1) for row in rows]

    def _due(self, now: datetime) -> sa.ColumnElement[bool]:
        """Which steps this runner may claim."""
        return due_steps(now)

    def _runs_of(self, connection: sa.Connection, rows: Sequence[Any]) -> dict[str, Any]:
        found = connection.execute(sa.select(workflow_run).where(workflow_run.c.id.in_({row.run_id for row in rows})))
        return {run.id: run for run in found}

    # --- one step ----------------------------------------------------------------------------------------------------

    def perform(self, claim: Claim) -> None:
        """Carry out one claimed step; whatever happens ends up in its row."""
        try:
            self._carry_out(claim)
        except LostClaim:
            LOG.warning('step %s of run %s was taken over', claim.step.key, claim.run.id)
        except Skipped as skipped:
            self._skip(claim, skipped.found)
        except PASSING as error:
            self._try_later(claim, error)
        except TrellisError as error:
            self._fail(claim, error.findings[0])
        except Exception as error:  # the edge of a job: a fault of ours must not stop the other steps
            LOG.exception('step %s of run %s', claim.step.key, claim.run.id)
            self._try_later(claim, error)

    def _carry_out(self, claim: Claim) -> None:
        runtime = self._runtime_of(claim.run)
        catalog = runtime.catalogs.current()
        with runtime.database.session() as session:
            rule = pinned_rule(session, catalog, claim.run.document_hash)
            if claim.step.position == 0 and claim.step.result is None:
                check_standing(runtime, session, rule, claim.run)
        call = self._call(runtime, catalog, rule, claim)
        action = self._action(call)
        try:
            effect = action.preview(call)

            def write(store: Store) -> None:
                done = action.perform(call, effect, store)
                self._turn(store.session, claim, rule, call, done)

            runtime.write(call.actor, write, catalog=catalog, cause=(*claim.run.cause, claim.run.id))
        except LeftOut as left:
            with runtime.database.session() as session:
                self._leave_out(session, claim, rule.flow.after(claim.step.key), left.found)

    def _leave_out(self, session: Session, claim: Claim, following: str | None, found: Finding) -> None:
        """Go on behind a step that has nothing to do. A run in which no step did anything was skipped as a whole."""
        now, steps = self._wall.now(), workflow_step
        self._finish(session, claim, state='skipped', finished_at=now, error=stored(found))
        done = sa.select(steps.c.id).where(steps.c.run_id == claim.run.id, steps.c.state == 'done').limit(1)
        if following is None and session.execute(done).first() is None:
            end_run(session, claim.run, 'skipped', now, found)
        else:
            go_on(session, claim.run, following, claim.step.position, now)

    def _turn(self, session: Session, claim: Claim, rule: Rule, call: Call, done: Done) -> None:
        """End or park the step together with its effect, and let the run go on."""
        now, result = self._wall.now(), dict(done.result)
        if isinstance(done.turn, Park):
            until = self._on_the_wall(call, done.turn.until)
            self._finish(
                session, claim, state='waiting', due_at=until, wakes=done.turn.wakes, result=result, error=None, attempts=0
            )
            return
        if isinstance(done.turn, Spread):
            self._finish(
                session, claim, state='waiting', due_at=now + LOOP_LOOK, wakes=False, result=result, error=None, attempts=0
            )
            add_runs(session, rule, self._inner(claim, done.turn), now)
            return
        self._finish(session, claim, state='done', finished_at=now, result=result)
        if isinstance(done.turn, Halt):
            end_run(session, claim.run, 'done', now)
            return
        following = call.step.first_of(done.turn.way) if done.turn.way else None
        go_on(session, claim.run, following or rule.flow.after(claim.step.key), claim.step.position, now)

    def _inner(self, claim: Claim, spread: Spread) -> list[Start]:
        """Starts of the runs of a loop: in its chain, and once for each record however often the step is tried."""
        why = {**claim.run.started_by, 'loop': claim.run.id}
        return [
            Start(
                f'loop-{claim.step.id}-{uid}',
                uid,
                why,
                tuple(claim.run.cause),
                claim.step.key,
                claim.step.id,
                claim.run.lane,
            )
            for uid in spread.uids
        ]

    def _on_the_wall(self, call: Call, until: datetime) -> datetime:
        """When it will be that moment by the clock that leases go by."""
        return self._wall.now() + (until - call.runtime.clock.now())

    def _runtime_of(self, run: Any) -> Runtime:
        """Runs that were started with `--at` go by that instant, whoever carries them out."""
        if not (given := run.started_by.get('as_of')):
            return self._runtime
        instant = datetime.fromisoformat(given)
        if self._as_of is None or self._as_of.clock.now() != instant:
            self._as_of = runtime_at(self._runtime, instant)
        return self._as_of

    def _call(self, runtime: Runtime, catalog: Catalog, rule: Rule, claim: Claim) -> Call:
        actor = rule_actor(runtime, rule)
        step = rule.flow.find(claim.step.key)
        if step is None:
            raise NotFound.of('WFL-E022', value=claim.step.key[:60])
        entity = rule.loops[claim.run.root] if claim.run.root else rule.entity
        record: Record | None
        try:
            with runtime.reader(actor, catalog) as reader:
                record = reader.get(entity.key, claim.run.record_uid)
        except NotFound:
            record = None
        return Call(
            runtime=runtime,
            catalog=catalog,
            actor=actor,
            rule=rule,
            step=step,
            entity=entity,
            record=record,
            record_uid=claim.run.record_uid,
            run_id=claim.run.id,
            key=claim.step.idempotency_key,
            wall=self._wall,
            kept=claim.step.result,
            cause=tuple(claim.run.cause),
            step_id=claim.step.id,
            lane=claim.run.lane,
        )

    def _action(self, call: Call) -> Action:
        actions = self._runtime.registries.actions
        found: Action | None = actions.find(call.step.type)
        if found is None:
            raise NotFound.of('WFL-E010', f'/steps/{call.step.key}/type', value=call.step.type, choices=actions.keys())
        return found

    # --- ends --------------------------------------------------------------------------------------------------------

    def _finish(self, session: Any, claim: Claim, **values: Any) -> None:
        """End the claim, or raise LostClaim: the fence before every effect."""
        table = workflow_step
        mine = (
            table.c.id == claim.step.id, table.c.state == 'claimed', table.c.claimed_by == self._worker,
            table.c.attempts == claim.attempts,
        )  # fmt: skip
        done: Any = session.execute(table.update().where(*mine).values(claimed_by=None, lease_until=None, **values))
        if not done.rowcount:
            raise LostClaim

    def _skip(self, claim: Claim, found: Finding) -> None:
        self._end(claim, 'skipped', found, moved=found.code == 'WFL-W003')

    def _fail(self, claim: Claim, found: Finding) -> None:
        LOG.warning('step %s of run %s failed: %s', claim.step.key, claim.run.id, found)
        self._end(claim, 'failed', found)

    def _end(self, claim: Claim, state: str, found: Finding, *, moved: bool = False) -> None:
        now = self._wall.now()
        try:
            with self._runtime.database.session() as session:
                self._finish(session, claim, state=state, finished_at=now, error=stored(found))
                end_run(session, claim.run, state, now, found)
                if moved:
                    set_aside(session, claim.run)
        except LostClaim:
            return

    def _try_later(self, claim: Claim, error: Exception) -> None:
        """A passing error: again after a growing pause, until the attempts are used up."""
        reason = f'{type(error).__name__}: {error}'[:300]
        found = finding('WFL-E012', attempts=claim.attempts, reason=reason)
        if claim.attempts >= MOST_ATTEMPTS:
            self._fail(claim, found)
            return
        LOG.warning('step %s of run %s is tried again: %s', claim.step.key, claim.run.id, reason)
        try:
            with self._runtime.database.session() as session:
                due_at = self._wall.now() + pause(claim.attempts)
                self._finish(session, claim, state='new', due_at=due_at, error=stored(found))
        except LostClaim:
            return


def due_steps(now: datetime) -> sa.ColumnElement[bool]:
    """Steps that may be claimed: new ones whose time has come, and those of workers that vanished."""
    table = workflow_step
    return sa.or_(
        sa.and_(table.c.state.in_(('new', 'waiting')), table.c.lane.in_(LANES), table.c.due_at <= now),
        sa.and_(table.c.state == 'claimed', table.c.lease_until < now),
    )
