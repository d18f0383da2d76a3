"""What an action is: checked when published, previewed without a trace, performed in the step's own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from modules.records.model import Record
from modules.records.store import Store
from modules.runtime import Runtime
from schema.base.actor import Actor
from schema.base.clock import Clock
from schema.base.findings import Finding
from schema.catalog import Catalog, Entity
from schema.definitions import Document
from workflows.definitions import Rule, Step

Result = Mapping[str, Any]
"""JSON about what was done, kept with the step: uids and addresses, never whole contents."""


class Skipped(Exception):
    """There is nothing to do for this record, and that is no failure."""

    def __init__(self, found: Finding) -> None:
        super().__init__(str(found))
        self.found = found


@dataclass(frozen=True, eq=False)
class Call:
    """One step of one run. `record` is None when it is gone. `key` makes the effect happen once; `wall` is the real time."""

    runtime: Runtime
    catalog: Catalog
    actor: Actor
    rule: Rule
    step: Step
    record: Record | None
    record_uid: str
    run_id: str
    key: str
    wall: Clock

    @property
    def runs(self) -> bool:
        """False in a preview, which belongs to no run."""
        return bool(self.run_id)


class Action(Protocol):
    """Registered under its step type. Keeps no state between calls."""

    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        """What is wrong with the step; pointers are relative to it."""

    def preview(self, call: Call) -> Any:
        """Read and compute the effect; write nothing. Its `describe()` answers JSON for people.

        Raises: Skipped; TrellisError with what is wrong for good; anything else is tried again.
        """

    def perform(self, call: Call, effect: Any, store: Store) -> Result:
        """Write the effect through the store's session. Never commits; may be rolled back and run again."""
