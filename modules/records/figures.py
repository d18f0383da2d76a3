"""Counts and sums of a list by a value, put together from the rows a database answers. Asks nothing itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from modules.records.model import Group
from schema.catalog import Field
from schema.fieldtypes.money import MoneyType

Totals = Mapping[str, Decimal]
"""Sums of money by currency."""


def groups_of(rows: Iterable[Any], total: Field | None) -> list[Group]:
    """Groups from rows `value, number` with, as far as asked for, `total`, `latest` and, of money, `currency`; a value has one
    row for each currency then, and one for blanks. In the order in which values come first."""
    found: dict[Any, Group] = {}
    money = total.type if total is not None else None
    for row in rows:
        amount, latest = getattr(row, 'total', None), getattr(row, 'latest', None)
        if not isinstance(money, MoneyType) or total is None:
            found[row.value] = Group(row.value, row.number, amount, latest)
            continue
        so_far = found.get(row.value, Group(row.value, 0))
        mine = {} if amount is None else {row.currency or money.currency(total.definition): amount}
        totals = added(so_far.totals, mine)
        moments = [each for each in (so_far.latest, latest) if each is not None]
        only = next(iter(totals.values())) if len(totals) == 1 else None
        found[row.value] = Group(row.value, so_far.count + row.number, only, max(moments, default=None), totals)
    return list(found.values())


def added(*parts: Totals) -> Totals:
    """The sum of several, each currency for itself."""
    found: dict[str, Decimal] = {}
    for part in parts:
        for currency, amount in part.items():
            found[currency] = found.get(currency, Decimal(0)) + amount
    return found
