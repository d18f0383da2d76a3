"""Every operator in one table: how many values it takes, what blank means, and its two equal faces, SQL and Python.

A form sees only values that are there; the engines in `sql.py` and `python.py` answer for blank. Forms come by *shape*, the
way a family of field types compares: single values, half-open spans of time, sets of ids, ids in one of several columns.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from schema.base.text import PLAIN_FROM, PLAIN_TO
from schema.conditions.relative import DAY, INSTANT
from schema.fieldtypes.options import MARK

Arity = Literal['none', 'one', 'pair', 'many']
Shape = Literal['value', 'option', 'prefix', 'span', 'ids', 'any_ids']
Column = sa.ColumnElement[Any]
Clause = sa.ColumnElement[bool]
SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True)
class Form:
    """One operator for one shape: `sql` of the field's columns and the bound operand, `python` of the value and the same.
    `search` is true for the same rows as `sql`, but may be NULL for others; planners estimate it better."""

    sql: Callable[[Sequence[Column], Any], Clause]
    python: Callable[[Any, Any], bool]
    search: Callable[[Sequence[Column], Any], Clause] | None = None


@dataclass(frozen=True)
class Operator:
    """`blank` is the answer when the field is blank; None is UNKNOWN."""

    arity: Arity
    forms: Mapping[Shape, Form]
    blank: bool | None = None


class PlainText(GenericFunction[str]):
    """`schema.base.text.plain` inside the database."""

    name = 'trellis_plain'
    type = sa.Text()
    inherit_cache = True


@compiles(PlainText, 'postgresql')
def _plain_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    # The two lists hold letters only, so that they may stand in the statement as they are.
    return f"translate({compiler.process(element.clauses, **options)}, '{PLAIN_FROM}', '{PLAIN_TO}')"


def after_prefix(prefix: str) -> str | None:
    """The least text above all that start with the prefix, by code points; None when there is none."""
    for place in range(len(prefix) - 1, -1, -1):
        code = ord(prefix[place]) + 1
        if code in SURROGATES:
            code = SURROGATES.stop
        if code <= sys.maxunicode:
            return prefix[:place] + chr(code)
    return None


def _from_prefix(cells: Sequence[Column], words: Any) -> Clause:
    """A range instead of LIKE: SQLite's LIKE uses no index here, and a bytewise column orders as Python does."""
    end = after_prefix(words[0])
    start = cells[0] >= words[0]
    return start if end is None else sa.and_(start, cells[0] < end)


def _mark(ref: str) -> str:
    return f'{MARK}{ref}{MARK}'


def _has(column: Column, ref: str) -> Clause:
    return column.contains(_mark(ref), autoescape=True)


def _in_span(cells: Sequence[Column], span: Any) -> Clause:
    return sa.and_(cells[0] >= span[0], cells[0] < span[1])


def _in_spans(cells: Sequence[Column], spans: Any) -> Clause:
    """One IN for single days and instants: ranges by the hundred would make the statement slow to write and to plan."""
    points = [span[0] for span in spans if _is_point(span)]
    ranges = [_in_span(cells, span) for span in spans if not _is_point(span)]
    return sa.or_(*ranges, *([cells[0].in_(points)] if points else []))


def _written(bound: Any) -> sa.BindParameter[Any]:
    """Of the few that a field has, each in the statement itself: PostgreSQL plans once for all values of a parameter, and would
    look for a rare option as if it were met everywhere."""
    many = not isinstance(bound, str)
    return sa.bindparam(None, [*bound] if many else bound, unique=True, expanding=many, literal_execute=True)


def _is_point(span: Any) -> bool:
    start, end = span
    return bool(end - start == (INSTANT if isinstance(start, datetime) else DAY))


def _is_in_spans(value: Any, spans: Any) -> bool:
    return any(start <= value < end for start, end in spans)


def _in_any(cells: Sequence[Column], wanted: Any) -> Clause:
    pairs = zip(cells, wanted, strict=True)
    parts = [sa.and_(cell.is_not(None), cell.in_(ids)) for cell, (_, ids) in pairs if ids]
    return sa.or_(*parts) if parts else sa.false()


def _found_in_any(cells: Sequence[Column], wanted: Any) -> Clause:
    parts = [cell.in_(ids) for cell, (_, ids) in zip(cells, wanted, strict=True) if ids]
    return sa.or_(*parts) if parts else sa.false()


def _is_in_any(value: Any, wanted: Any) -> bool:
    return any(value[0] == entity and value[1] in ids for entity, ids in wanted)


def _not(form: Form) -> Form:
    return Form(lambda cells, bound: sa.not_(form.sql(cells, bound)), lambda value, bound: not form.python(value, bound))


_EQUAL = Form(lambda cells, bound: cells[0] == bound[0], lambda value, bound: bool(value == bound[0]))
_IN = Form(lambda cells, bound: cells[0].in_(bound), lambda value, bound: value in bound)
_EQUAL_OPTION = Form(lambda cells, bound: cells[0] == _written(bound[0]), _EQUAL.python)
_IN_OPTIONS = Form(lambda cells, bound: cells[0].in_(_written(bound)), _IN.python)
_IN_SPANS = Form(_in_spans, _is_in_spans)
_IN_ANY = Form(_in_any, _is_in_any, _found_in_any)
_HAS_ANY = Form(
    lambda cells, bound: sa.or_(*(_has(cells[0], ref) for ref in bound)),
    lambda value, bound: any(ref in value for ref in bound),
)
_CONTAINS = Form(lambda cells, bound: cells[0].contains(bound[0], autoescape=True), lambda value, bound: bound[0] in value)
_STARTS = Form(_from_prefix, lambda value, bound: bool(value.startswith(bound[0])))
_STARTS_PROSE = Form(
    lambda cells, bound: cells[0].startswith(bound[0], autoescape=True), lambda value, bound: bool(value.startswith(bound[0]))
)
_NEVER = Form(lambda cells, bound: sa.false(), lambda value, bound: False)
_ALWAYS = Form(lambda cells, bound: sa.true(), lambda value, bound: True)
SHAPES: tuple[Shape, ...] = ('value', 'option', 'prefix', 'span', 'ids', 'any_ids')

OPERATORS: Mapping[str, Operator] = {
    'eq': Operator('one', {'value': _EQUAL, 'option': _EQUAL_OPTION, 'span': _IN_SPANS, 'ids': _IN, 'any_ids': _IN_ANY}),
    'ne': Operator('one', {'value': _not(_EQUAL), 'span': _not(_IN_SPANS), 'ids': _not(_IN), 'any_ids': _not(_IN_ANY)}, True),
    'in': Operator('many', {'value': _IN, 'option': _IN_OPTIONS, 'span': _IN_SPANS, 'ids': _IN, 'any_ids': _IN_ANY}),
    'not_in': Operator('many', {'value': _not(_IN), 'span': _not(_IN_SPANS), 'ids': _not(_IN), 'any_ids': _not(_IN_ANY)}, True),
    'lt': Operator('one', {
        'value': Form(lambda cells, bound: cells[0] < bound[0], lambda value, bound: bool(value < bound[0])),
        'span': Form(lambda cells, bound: cells[0] < bound[0][0], lambda value, bound: bool(value < bound[0][0])),
    }),
    'lte': Operator('one', {
        'value': Form(lambda cells, bound: cells[0] <= bound[0], lambda value, bound: bool(value <= bound[0])),
        'span': Form(lambda cells, bound: cells[0] < bound[0][1], lambda value, bound: bool(value < bound[0][1])),
    }),
    'gt': Operator('one', {
        'value': Form(lambda cells, bound: cells[0] > bound[0], lambda value, bound: bool(value > bound[0])),
        'span': Form(lambda cells, bound: cells[0] >= bound[0][1], lambda value, bound: bool(value >= bound[0][1])),
    }),
    'gte': Operator('one', {
        'value': Form(lambda cells, bound: cells[0] >= bound[0], lambda value, bound: bool(value >= bound[0])),
        'span': Form(lambda cells, bound: cells[0] >= bound[0][0], lambda value, bound: bool(value >= bound[0][0])),
    }),
    'between': Operator('pair', {
        'value': Form(
            lambda cells, bound: sa.and_(cells[0] >= bound[0], cells[0] <= bound[1]),
            lambda value, bound: bool(bound[0] <= value <= bound[1]),
        ),
        'span': Form(
            lambda cells, bound: sa.and_(cells[0] >= bound[0][0], cells[0] < bound[1][1]),
            lambda value, bound: bool(bound[0][0] <= value < bound[1][1]),
        ),
    }),
    'within': Operator('one', {'span': _IN_SPANS}),
    'anniversary_within': Operator('one', {'span': Form(
        lambda cells, bound: sa.or_(*(cells[0].between(low, high) for low, high in bound)),
        lambda value, bound: any(low <= value <= high for low, high in bound),
    )}),
    'contains': Operator('one', {'value': _CONTAINS, 'prefix': _CONTAINS}),
    'starts_with': Operator('one', {'value': _STARTS_PROSE, 'prefix': _STARTS}),
    'has_any': Operator('many', {'value': _HAS_ANY}),
    'has_none': Operator('many', {'value': _not(_HAS_ANY)}),
    'has_all': Operator('many', {'value': Form(
        lambda cells, bound: sa.and_(*(_has(cells[0], ref) for ref in bound)),
        lambda value, bound: all(ref in value for ref in bound),
    )}),
    'is_empty': Operator('none', dict.fromkeys(SHAPES, _NEVER), True),
    'is_not_empty': Operator('none', dict.fromkeys(SHAPES, _ALWAYS), False),
}  # fmt: skip
COUNT_OPERATORS = ('eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'between')


def form_of(op: str, shape: Shape) -> Form:
    """The operator's form for a shape; `prefix` and `option` columns compare as values in all else."""
    forms = OPERATORS[op].forms
    return forms.get(shape) or forms['value']
