"""One record on its way into the database: what was sent, what is stored, what will be. Reads and decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modules.records.sights import Sight
from modules.records.since import Since
from schema.base.findings import Finding, escape_pointer, finding
from schema.catalog import Entity
from schema.values import LineChange, Lines, LinesDelta, Links, LinksDelta


@dataclass(frozen=True)
class Collected:
    """Links or lines as they are stored, and what was asked of them."""

    before: Links | Lines | None
    delta: LinksDelta | LinesDelta | None = None
    sent: Mapping[str, LineChange] = field(default_factory=dict)
    """The lines that were sent, by the uid that they have now."""


@dataclass
class Change:
    """One record on its way into the database.

    `current` holds the stored row (None on create); `values` the new values of touched fields by key, `collected` the stored
    links and lines where they were read; `findings` what speaks against it; `pointer` where the record stands in what was
    submitted. A change that `reverts` takes an earlier one back: it is no move forward, so that gates are not asked.
    """

    entity: Entity
    uid: str
    wire: Mapping[str, Any]
    current: Mapping[str, Any] | None = None
    pointer: str = ''
    values: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    reverts: bool = False
    collected: dict[str, Collected] = field(default_factory=dict)
    derived: dict[str, Any] = field(default_factory=dict)
    """Values of own formulas and rollups after the change; never part of history."""
    since: Since | None = None
    """What others changed since the revision that the sender saw."""
    sight: Sight = field(default_factory=Sight)
    """Rights to the record that are asked for: shares, or what a change that reverts takes back."""
    giving: Any = None
    """How a new record is given while nobody chose an owner (`modules.assignment.model.Giving`); None leaves it to rules."""
    holder: Change | None = None
    """Of a line: the change of the record that holds it."""
    because: Any = None
    """Why the record goes to its owner (`modules.assignment.log.Because`); None when somebody chose by hand."""

    @property
    def creates(self) -> bool:
        return self.current is None

    def value(self, key: str) -> Any:
        """The value after the change; of links and lines that were not touched, when they were read."""
        if key in self.values:
            return self.values[key]
        if key in self.derived:
            return self.derived[key]
        if key in self.collected:
            return self.collected[key].before
        return None if self.current is None else self.entity.fields[key].from_row(self.current)

    def refuse(self, code: str, key: str, **params: Any) -> None:
        label = self.entity.fields[key].definition.label if key in self.entity.fields else {'en': key}
        self.findings.append(finding(code, f'{self.pointer}/{escape_pointer(key)}', label=label, **params))
