"""Runs a stored plan: every step in its own transactions, journalled before and after; completes or undoes what was cut off."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from migrations.compiling import Compiler
from migrations.journal import Journal, Publish
from migrations.lock import PublisherLock, acquire
from migrations.plans import StoredPlan, get_plan
from migrations.site import Site, SyncPermissions, no_sync
from migrations.steps.base import Phase, Step
from migrations.steps.indexes import drop_invalid_indexes
from schema.base.actor import Actor
from schema.base.clock import Clock
from schema.base.database import Database
from schema.base.errors import Conflict, Invalid, Stale, TrellisError, require_clean
from schema.base.findings import Finding, finding
from schema.versions import read_state, schema_version

UNDOABLE: tuple[Phase, ...] = ('expand', 'permissions', 'activate')


@dataclass(frozen=True)
class Executor:
    """`sync_permissions(connection, catalog)` writes permission rows for a catalog; it may be run again."""

    database: Database
    clock: Clock
    compiler: Compiler
    sync_permissions: SyncPermissions = no_sync

    @property
    def journal(self) -> Journal:
        return Journal(self.database, self.clock)

    def apply(self, plan_id: str, actor: Actor, *, in_background: bool = False) -> Publish:
        """Run the plan's steps; in the background it returns at once, with the publish in state running.

        Raises: MIG-E003 another publish is running; MIG-E004 no such plan; MIG-E007 the base version moved; Invalid with the
        plan's own errors; Invalid MIG-E013 or Unavailable MIG-E018 when a step failed and everything was undone.
        """
        plan = get_plan(self.database, plan_id)
        lock: PublisherLock | None = acquire(self.database, self.clock)
        assert lock is not None
        try:
            self._finish_interrupted()
            self._require_fresh(plan)
            require_clean(plan.findings)
            publish_id = self.journal.open(plan_id, _version_of(plan), len(plan.steps), actor)
            if in_background:
                worker = threading.Thread(target=self._run_quietly, args=(publish_id, plan, lock), name=f'publish-{publish_id}')
                worker.start()
                lock = None
                return self.journal.get(publish_id)
            self._run(publish_id, plan)
        finally:
            if lock is not None:
                lock.release()
        return self.journal.get(publish_id)

    def recover(self) -> list[Publish]:
        """Complete or undo interrupted publishes; returns them as they are now. Nothing is done while somebody publishes."""
        try:
            lock = acquire(self.database, self.clock)
        except Conflict:
            return []
        try:
            return self._finish_interrupted()
        finally:
            lock.release()

    def _finish_interrupted(self) -> list[Publish]:
        finished = []
        for publish in self.journal.open_ones():
            plan = get_plan(self.database, publish.plan_id)
            try:
                if publish.state == 'undoing':
                    self._undo(publish.id, plan, self._site(plan))
                else:
                    self._run(publish.id, plan)
            except TrellisError:
                pass  # it is undone, or still open and tried again at the next tick; the publish row tells why
            finished.append(self.journal.get(publish.id))
        if finished and not self.database.is_sqlite:
            drop_invalid_indexes(self._site(get_plan(self.database, finished[-1].plan_id)))
        return finished

    def _run_quietly(self, publish_id: str, plan: StoredPlan, lock: PublisherLock) -> None:
        """The background's edge: what went wrong stands in the publish row, where people look."""
        try:
            self._run(publish_id, plan)
        except TrellisError:
            pass
        finally:
            lock.release()

    def _run(self, publish_id: str, plan: StoredPlan) -> None:
        site = self._site(plan)
        states = self.journal.states(publish_id)
        for number, step in enumerate(plan.steps):
            if states.get(number, set()) & {'done', 'there'}:
                continue
            try:
                self._run_step(publish_id, number, step, site)
            except (SQLAlchemyError, TrellisError) as error:
                if step.phase not in UNDOABLE:
                    raise _failure(step, error) from error
                failure = _failure(step, error)
                self.journal.turn(publish_id, 'undoing', failure.findings)
                self._undo(publish_id, plan, site)
                raise failure from error
        self.journal.turn(publish_id, 'done')
        self.compiler.adopt(plan.documents, site.target.number)

    def _run_step(self, publish_id: str, number: int, step: Step, site: Site) -> None:
        if step.done(site):
            self.journal.note(publish_id, number, step.kind, 'there')
            return
        self.journal.note(publish_id, number, step.kind, 'started')
        step.forward(site)
        self.journal.note(publish_id, number, step.kind, 'done')

    def _undo(self, publish_id: str, plan: StoredPlan, site: Site) -> None:
        """Backwards over what this publish began; what was there before stays."""
        states = self.journal.states(publish_id)
        for number, step in reversed(list(enumerate(plan.steps))):
            noted = states.get(number, set())
            if 'started' in noted and 'undone' not in noted:
                step.undo(site)
                self.journal.note(publish_id, number, step.kind, 'undone')
        self.journal.turn(publish_id, 'undone')

    def _require_fresh(self, plan: StoredPlan) -> None:
        with self.database.reading() as connection:
            state = read_state(connection)
        active = state.active if state else 0
        if active != plan.base_version:
            raise Stale.of('MIG-E007', base=plan.base_version, active=active)

    def _site(self, plan: StoredPlan) -> Site:
        return Site(
            database=self.database,
            base=self.compiler.base(plan.base_version),
            target=self.compiler.target(plan.documents, _version_of(plan)),
            clock=self.clock,
            sync_permissions=self.sync_permissions,
            author=plan.author,
            author_id=plan.author_id,
            note=plan.note,
            summary=[dict(each) for each in plan.changes],
            plan_id=plan.plan_id,
        )


def next_number(connection: sa.Connection) -> int:
    """Version numbers rise without gaps; a rolled-back one is never given again."""
    return (connection.execute(sa.select(sa.func.max(schema_version.c.number))).scalar() or 0) + 1


def _version_of(plan: StoredPlan) -> int:
    return next(int(step.as_stored()['version']) for step in plan.steps if step.phase == 'activate')


def _failure(step: Step, error: SQLAlchemyError | TrellisError) -> TrellisError:
    if isinstance(error, TrellisError):
        return error
    return Invalid(_reason(step, error))


def _reason(step: Step, error: SQLAlchemyError) -> Finding:
    """One line, without the statement and its values."""
    cause = str(getattr(error, 'orig', None) or error).strip().splitlines()
    step_text = {'en': step.describe('en'), 'vi': step.describe('vi')}
    return finding('MIG-E013', step=step_text, reason=cause[0][:200] if cause else type(error).__name__)
