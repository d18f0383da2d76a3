"""What a rehearsal tells: runs, their steps, what each wrote and whom it would have reached. Plain values, read by pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schema.base.findings import Finding
from schema.definitions import Texts

Pair = tuple[Any, Any]


@dataclass(frozen=True)
class RecordChange:
    """One record that a step wrote: `kind` created, updated, deleted, restored or shared; `fields` as history keeps them,
    `{ref: (old, new)}`."""

    entity_ref: str
    uid: str
    kind: str
    fields: Mapping[str, Pair]


@dataclass(frozen=True)
class Letter:
    """A mail as it would have gone out."""

    recipient: str
    sender: str
    sender_name: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class StepTold:
    """One step: `state` done, skipped, failed or waiting; `effect` what the action says, `result` what it remembers."""

    key: str
    type: str
    label: Texts
    state: str
    at: datetime
    effect: Mapping[str, Any]
    result: Mapping[str, Any]
    changes: tuple[RecordChange, ...]
    letter: Letter | None
    found: Finding | None


@dataclass(frozen=True)
class RunTold:
    """One run. `why` is `started_by` as kept with runs; `root` the loop it belongs to, if any."""

    rule_ref: str
    entity_ref: str
    uid: str
    state: str
    found: Finding | None
    why: Mapping[str, Any]
    root: str
    started_at: datetime
    steps: tuple[StepTold, ...]


@dataclass(frozen=True)
class Rehearsed:
    """Everything that a start would lead to; the first run is what was asked for. `cut`: it goes on longer."""

    runs: tuple[RunTold, ...]
    ended_at: datetime
    cut: bool = False

    @property
    def first(self) -> RunTold:
        return self.runs[0]

    @property
    def letters(self) -> list[Letter]:
        return [step.letter for run in self.runs for step in run.steps if step.letter is not None]

    @property
    def changes(self) -> list[RecordChange]:
        return [change for run in self.runs for step in run.steps for change in step.changes]

    @property
    def problem(self) -> Finding | None:
        """Why the run that was asked for did not end well, or had nothing to do."""
        return self.first.found

    def effects(self) -> tuple[Any, ...]:
        """What it comes to, without what differs from one rehearsal to the next: two of them can be compared."""
        return tuple(
            (run.rule_ref, run.root, run.state, tuple(_step_effect(step) for step in run.steps if step.state != 'waiting'))
            for run in self.runs
        )


@dataclass(frozen=True)
class Started:
    """One start that was rehearsed: `key` names it among others, `cause` is an event's name or an occurrence's key, blank for
    what is still to come; `by` who made the change."""

    key: str
    uid: str
    at: datetime
    cause: str
    by: str
    told: Rehearsed


def _step_effect(step: StepTold) -> tuple[Any, ...]:
    changes = tuple(
        (each.entity_ref, '' if each.kind == 'created' else each.uid, each.kind, _plain(each.fields)) for each in step.changes
    )
    letter = (step.letter.recipient, step.letter.sender, step.letter.subject, step.letter.text) if step.letter else None
    told = None if step.changes or step.letter else _plain(step.effect)
    return step.type, step.state, changes, letter, told, step.found.code if step.found else ''


def _plain(value: Any) -> Any:
    """JSON as something that can be compared and hashed."""
    if isinstance(value, Mapping):
        return tuple(sorted((key, _plain(each)) for key, each in value.items()))
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else repr(value)
