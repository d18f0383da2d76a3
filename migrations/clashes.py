"""Which converted values of one field clash with each other, and which codes numbers given out go on after. Pure: it is told
each value in turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from schema.base.findings import Finding, finding
from schema.catalog import Field
from schema.definitions import Texts
from schema.fieldtypes.autonumber import Autonumber, read_number

FEW = 100


@dataclass
class Meeting:
    """Values of a field in which no two may be alike. `count` rows share one with another; `ids` are the first of them."""

    each: Field
    count: int = 0
    ids: list[int] = field(default_factory=list)
    _first: dict[Any, int | None] = field(default_factory=dict)
    """By a value, of texts by their hash, the row that had it first, None once that row was counted."""

    def meet(self, row_id: int, made: Mapping[str, Any]) -> None:
        """`made` are the field's columns for the row."""
        value = self.each.from_row(made)
        if value is None:
            return
        met = self.each.type.comparable(self.each.definition, value)
        met = hash(met) if isinstance(met, str) else met  # of a million texts; -1 and -2 have one hash
        if met not in self._first:
            self._first[met] = row_id
            return
        alike = [row_id] if (first := self._first[met]) is None else [first, row_id]
        self._first[met] = None
        self.count += len(alike)
        self.ids += alike[: max(FEW - len(self.ids), 0)]


@dataclass
class Codes(Meeting):
    """Codes that numbers given out go on after. `strays` do not follow the pattern."""

    strays: int = 0
    stray_ids: list[int] = field(default_factory=list)
    greatest: tuple[str, int, str] = ('', 0, '')
    """Period, number and code."""

    def meet(self, row_id: int, made: Mapping[str, Any]) -> None:
        super().meet(row_id, made)
        code = made[self.each.definition.column]
        if code is None:
            return
        read = read_number(self.pattern, code)
        if read is not None:
            self.greatest = max(self.greatest, (*read, code))
            return
        self.strays += 1
        self.stray_ids += [row_id] if len(self.stray_ids) < FEW else []

    @property
    def pattern(self) -> str:
        assert isinstance(self.each.type, Autonumber)
        return self.each.type.pattern(self.each.definition)

    def told(self, place: str, label: Texts) -> Finding:
        """What becomes of the codes."""
        last = self.greatest[2] or '–'
        return finding('MIG-W012', place, level='warning', label=label, count=self.strays, pattern=self.pattern, value=last)


def meeting_of(each: Field) -> Meeting | None:
    """For a field that lets values clash, None."""
    if each.type.key == 'autonumber':
        return Codes(each)
    return Meeting(each) if each.definition.unique else None
