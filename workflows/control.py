"""What people do with runs: press a workflow's button, go on after a failure, skip the step, cancel. Free of Flask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.runtime import Runtime
from permissions.policy import Policy
from schema.base.actor import Actor
from schema.base.errors import Conflict, Forbidden, NotFound
from schema.catalog import Catalog, Entity
from workflows.definitions import Rule, pinned_rule, rules_of
from workflows.due import holds_clause
from workflows.runs import Start, add_run_once, end_run, go_on, rule_policy
from workflows.tables import workflow_run, workflow_step
from workflows.triggers import ButtonTrigger

UNFINISHED = ('new', 'claimed', 'waiting')


@dataclass(frozen=True)
class Trace:
    """One run with its steps, oldest first; `definition` is the document it stays on."""

    run: Any
    steps: Sequence[Any]
    rule: Rule | None


def offered(catalog: Catalog, policy: Policy, entity: Entity, place: str = 'record') -> list[Rule]:
    """Workflows that this person may start by hand on a record of an entity, or for picked records of a `list`."""
    buttons = rules_of(catalog).started_by_hand(entity.ref)
    return [rule for rule, trigger in buttons if place in trigger.on and may_press(policy, entity, trigger)]


def press(runtime: Runtime, actor: Actor, key: str, entity_key: str, uid: str, press_id: str) -> bool:
    """Start a workflow on a record by hand; False when the same `press_id` has started it before.

    Raises: NotFound WFL-E014, REC-E028; Forbidden WFL-E024; Conflict WFL-W002 when the workflow does not fit the record.
    """
    catalog = runtime.catalogs.current()
    entity, policy = catalog.entity(entity_key), runtime.policy(actor, catalog)
    found = next(((rule, trigger) for rule, trigger in rules_of(catalog).started_by_hand(entity.ref) if rule.key == key), None)
    if found is None or 'record' not in found[1].on:
        raise NotFound.of('WFL-E014', value=key[:60], hint='')
    rule, trigger = found
    if not may_press(policy, entity, trigger):
        raise Forbidden.of('WFL-E024', value=rule.definition.label)
    with runtime.reader(actor, catalog) as reader:
        record = reader.get(entity.key, uid)
    why = {'button': key, 'actor_id': actor.user_id, 'actor': actor.name}
    start = Start(f'press-{press_id}-{rule.ref}-{record.uid}', record.uid, why)
    with runtime.database.session() as session:
        table, clause = entity.table, holds_clause(runtime, session, rule.condition, rule_policy(runtime, rule, catalog))
        fits = sa.select(table.c.id).where(table.c.uid == uid, table.c.deleted_at.is_(None), clause)
        if session.execute(fits).first() is None:
            raise Conflict.of('WFL-W002')
        started = add_run_once(session, rule, start, runtime.clock.now()) is not None
    runtime.nudge()
    return started


def may_press(policy: Policy, entity: Entity, trigger: ButtonTrigger) -> bool:
    """Whether this person may press such a button at all; the record is another matter."""
    if trigger.roles:
        return policy.can_admin or not trigger.roles.isdisjoint(policy.actor.roles)
    return policy.scope('update', entity.key) != 'none'


def trace(runtime: Runtime, run_id: str) -> Trace:
    """Raises: NotFound WFL-E025."""
    catalog = runtime.catalogs.current()
    with runtime.database.session() as session:
        run = _run(session, run_id)
        of_run = sa.select(workflow_step).where(workflow_step.c.run_id == run.id)
        steps = session.execute(of_run.order_by(workflow_step.c.position, workflow_step.c.id)).all()
        try:
            rule: Rule | None = pinned_rule(session, catalog, run.document_hash)
        except NotFound:
            rule = None
    return Trace(run, steps, rule)


def resume(runtime: Runtime, run_id: str) -> None:
    """Try the failed step again; what was done before is not done twice. Raises: NotFound WFL-E025; Conflict WFL-E026."""
    now = runtime.clock.now()
    with runtime.database.session() as session:
        run, step = _failed(session, run_id)
        again = {'state': 'new', 'attempts': 0, 'due_at': now, 'error': None, 'finished_at': None}
        session.execute(workflow_step.update().where(workflow_step.c.id == step.id).values(again))
        _run_on(session, run)
    runtime.nudge()


def skip(runtime: Runtime, run_id: str) -> None:
    """Leave the failed step out and go on with what follows it. Raises: NotFound WFL-E025, WFL-E007; Conflict WFL-E026."""
    now, catalog = runtime.clock.now(), runtime.catalogs.current()
    with runtime.database.session() as session:
        run, step = _failed(session, run_id)
        rule = pinned_rule(session, catalog, run.document_hash)
        session.execute(workflow_step.update().where(workflow_step.c.id == step.id).values(state='skipped', finished_at=now))
        _run_on(session, run)
        go_on(session, run, rule.flow.after(step.key), step.position, now)
    runtime.nudge()


def cancel(runtime: Runtime, run_id: str) -> None:
    """End a run that has not ended well, with the runs of its loops; what was done stays done.

    Raises: NotFound WFL-E025; Conflict WFL-E026.
    """
    now = runtime.clock.now()
    with runtime.database.session() as session:
        run = _run(session, run_id, lock=True)
        if run.state not in {'running', 'failed', 'stopped'}:
            raise Conflict.of('WFL-E026', value=run.state)
        _cancel(session, run, now)


def _cancel(session: Session, run: Any, now: Any) -> None:
    steps = workflow_step
    of_run = (steps.c.run_id == run.id, steps.c.state.in_((*UNFINISHED, 'failed')))
    ids = session.execute(sa.select(steps.c.id).where(*of_run)).scalars().all()
    session.execute(steps.update().where(steps.c.id.in_(ids)).values(state='cancelled', finished_at=now, claimed_by=None))
    end_run(session, run, 'cancelled', now)
    inner = sa.select(workflow_run).where(workflow_run.c.parent_step_id.in_(ids), workflow_run.c.state == 'running')
    for each in session.execute(inner).all():
        _cancel(session, each, now)


def _run(session: Session, run_id: str, *, lock: bool = False) -> Any:
    wanted = sa.select(workflow_run).where(workflow_run.c.id == run_id[:36])
    found = session.execute(wanted.with_for_update() if lock else wanted).first()
    if found is None:
        raise NotFound.of('WFL-E025', value=run_id[:36])
    return found


def _failed(session: Session, run_id: str) -> tuple[Any, Any]:
    """A failed run and the step it failed at, held until the transaction ends."""
    run = _run(session, run_id, lock=True)
    steps = workflow_step
    wanted = sa.select(steps).where(steps.c.run_id == run.id, steps.c.state == 'failed').order_by(steps.c.position.desc())
    step = session.execute(wanted).first()
    if run.state != 'failed' or step is None:
        raise Conflict.of('WFL-E026', value=run.state)
    return run, step


def _run_on(session: Session, run: Any) -> None:
    again = {'state': 'running', 'finished_at': None, 'error': None}
    session.execute(workflow_run.update().where(workflow_run.c.id == run.id).values(again))
