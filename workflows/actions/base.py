"""What an action is: checked when published, previewed without a trace, performed in the step's own transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from modules.records.model import Record
from modules.records.store import Store
from modules.runtime import Runtime
from schema.base.actor import Actor
from schema.base.clock import Clock
from schema.base.findings import Finding, finding
from schema.catalog import Catalog, Entity
from schema.definitions import Document
from workflows.definitions import Rule
from workflows.flow import Step

Result = Mapping[str, Any]
"""JSON about what was done, kept with the step: uids and addresses, never whole contents."""


@dataclass(frozen=True)
class Onward:
    """The run goes on: with the first step of a way inside this one, or with what follows it."""

    way: str | None = None


@dataclass(frozen=True)
class Park:
    """The step waits in the database and is looked at again then, with `wakes` also when its record changes."""

    until: datetime
    wakes: bool = False


@dataclass(frozen=True)
class Spread:
    """A run for each of these records carries out the steps inside; the step waits for all of them."""

    uids: Sequence[str]


@dataclass(frozen=True)
class Halt:
    """The run ends here, well."""


Turn = Onward | Park | Spread | Halt
ONWARD = Onward()


@dataclass(frozen=True)
class Done:
    """What a step did and how the run goes on."""

    result: Result
    turn: Turn = ONWARD


class Skipped(Exception):
    """There is nothing to do for this record, and that is no failure: the run ends."""

    def __init__(self, found: Finding) -> None:
        super().__init__(str(found))
        self.found = found


class LeftOut(Skipped):
    """This step alone has nothing to do, as a message without an address: the run goes on behind it."""


@dataclass(frozen=True, eq=False)
class Call:
    """One step of one run. `entity` is what `record` is of; `record` is None when it is gone. `key` makes the effect happen
    once; `wall` is the real time; `kept` is what the step remembered when it was parked; `cause` the chain that led here;
    `lane` is 1 for a run that falls due by the thousand and lets others go first."""

    runtime: Runtime
    catalog: Catalog
    actor: Actor
    rule: Rule
    step: Step
    entity: Entity
    record: Record | None
    record_uid: str
    run_id: str
    key: str
    wall: Clock
    kept: Result | None = None
    cause: tuple[str, ...] = ()
    step_id: int = 0
    lane: int = 0

    @property
    def runs(self) -> bool:
        """False in a preview, which belongs to no run."""
        return bool(self.run_id)


class Action(Protocol):
    """Registered under its step type. Keeps no state between calls."""

    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        """What is wrong with the step of a workflow over the entity; pointers are relative to it."""

    def preview(self, call: Call) -> Any:
        """Read and compute the effect; write nothing. Its `describe()` answers JSON for people.

        Raises: Skipped; TrellisError with what is wrong for good; anything else is tried again.
        """

    def perform(self, call: Call, effect: Any, store: Store) -> Done:
        """Write the effect through the store's session. Never commits; may be rolled back and run again."""


def present_record(call: Call) -> Record:
    """The record, when it is there. Raises: Skipped WFL-E008."""
    if call.record is None or call.record.deleted_at is not None:
        raise Skipped(finding('WFL-E008', level='warning'))
    return call.record
