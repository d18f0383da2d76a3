"""Counts and sums of a list by a value: the statement, and what is put together from its rows. Asks nothing itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from modules.records.model import Group
from schema.catalog import Field
from schema.fieldtypes.money import CURRENCY, MoneyType

Totals = Mapping[str, Decimal]
"""Sums of money by currency."""
MEASURES: Mapping[str, Any] = {'total': sa.func.sum, 'latest': sa.func.max}


def statement(
    table: sa.Table, asked: Mapping[str, Field], where: Sequence[sa.ColumnElement[bool]], newest: int = 0
) -> sa.Select[Any]:  # fmt: skip
    """What `groups_of` takes, for the fields `value`, `total` and `latest` as far as asked for; of the `newest` by their latest
    moment alone."""
    columns = [table.c[field.definition.column].label(name) for name, field in asked.items()]
    if 'total' in asked and isinstance(asked['total'].type, MoneyType):
        columns.append(table.c[asked['total'].definition.column + CURRENCY].label('currency'))
    matching = sa.select(*columns).where(*where)
    if newest:
        moment = table.c[asked['latest'].definition.column]
        dated = matching.where(moment.is_not(None)).order_by(moment.desc(), table.c.id.desc())
        matching = dated.limit(sa.literal_column(str(newest)))
    rows = matching.subquery()
    shared = [each for each in rows.c if each.name in {'value', 'currency'}]
    measured = [measure(rows.c[name]).label(name) for name, measure in MEASURES.items() if name in asked]
    return sa.select(*shared, sa.func.count().label('number'), *measured).group_by(*shared)


def groups_of(rows: Iterable[Any], total: Field | None) -> list[Group]:
    """Groups from rows `number` with, as far as asked for, `value`, `total`, `latest` and, of money, `currency`; a value has
    one row for each currency then, and one for blanks. In the order in which values come first."""
    found: dict[Any, Group] = {}
    money = total.type if total is not None else None
    for row in rows:
        value, amount, latest = (getattr(row, name, None) for name in ('value', 'total', 'latest'))
        if not isinstance(money, MoneyType) or total is None:
            found[value] = Group(value, row.number, amount, latest)
            continue
        so_far = found.get(value, Group(value, 0))
        mine = {} if amount is None else {row.currency or money.currency(total.definition): amount}
        totals = added(so_far.totals, mine)
        moments = [each for each in (so_far.latest, latest) if each is not None]
        only = next(iter(totals.values())) if len(totals) == 1 else None
        found[value] = Group(value, so_far.count + row.number, only, max(moments, default=None), totals)
    return list(found.values())


def added(*parts: Totals) -> Totals:
    """The sum of several, each currency for itself."""
    found: dict[str, Decimal] = {}
    for part in parts:
        for currency, amount in part.items():
            found[currency] = found.get(currency, Decimal(0)) + amount
    return found
