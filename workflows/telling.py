"""Reads what a rehearsal wrote, inside its withheld transaction, and tells it as plain values. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from modules.mail.tables import mail_message
from workflows.flow import Step
from workflows.runs import read_stored
from workflows.story import Letter, RecordChange, RunTold, StepTold
from workflows.tables import workflow_run, workflow_step


@dataclass
class Seen:
    """What one step did, noted while it did it."""

    step: Step
    effect: Mapping[str, Any] = field(default_factory=dict)
    changes: list[RecordChange] = field(default_factory=list)
    looks: int = 0


def tell(connection: sa.Connection, mark: int, seen: Mapping[int, Seen], began: datetime) -> tuple[RunTold, ...]:
    """All runs whose steps are younger than `mark`, in order of their beginning, and those that were stopped before a step."""
    steps, runs = workflow_step, workflow_run
    rows = connection.execute(sa.select(steps).where(steps.c.id > mark).order_by(steps.c.id)).all()
    ours = list(dict.fromkeys(row.run_id for row in rows))
    kept = {run.id: run for run in connection.execute(sa.select(runs).where(runs.c.id.in_(ours)))}
    letters = _letters(connection, ours)
    told = [_run(kept[each], tuple(_step(row, seen, letters) for row in rows if row.run_id == each)) for each in ours]
    wrote = any(each.changes or each.step.type == 'start_workflow' for each in seen.values())
    return (*told, *(_stopped(connection, ours, began) if wrote else ()))


def _stopped(connection: sa.Connection, ours: Sequence[str], began: datetime) -> list[RunTold]:
    """Runs that the loop guard stopped before their first step, and those that nobody is there to run."""
    runs = workflow_run
    ended = (runs.c.state.in_(('stopped', 'failed')), runs.c.started_at >= began, runs.c.id.not_in(ours))
    rows = connection.execute(sa.select(runs).where(*ended).order_by(runs.c.id))
    return [_run(run, ()) for run in rows if set(run.cause) & set(ours)]


def _letters(connection: sa.Connection, runs: Sequence[str]) -> dict[str, Letter]:
    """By the idempotency key of their step."""
    mail = mail_message
    found = connection.execute(sa.select(mail).where(mail.c.run_id.in_(runs)))
    return {
        row.idempotency_key: Letter(row.recipient, row.sender, row.sender_name, row.subject, row.text, row.html)
        for row in found
    }  # fmt: skip


def _run(run: Any, steps: tuple[StepTold, ...]) -> RunTold:
    return RunTold(
        run.rule_ref, run.entity_ref, run.record_uid, run.state, read_stored(run.error), run.started_by, run.root,
        run.started_at, steps,
    )  # fmt: skip


def _step(row: Any, seen: Mapping[int, Seen], letters: Mapping[str, Letter]) -> StepTold:
    noted = seen.get(row.id)
    document = noted.step.document if noted else {}
    return StepTold(
        key=row.key, type=str(document.get('type', '')), label=document.get('label') or {}, state=row.state,
        at=row.finished_at or row.due_at, effect=noted.effect if noted else {}, result=row.result or {},
        changes=tuple(noted.changes) if noted else (), letter=letters.get(row.idempotency_key), found=read_stored(row.error),
    )  # fmt: skip
