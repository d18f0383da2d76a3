"""Which ways the records of a workflow would take: counted over rehearsals of its coming days, or of its past. Writes nothing.

What the calendar starts is counted over the coming days, what changes of records start over the past ones.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from modules.runtime import Runtime
from workflows.editions import Edition
from workflows.flow import LOOP, Step
from workflows.machine import NEXT_DAYS, PAST_DAYS, looks_ahead, preview, replay
from workflows.story import Started, StepTold
from workflows.tables import workflow_run, workflow_step

MOST_STARTS = 100
BUDGET_SECONDS = 3.0
PAGE = 10
GOOD_FOR = timedelta(minutes=10)
"""Rehearsals take time, and an editor asks with every click: for so long what was counted is told again."""


@dataclass(frozen=True)
class Ways:
    """`taken` counts starts by way, `<step>/<name>`, and `reached` by step; of a loop it counts its turns. `cut`: there are
    more starts within `days` than the `starts` that were rehearsed; `ahead` says whether the days are coming ones."""

    starts: int
    taken: Mapping[str, int]
    reached: Mapping[str, int]
    days: int
    ahead: bool
    cut: bool


def ways_taken(runtime: Runtime, of: Edition) -> Ways:
    """Raises: NotFound WFL-E018; Unavailable WFL-E060."""
    kept, now = runtime.catalogs.current().kept, runtime.clock.now()
    known: tuple[Any, datetime, Ways] | None = kept.get((Ways, of.rule.ref))
    asked = (of.rule.hash, {key: each.document for key, each in of.catalog.templates.items()})
    if known is not None and known[0] == asked and now - known[1] < GOOD_FOR:
        return known[2]
    found = _count(runtime, of)
    kept[Ways, of.rule.ref] = (asked, now, found)
    return found


def waiting_at(executor: Any, rule_ref: str) -> dict[str, int]:
    """How many runs wait at each step of a workflow now, by the step's key."""
    steps, runs = workflow_step.c, workflow_run.c
    counted = sa.select(steps.key, sa.func.count()).join_from(workflow_step, workflow_run, runs.id == steps.run_id)
    rows = executor.execute(counted.where(runs.rule_ref == rule_ref, steps.state == 'waiting').group_by(steps.key))
    return {row[0]: row[1] for row in rows}


def way_names(step: Step) -> list[str]:
    """The ways that a run may take at a step, those that hold no steps included."""
    if step.type == LOOP:
        return ['steps']
    if step.type == 'wait':
        return ['on_timeout'] if step.document.get('condition') else []
    return [*(f'cases/{number}' for number in range(len(step.document['cases']))), 'otherwise'] if step.type == 'branch' else []


def _count(runtime: Runtime, of: Edition) -> Ways:
    ahead, starts, after = looks_ahead(of), 0, ''
    taken: Counter[str] = Counter()
    reached: Counter[str] = Counter()
    ends_at = time.monotonic() + BUDGET_SECONDS
    while True:
        page: Any = (preview if ahead else replay)(runtime, of, after=after, limit=PAGE)
        for started in page.rows:
            if started.told.first.state != 'skipped':
                starts += 1
                _add(started, of, taken, reached)
        after = page.next
        if not after or starts >= MOST_STARTS or time.monotonic() > ends_at:
            return Ways(starts, taken, reached, NEXT_DAYS if ahead else PAST_DAYS, ahead, cut=bool(after))


def _add(started: Started, of: Edition, taken: Counter[str], reached: Counter[str]) -> None:
    """Count what one start came to, without what it set going in other workflows."""
    for run in started.told.runs:
        for step in run.steps if run.rule_ref == of.rule.ref else ():
            reached[step.key] += 1
            taken.update(_way(step))


def _way(step: StepTold) -> dict[str, int]:
    """The way that a step chose; of a loop, how many turns it takes."""
    if step.state != 'done':
        return {}
    if step.type == LOOP:
        return {f'{step.key}/steps': int(step.result.get('records', 0))}
    name = step.result.get('way') or ('on_timeout' if step.result.get('met') is False else '')
    return {f'{step.key}/{name}': 1} if name else {}
