"""Sums, extremes and means over related records: what they can be taken of, and their two equal faces. Reads no document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any

import sqlalchemy as sa

from schema.conditions.families import Amounts, Numbers, family_of
from schema.conditions.operators import OPERATORS as ALL
from schema.conditions.operators import Clause, Column, form_of
from schema.conditions.tree import Aggregate, FieldFace, Operand

FUNCTIONS = ('sum', 'min', 'max', 'avg')
OPERATORS = ('eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'between', 'is_empty', 'is_not_empty')
SIMPLE: Mapping[str, Callable[[Sequence[Any]], Any]] = {'sum': sum, 'min': min, 'max': max}
IN_SQL: Mapping[str, Callable[[Column], Any]] = {'sum': sa.func.sum, 'min': sa.func.min, 'max': sa.func.max}


def can_take(function: str, field: FieldFace) -> bool:
    """Sums and means need numbers; extremes whatever one column puts in order."""
    family = family_of(field)
    if not field.type.stored:
        return False
    if function in {'sum', 'avg'}:
        return isinstance(family, (Numbers, Amounts))
    return 'lt' in field.type.operators and family.shape in {'value', 'span'}


def in_one_currency(field: FieldFace, operand: Operand) -> Operand:
    """Money in several currencies has no sum: without a named one the field's own counts."""
    if not isinstance(family_of(field), Amounts) or operand.currency is not None:
        return operand
    return replace(operand, currency=str(field.definition.document.get('x-currency', 'VND')))


def decide(node: Aggregate, held: Sequence[Any], bound: Any) -> bool | None:
    """The answer over the values that are there; UNKNOWN over none, but for what blank answers."""
    if not held:
        return ALL[node.op].blank
    family = family_of(node.field)
    if node.function != 'avg':
        return form_of(node.op, family.shape).python(SIMPLE[node.function](held), bound)
    times, numbers = _whole(bound)
    return form_of(node.op, 'value').python(sum(held) * times, [number * len(held) for number in numbers])


def clause(node: Aggregate, cell: Column, bound: Any, *, wanted: bool) -> Clause:
    """Over the joined rows: true when the answer is `wanted`, false or NULL otherwise."""
    family = family_of(node.field)
    if node.function == 'avg':
        times, numbers = _whole(bound)
        count = sa.func.count(cell)
        value: Any = sa.func.sum(cell) * sa.literal(times, sa.BigInteger)
        # Means are compared as sums against so many times the number: neither engine rounds then.
        fits = form_of(node.op, 'value').sql((value,), [sa.literal(number, cell.type) * count for number in numbers])
    else:
        value = IN_SQL[node.function](cell)
        fits = form_of(node.op, family.shape).sql((value,), bound)
    blank = ALL[node.op].blank
    fits = fits if wanted else sa.not_(fits)
    return sa.or_(value.is_(None), fits) if blank is wanted else sa.and_(value.is_not(None), fits)


def _whole(bound: Sequence[Any]) -> tuple[int, list[int]]:
    """A factor, and the operands times it as whole numbers."""
    fractions = [Fraction(Decimal(each)) for each in bound]
    times = lcm(*(each.denominator for each in fractions))
    return times, [int(each * times) for each in fractions]
