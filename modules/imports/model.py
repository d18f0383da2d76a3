"""What an import is told and what it answers: options, outcomes of rows, tallies. Plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from modules.imports.mapping import ColumnMapping
from modules.imports.reading import Cell
from modules.records.transferring import OldOwner, choice_of
from schema.base.findings import Finding

Policy = Literal['create', 'skip', 'update']
POLICIES: tuple[Policy, ...] = ('create', 'skip', 'update')
Outcome = Literal['create', 'update', 'unchanged', 'skip', 'error']
OUTCOMES: tuple[Outcome, ...] = ('create', 'update', 'unchanged', 'skip', 'error')


@dataclass(frozen=True)
class Plan:
    """How a file becomes records.

    `keys` are fields that identify a record that is there already: it is updated (or skipped, when `duplicates` says so).
    `duplicates` says what becomes of a row that the entity's duplicate rules find in the database: `create` writes it anyway
    unless the rule blocks, `skip` leaves it out, `update` changes the one record found.
    """

    mapping: ColumnMapping
    keys: tuple[str, ...] = ()
    duplicates: Policy = 'skip'
    giving: Mapping[str, Any] | None = None
    """Who gets new records whose row names no owner: `{strategy, total}`, `{nobody: true}`, or None as with any new record."""
    old_owner: OldOwner | None = None
    """Whether who loses a record by the file goes on seeing it; None leaves it to the installation's setting."""
    unowned: int = 0
    """How many new records without an owner the check found."""
    workflows: bool = True
    """Whether what the file brings and changes starts workflows."""

    @property
    def updates(self) -> bool:
        """Whether records that are there may change."""
        by_key = bool(self.keys) or 'uid' in self.mapping.fields
        return self.duplicates == 'update' or (by_key and self.duplicates == 'create')

    def as_json(self) -> dict[str, Any]:
        return {
            'headers': list(self.mapping.headers),
            'columns': list(self.mapping.columns),
            'keys': list(self.keys),
            'duplicates': self.duplicates,
            'giving': dict(self.giving) if self.giving else None,
            'old_owner': self.old_owner,
            'unowned': self.unowned,
            'workflows': self.workflows,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Plan:
        mapping = ColumnMapping(tuple(stored['headers']), tuple(stored['columns']))
        old_owner = choice_of(stored.get('old_owner'))
        giving, unowned = stored.get('giving'), stored.get('unowned', 0)
        started = bool(stored.get('workflows', True))
        return cls(mapping, tuple(stored['keys']), stored['duplicates'], giving, old_owner, unowned, started)


@dataclass(frozen=True)
class RowOut:
    """What became of one row, or would become of it. Warnings do not make it an error."""

    number: int
    cells: Sequence[Cell]
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    uid: str = ''
    unowned: bool = False
    """Whether it makes a record and names no owner."""


@dataclass
class Tally:
    """How many rows of each outcome."""

    counts: Counter[str] = field(default_factory=Counter)

    def add(self, outs: Sequence[RowOut]) -> None:
        for out in outs:
            self.counts[out.outcome] += 1

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def as_json(self) -> dict[str, int]:
        return {outcome: self.counts[outcome] for outcome in OUTCOMES}
