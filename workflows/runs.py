"""Starting and ending runs: rows of runs and steps, written in the caller's transaction. Carries out no step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.runtime import Runtime
from permissions.policy import Policy
from schema.base.actor import Actor
from schema.base.database import Database
from schema.base.findings import Finding, finding
from schema.base.ids import new_uid
from schema.base.upsert import insert_once
from schema.catalog import Catalog
from workflows.definitions import Rule
from workflows.tables import workflow_occurrence, workflow_run, workflow_step

CHUNK = 500
DEEPEST_CHAIN = 8


@dataclass(frozen=True)
class Start:
    """Why a run begins. `key` is unique for ever: the same cause never starts a second run."""

    key: str
    record_uid: str
    started_by: Mapping[str, Any]
    cause: tuple[str, ...] = ()


def rule_actor(runtime: Runtime, rule: Rule) -> Actor:
    """The system under the workflow's name, with the company's language and zone."""
    settings = runtime.settings
    return Actor(
        user_id=None, name=f'workflow {rule.key}', username='system', is_system=True,
        locale=settings.locale, timezone=str(settings.timezone),
    )  # fmt: skip


def rule_policy(runtime: Runtime, rule: Rule, catalog: Catalog) -> Policy:
    return runtime.policy(rule_actor(runtime, rule), catalog)


def start_due(database: Database, rule: Rule, now: datetime, as_of: datetime | None = None) -> list[int]:
    """Start a run for each due occurrence of the rule, in chunks with a commit each; ids of the occurrences.

    `as_of` is the instant that was asked for with `--at`: whichever worker carries the run out, it goes by that instant.
    Two schedulers at once start nothing twice: an occurrence is locked, and its state moves with the run's row.
    """
    started: list[int] = []
    while True:
        with database.session() as session:
            rows = _lock_due(session, rule)
            if rows:
                starts = [_start_of(row, as_of) for row in rows]
                run_ids = add_runs(session, rule, starts, now)
                session.execute(
                    workflow_occurrence.update().where(workflow_occurrence.c.id == sa.bindparam('row_id')).values(
                        state='started', run_id=sa.bindparam('new_run')
                    ),
                    [{'row_id': row.id, 'new_run': run_id} for row, run_id in zip(rows, run_ids, strict=True)],
                )  # fmt: skip
        started += [row.id for row in rows]
        if len(rows) < CHUNK:
            return started


def _start_of(row: Any, as_of: datetime | None) -> Start:
    why = {'occurrence': row.occurrence, 'due_at': row.due_at.isoformat()}
    if as_of is not None:
        why['as_of'] = as_of.isoformat()
    return Start(f'occurrence-{row.id}', row.record_uid, why)


def _lock_due(session: Session, rule: Rule) -> Sequence[Any]:
    ledger = workflow_occurrence
    due = sa.select(ledger).where(ledger.c.rule_ref == rule.ref, ledger.c.state == 'due').order_by(ledger.c.due_at, ledger.c.id)
    return session.execute(due.limit(CHUNK).with_for_update(skip_locked=True)).all()


def add_runs(session: Session, rule: Rule, starts: Sequence[Start], now: datetime) -> list[str]:
    """Rows of runs with their first steps, in order; their ids."""
    runs = [_run_row(rule, start, now) for start in starts]
    session.execute(workflow_run.insert(), runs)
    session.execute(workflow_step.insert(), [_step_row(run['id'], rule, 0, now) for run in runs])
    return [run['id'] for run in runs]


def add_run_once(session: Session, rule: Rule, start: Start, now: datetime) -> str | None:
    """One run, unless its key has started one already; a chain that is too deep is recorded as stopped."""
    run = _run_row(rule, start, now)
    if len(start.cause) >= DEEPEST_CHAIN:
        run.update(state='stopped', finished_at=now, error=stored(finding('WFL-E009', depth=DEEPEST_CHAIN)))
    added: Any = session.execute(insert_once(session, workflow_run, 'start_key').values(run))
    if not added.rowcount:
        return None
    if run['state'] == 'running':
        session.execute(workflow_step.insert().values(_step_row(run['id'], rule, 0, now)))
    return str(run['id'])


def _run_row(rule: Rule, start: Start, now: datetime) -> dict[str, Any]:
    return {
        'id': new_uid(), 'rule_ref': rule.ref, 'document_hash': rule.hash, 'entity_ref': rule.entity.ref,
        'record_uid': start.record_uid, 'state': 'running', 'step': rule.steps[0].key, 'start_key': start.key,
        'cause': list(start.cause), 'started_by': dict(start.started_by), 'started_at': now,
    }  # fmt: skip


def _step_row(run_id: str, rule: Rule, position: int, now: datetime) -> dict[str, Any]:
    key = rule.steps[position].key
    return {
        'run_id': run_id, 'position': position, 'key': key, 'idempotency_key': f'{run_id}/{key}', 'state': 'new',
        'attempts': 0, 'due_at': now, 'created_at': now,
    }  # fmt: skip


def go_on(session: Session, run_id: str, rule: Rule, position: int, now: datetime) -> None:
    """After the step at `position`: the next one, or the end of the run."""
    if position + 1 < len(rule.steps):
        following = _step_row(run_id, rule, position + 1, now)
        session.execute(workflow_step.insert().values(following))
        session.execute(workflow_run.update().where(workflow_run.c.id == run_id).values(step=following['key']))
    else:
        end_run(session, run_id, 'done', now)


def end_run(session: Session, run_id: str, state: str, now: datetime, found: Finding | None = None) -> None:
    values = {'state': state, 'finished_at': now, 'error': stored(found) if found else None}
    session.execute(workflow_run.update().where(workflow_run.c.id == run_id).values(values))


def stored(found: Finding) -> dict[str, Any]:
    """A finding as kept in a row: code, place and params, so that it can be read in any locale."""
    return {'code': found.code, 'pointer': found.pointer, 'params': dict(found.params)}


def read_stored(kept: Mapping[str, Any] | None) -> Finding | None:
    """The inverse of `stored`."""
    return Finding(kept['code'], kept['pointer'], kept['params']) if kept else None
