"""What written rows add to a rollup and take from it, so that a save need not look at all the rows that count.

A shift may be added only to a value that is right for the rows as they were: whoever applies it holds the record's row locked
and read after the lock, as every writer does. Where a value alone does not tell the new one, the answer is None: recount.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from schema import conditions
from schema.base.money import Money
from schema.catalog import Field
from schema.deriving.graph import RollupPlan
from schema.deriving.rollups import Sums, value_of
from schema.deriving.values import Computed
from schema.fieldtypes.money import CURRENCY

Row = Mapping[str, Any]
LOOKED_UP = object()
"""In place of an extreme that only an index can tell: the row that held it no longer counts."""


class Written(Protocol):
    """A row as it was and as it is; None while it is not there or in the bin."""

    @property
    def id(self) -> int: ...
    @property
    def before(self) -> Row | None: ...
    @property
    def after(self) -> Row | None: ...


@dataclass(frozen=True)
class Beside:
    """What rows do not tell of themselves: `binding` the ids of the records that a condition names; `owners`, by row, for whom
    it counted and for whom it counts now, where pairs in a table of their own say that."""

    binding: conditions.Binding
    owners: Mapping[int, tuple[frozenset[int], frozenset[int]]] = field(default_factory=dict)


@dataclass
class Shift:
    """What came and what went for one record, in the plain values of the column that is added up."""

    rows: int = 0
    came: list[Any] = field(default_factory=list)
    went: list[Any] = field(default_factory=list)
    currencies: set[str] = field(default_factory=set)
    exact: bool = True
    """False when a value has more places than its field says; then only a recount rounds as it must."""

    def add(self, counted: tuple[Any, str | None], *, exact: bool, sign: int) -> None:
        value, currency = counted
        self.rows += sign
        if value is not None:
            (self.came if sign > 0 else self.went).append(value)
            self.exact &= exact
        if currency is not None:
            self.currencies.add(currency)

    def join(self, other: Shift) -> None:
        self.rows += other.rows
        self.came += other.came
        self.went += other.went
        self.currencies |= other.currencies
        self.exact &= other.exact


def can_shift(plan: RollupPlan) -> bool:
    """Whether what was written tells what it counts for: lines are few and at hand; of averages see decision 0003."""
    if plan.lines is not None or plan.function == 'avg':
        return False
    return plan.condition is None or plan.condition.is_of_the_row


def shifts_of(plan: RollupPlan, written: Iterable[Written], beside: Beside) -> dict[int, Shift]:
    """By the id of the record whose rollup changes; rows that count as before are left out."""
    found: dict[int, Shift] = defaultdict(Shift)
    for each in written:
        was, now = (_counted(plan, row, beside.binding) for row in (each.before, each.after))
        left, joined = _owners(plan, each, beside)
        stay = left & joined if was == now else frozenset[int]()
        for counted, owners, sign in ((was, left - stay, -1), (now, joined - stay, 1)):
            for owner in owners if counted is not None else ():
                assert counted is not None
                found[owner].add(counted, exact=_is_exact(plan, *counted), sign=sign)
    return dict(found)


def _owners(plan: RollupPlan, each: Written, beside: Beside) -> tuple[frozenset[int], frozenset[int]]:
    """For whom a row counted, and for whom it counts now, as far as it is there."""
    if not plan.column:
        return beside.owners[each.id]
    left, joined = (None if row is None else row.get(plan.column) for row in (each.before, each.after))
    return _alone(left), _alone(joined)


def _alone(owner: int | None) -> frozenset[int]:
    return frozenset() if owner is None else frozenset({owner})


def shifted(plan: RollupPlan, stored: Any, shift: Shift) -> Computed | None:
    """The new field value from the stored one; None when the rows must be counted, LOOKED_UP as the value when the extreme
    among them must be found."""
    if stored is None or not shift.exact:
        return None
    if plan.function == 'count':
        rows = stored + shift.rows
        return (rows, None) if rows >= 0 else None
    currencies = frozenset({stored.currency}) if isinstance(stored, Money) else frozenset[str]()
    if not shift.currencies <= currencies:
        return None
    plain = stored.amount if isinstance(stored, Money) else stored
    if plan.function == 'sum':
        return _summed(plan, Decimal(plain), shift, currencies)
    end = _end(plan, plain, shift)
    return (LOOKED_UP, None) if end is LOOKED_UP else value_of(plan, Sums(1, 1, None, end, end, currencies))


def _summed(plan: RollupPlan, stored: Decimal, shift: Shift, currencies: frozenset[str]) -> Computed | None:
    total = stored + sum(map(Decimal, shift.came), Decimal(0)) - sum(map(Decimal, shift.went), Decimal(0))
    if not total and shift.went:  # nothing is left, or what is left comes to nothing: blank is not 0
        return None
    return value_of(plan, Sums(1, 1, total, None, None, currencies))


def _end(plan: RollupPlan, stored: Any, shift: Shift) -> Any:
    nearest = min if plan.function == 'min' else max
    end = nearest([stored, *shift.came])
    if stored in shift.went and stored not in shift.came and end == stored:
        return LOOKED_UP
    return end


def _counted(plan: RollupPlan, row: Row | None, binding: conditions.Binding) -> tuple[Any, str | None] | None:
    """What a row counts with, its value and currency; None when it does not count."""
    if row is None or row.get('deleted_at') is not None:
        return None
    if plan.condition is not None and plan.condition.decide(_Values(plan, row), binding) is not True:
        return None
    if plan.of is None:
        return None, None
    column = plan.of.definition.column
    value = row.get(column)
    return value, row.get(column + CURRENCY) if value is not None else None


def _is_exact(plan: RollupPlan, value: Any, currency: str | None) -> bool:
    if plan.function != 'sum' or value is None or isinstance(value, int):
        return True
    if currency is not None:
        return bool(value == Money(value, currency).rounded().amount)
    places = _scale(plan.field)
    return places is not None and bool(value == round(Decimal(value), places))


def _scale(field: Field) -> int | None:
    return getattr(field.columns[field.definition.column].type, 'scale', None)


class _Values(Mapping[str, Any]):
    """Field values of a row, read as a condition asks for them; a new row has only the columns that were set."""

    def __init__(self, plan: RollupPlan, row: Row) -> None:
        self._fields, self._row = plan.source.fields, row

    def __getitem__(self, key: str) -> Any:
        part = self._fields[key]
        return part.from_row({name: self._row.get(name) for name in part.columns})

    def __iter__(self) -> Any:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


def gather(into: dict[int, Shift], found: Mapping[int, Shift]) -> None:
    for owner, shift in found.items():
        into.setdefault(owner, Shift()).join(shift)
