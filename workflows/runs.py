"""Starting and ending runs: rows of runs and steps, written in the caller's transaction. Carries out no step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.installation.service import read_installation
from modules.leaving.standing import in_service
from modules.runtime import Runtime
from permissions.actors import load_actor
from permissions.policy import Policy
from schema.base.actor import Actor
from schema.base.database import Database
from schema.base.errors import NotFound
from schema.base.findings import Finding, finding
from schema.base.ids import new_uid
from schema.base.upsert import insert_once
from schema.catalog import Catalog
from schema.versions import read_state
from workflows.definitions import Rule
from workflows.flow import OUTERMOST
from workflows.queues import FIRST, dated_lane
from workflows.tables import workflow_occurrence, workflow_run, workflow_step

CHUNK = 500
DEEPEST_CHAIN = 8
RATE_WINDOW = timedelta(minutes=10)
MOST_IN_WINDOW = 20


@dataclass(frozen=True)
class Start:
    """Why a run begins. `key` is unique for ever: the same cause never starts a second run, so that the numbers of rows in it
    must never be given again. `root` and `parent_step_id` belong to runs for one related record of a loop; `lane` says who goes
    first (`workflows.queues`)."""

    key: str
    record_uid: str
    started_by: Mapping[str, Any]
    cause: tuple[str, ...] = ()
    root: str = OUTERMOST
    parent_step_id: int | None = None
    lane: int = FIRST


def rule_actor(runtime: Runtime, rule: Rule) -> Actor:
    """The person named by `run_as` or who took over from them; else the system under the workflow's name, with the company's
    language and zone.

    Raises: NotFound WFL-E018 when that person is not in service.
    """
    if username := rule.definition.document.get('run_as'):
        return _person(runtime, str(username))
    settings = runtime.settings
    with runtime.database.reading() as connection:
        locale = read_installation(connection).locale_or(settings.locale)
    return Actor(
        user_id=None, name=f'workflow {rule.key}', username='system', is_system=True,
        locale=locale, timezone=str(settings.timezone),
    )  # fmt: skip


def _person(runtime: Runtime, username: str) -> Actor:
    with runtime.database.reading() as connection:
        state = read_state(connection)
        acting = in_service(connection, [username]).get(username)
        found = load_actor(connection, acting.id, epoch=state.rights_epoch if state else None) if acting is not None else None
    if found is None:
        raise NotFound.of('WFL-E018', value=username[:64])
    return found


def rule_policy(runtime: Runtime, rule: Rule, catalog: Catalog) -> Policy:
    return runtime.policy(rule_actor(runtime, rule), catalog)


def start_due(database: Database, rule: Rule, now: datetime, as_of: datetime | None = None) -> list[int]:
    """Start a run for each due occurrence of the rule, in chunks with a commit each; ids of the occurrences.

    `as_of` is the instant that was asked for with `--at`: whichever worker carries the run out, it goes by that instant.
    Two schedulers at once start nothing twice: an occurrence is locked, and its state moves with the run's row.
    """
    started: list[int] = []
    lane = dated_lane(rule.trigger)
    while True:
        with database.session() as session:
            rows = _lock_due(session, rule)
            if rows:
                starts = [_start_of(row, as_of, lane) for row in rows]
                run_ids = add_runs(session, rule, starts, now)
                _mark_started(session, [(row.id, run_id) for row, run_id in zip(rows, run_ids, strict=True)])
        started += [row.id for row in rows]
        if len(rows) < CHUNK:
            return started


def _mark_started(session: Session, pairs: Sequence[tuple[int, str]]) -> None:
    """`(id of an occurrence, id of its run)`; on PostgreSQL in one statement, which SQLite cannot spell and does not need."""
    ledger = workflow_occurrence
    if session.get_bind().dialect.name == 'sqlite':
        one = ledger.update().where(ledger.c.id == sa.bindparam('row_id')).values(state='started', run_id=sa.bindparam('run'))
        session.execute(one, [{'row_id': row_id, 'run': run_id} for row_id, run_id in pairs])
        return
    given = sa.values(sa.column('row_id', sa.BigInteger), sa.column('run', sa.String(36)), name='given').data(list(pairs))
    session.execute(ledger.update().where(ledger.c.id == given.c.row_id).values(state='started', run_id=given.c.run))


def _start_of(row: Any, as_of: datetime | None, lane: int) -> Start:
    why = {'occurrence': row.occurrence, 'due_at': row.due_at.isoformat()}
    if as_of is not None:
        why['as_of'] = as_of.isoformat()
    return Start(f'occurrence-{row.id}', row.record_uid, why, lane=lane)


def set_aside(session: Session, run: Any) -> None:
    """A run did nothing, for its record's date had moved away: the ledger is free for the day that it moved to, or back to."""
    ledger, occurrence = workflow_occurrence, run.started_by.get('occurrence', '')
    named = {'rule_ref': run.rule_ref, 'record_uid': run.record_uid, 'occurrence': occurrence}
    row_id = session.execute(sa.select(ledger.c.id).filter_by(**named)).scalar()
    if row_id is not None:
        former = {'state': 'moved', 'occurrence': f'{occurrence[:20]}~{row_id}'}
        session.execute(ledger.update().where(ledger.c.id == row_id).values(former))


def _lock_due(session: Session, rule: Rule) -> Sequence[Any]:
    ledger = workflow_occurrence
    due = sa.select(ledger).where(ledger.c.rule_ref == rule.ref, ledger.c.state == 'due').order_by(ledger.c.due_at, ledger.c.id)
    return session.execute(due.limit(CHUNK).with_for_update(skip_locked=True)).all()


def add_runs(session: Session, rule: Rule, starts: Sequence[Start], now: datetime) -> list[str]:
    """Rows of runs with their first steps, in order; their ids."""
    runs = [_run_row(rule, start, now) for start in starts]
    if runs:
        session.execute(workflow_run.insert(), runs)
        session.execute(workflow_step.insert(), [_step_row(run['id'], run['step'], 0, now, run['lane']) for run in runs])
    return [run['id'] for run in runs]


def add_run_once(session: Session, rule: Rule, start: Start, now: datetime) -> str | None:
    """One run, unless its key has started one already; what the loop guard stops is recorded as stopped with its ring."""
    run = _run_row(rule, start, now)
    if refused := ring(session, rule, start, now):
        run.update(state='stopped', finished_at=now, error=stored(refused))
    added: Any = session.execute(insert_once(session, workflow_run, 'start_key').values(run))
    if not added.rowcount:
        return None
    if run['state'] == 'running':
        session.execute(workflow_step.insert().values(_step_row(run['id'], run['step'], 0, now, run['lane'])))
    return str(run['id'])


def add_failed_run(session: Session, rule: Rule, start: Start, found: Finding, now: datetime) -> None:
    """A run that could not begin, so that people see it and why."""
    run = {**_run_row(rule, start, now), 'state': 'failed', 'finished_at': now, 'error': stored(found)}
    session.execute(insert_once(session, workflow_run, 'start_key').values(run))


def ring(session: Session, rule: Rule, start: Start, now: datetime) -> Finding | None:
    """Why the loop guard stops a run: its chain is too deep, or the rule ran too often for this record. Names the rules."""
    if len(start.cause) >= DEEPEST_CHAIN:
        return finding('WFL-E009', depth=DEEPEST_CHAIN, rules=_named(session, start.cause))
    if not start.cause:
        return None  # people may change a record as often as they like; only what rules cause is counted
    runs = workflow_run
    lately = sa.select(sa.func.count()).where(
        runs.c.record_uid == start.record_uid, runs.c.rule_ref == rule.ref, runs.c.started_at > now - RATE_WINDOW,
    )  # fmt: skip
    if session.execute(lately).scalar_one() < MOST_IN_WINDOW:
        return None
    return finding(
        'WFL-E019', most=MOST_IN_WINDOW, minutes=int(RATE_WINDOW.total_seconds() // 60), rules=_named(session, start.cause)
    )


def _named(session: Session, cause: Sequence[str]) -> list[str]:
    """Refs of the rules behind a chain of run ids, oldest first, each once."""
    rows = session.execute(sa.select(workflow_run.c.id, workflow_run.c.rule_ref).where(workflow_run.c.id.in_(cause)))
    refs = {row.id: row.rule_ref for row in rows}
    return list(dict.fromkeys(refs[each] for each in cause if each in refs))


def _run_row(rule: Rule, start: Start, now: datetime) -> dict[str, Any]:
    entity = rule.entity if start.root == OUTERMOST else rule.loops[start.root]
    return {
        'id': new_uid(), 'rule_ref': rule.ref, 'document_hash': rule.hash, 'entity_ref': entity.ref,
        'record_uid': start.record_uid, 'state': 'running', 'step': rule.flow.first(start.root), 'root': start.root,
        'parent_step_id': start.parent_step_id, 'start_key': start.key, 'cause': list(start.cause),
        'started_by': dict(start.started_by), 'started_at': now, 'lane': start.lane,
    }  # fmt: skip


def _step_row(run_id: str, key: str, position: int, now: datetime, lane: int) -> dict[str, Any]:
    return {
        'run_id': run_id, 'position': position, 'key': key, 'idempotency_key': f'{run_id}/{key}', 'state': 'new',
        'attempts': 0, 'due_at': now, 'created_at': now, 'lane': lane,
    }  # fmt: skip


def go_on(session: Session, run: Any, key: str | None, position: int, now: datetime) -> None:
    """After the step at `position` of a run: the step with this key, or the end of the run."""
    if key is None:
        end_run(session, run, 'done', now)
        return
    session.execute(workflow_step.insert().values(_step_row(run.id, key, position + 1, now, run.lane)))
    session.execute(workflow_run.update().where(workflow_run.c.id == run.id).values(step=key))


def end_run(session: Session, run: Any, state: str, now: datetime, found: Finding | None = None) -> None:
    """End a run. The last one of a loop wakes the step that waits for it."""
    values = {'state': state, 'finished_at': now, 'error': stored(found) if found else None}
    session.execute(workflow_run.update().where(workflow_run.c.id == run.id).values(values))
    if run.parent_step_id is not None:
        waiting = (workflow_step.c.id == run.parent_step_id, workflow_step.c.state == 'waiting')
        session.execute(workflow_step.update().where(*waiting).values(due_at=now))


def stored(found: Finding) -> dict[str, Any]:
    """A finding as kept in a row: code, place and params, so that it can be read in any locale."""
    return {'code': found.code, 'pointer': found.pointer, 'params': dict(found.params)}


def read_stored(kept: Mapping[str, Any] | None) -> Finding | None:
    """The inverse of `stored`."""
    return Finding(kept['code'], kept['pointer'], kept['params']) if kept else None


def ring_named(found: Finding | None, catalog: Catalog) -> Finding | None:
    """What the loop guard said, with the names of the rules for their refs; other findings as they are."""
    if found is None or found.code not in {'WFL-E009', 'WFL-E019'}:
        return found
    labels = {each.ref: each.label or {'en': each.key} for each in catalog.workflows.values()}
    rules = [labels.get(ref, ref) for ref in found.params.get('rules', ())]
    return Finding(found.code, found.pointer, {**found.params, 'rules': rules}, found.level)
