"""Order and cursors of lists: keyset paging with blanks last and ties broken by id."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from modules.records.model import ListQuery, Sort
from permissions.branches import PLACE
from schema.base.errors import BadRequest
from schema.base.findings import nearest
from schema.catalog import Entity, Field

LARGEST, DIGITS = 2**63, 16
FILLING = frozenset({'eq', 'in', 'gt', 'gte', 'lt', 'lte', 'between', 'within', 'starts_with', 'is_not_empty'})
"""Tests that no blank passes."""
AT = '_at'
"""Parameters of a spot: its sort values; its id is `PLACE`."""


def sort_fields(entity: Entity, sort: Sequence[Sort], readable: frozenset[str]) -> list[tuple[Field, bool]]:
    """`(field, descending)` pairs. Raises: BadRequest REC-E036 unknown or unreadable, REC-E037 not sortable."""
    pairs = []
    for each in sort:
        field = entity.find_field(each.key)
        if field is None or field.key not in readable:
            raise BadRequest.of('REC-E036', value=each.key[:80], hint=nearest(each.key, readable))
        if not field.type.sortable:
            raise BadRequest.of('REC-E037', label=field.definition.label)
        pairs.append((field, each.descending))
    return pairs


def order_by(
    table: sa.FromClause, pairs: Sequence[tuple[Field, bool]], *, backwards: bool = False, filled: Collection[str] = ()
) -> list[sa.ColumnElement[Any]]:  # fmt: skip
    """Blanks last in both directions, then newest first; `backwards` the same order from its end. Of the days and moments
    `filled` no blank is among the rows: PostgreSQL then walks an index of theirs from either end."""
    plain = {field for field, _ in pairs if field.key in filled and field.type.key in {'date', 'datetime'}}
    turned = [
        _turned(_column(table, field), down=down is not backwards, first=backwards, plain=field in plain)
        for field, down in pairs
    ]  # fmt: skip
    return [*turned, table.c.id.asc() if backwards else table.c.id.desc()]


def filled_by(condition: Any) -> frozenset[str]:
    """Keys of fields of which a filter lets no blank through."""
    if not condition:
        return frozenset()
    own = {condition['field']} if condition.get('op') in FILLING and '.' not in condition.get('field', '.') else set()
    return frozenset(own).union(*(filled_by(part) for part in condition.get('all', ())))


def columns_of(table: sa.FromClause, pairs: Sequence[tuple[Field, bool]]) -> list[str] | None:
    """The table's own columns by which it is sorted; None where something else has a say."""
    columns = [field.comparable for field, _ in pairs]
    own = [each.name for each in columns if isinstance(each, sa.Column) and each.table is table and not each.primary_key]
    return own if len(own) == len(columns) else None


def _column(table: sa.FromClause, field: Field) -> sa.ColumnElement[Any]:
    """What an order compares; of rows that were gathered from the table, their column of that name."""
    column = field.comparable
    return table.c[column.name] if isinstance(table, sa.Subquery) and isinstance(column, sa.Column) else column


def _turned(column: sa.ColumnElement[Any], *, down: bool, first: bool, plain: bool) -> sa.ColumnElement[Any]:
    """Ids are never blank, and their index serves both directions of an order that says nothing of blanks."""
    turned = column.desc() if down else column.asc()
    if plain or getattr(column, 'primary_key', False):
        return turned
    return turned.nulls_first() if first else turned.nulls_last()


@dataclass(frozen=True)
class Spot:
    """A row's place in an order: its sort values and its id."""

    values: tuple[Any, ...]
    row_id: int

    @property
    def blanks(self) -> tuple[bool, ...]:
        """Which of the values are blank: what statements about it differ by."""
        return tuple(each is None for each in self.values)

    @property
    def parameters(self) -> dict[str, Any]:
        """What a statement that holds `after` or `before` is run with."""
        values = {f'{AT}_{number}': each for number, each in enumerate(self.values) if each is not None}
        return {PLACE: self.row_id, **values}


def spot_of(cursor: str, pairs: Sequence[tuple[Field, bool]]) -> Spot:
    """Where a page begins or ends. Raises: BadRequest REC-E039 when the cursor belongs to another order."""
    try:
        signature, values, row_id = json.loads(base64.urlsafe_b64decode(cursor + '=' * (-len(cursor) % 4)))
        if signature != [f'{"-" if down else ""}{field.ref}' for field, down in pairs]:
            raise ValueError
        typed = [_typed(field, value) for (field, _), value in zip(pairs, values, strict=True)]
        return Spot(tuple(typed), _row_id(row_id))
    except (ValueError, TypeError, binascii.Error, ArithmeticError, RecursionError) as error:
        raise BadRequest.of('REC-E039') from error


def after(table: sa.FromClause, pairs: Sequence[tuple[Field, bool]], blanks: Sequence[bool]) -> sa.ColumnElement[bool]:
    """Rows that follow a spot, which is given by its parameters."""
    if not pairs:
        return table.c.id < place()
    passed: sa.ColumnElement[bool] = table.c.id >= place()
    for number, ((field, down), blank) in reversed(list(enumerate(zip(pairs, blanks, strict=True)))):
        column = _column(table, field)
        if blank:
            passed = sa.or_(column.is_not(None), passed)
        else:
            bound = at(number, column)
            passed = sa.or_(column > bound if down else column < bound, sa.and_(column == bound, passed))
    return _not_passed(passed)


def before(table: sa.FromClause, pairs: Sequence[tuple[Field, bool]], blanks: Sequence[bool]) -> sa.ColumnElement[bool]:
    """Rows that come before a spot, which is given by its parameters."""
    if not pairs:
        return table.c.id > place()
    passed: sa.ColumnElement[bool] = table.c.id <= place()
    for number, ((field, down), blank) in reversed(list(enumerate(zip(pairs, blanks, strict=True)))):
        column = _column(table, field)
        if blank:
            passed = sa.and_(column.is_(None), passed)
        else:
            bound = at(number, column)
            further = column < bound if down else column > bound
            passed = sa.or_(further, column.is_(None), sa.and_(column == bound, passed))
    return _not_passed(passed)


def place() -> sa.BindParameter[int]:
    """The id of the spot."""
    return sa.bindparam(PLACE, type_=sa.BigInteger)


def at(number: int, column: sa.ColumnElement[Any]) -> sa.BindParameter[Any]:
    """One of the spot's values, which is not blank."""
    return sa.bindparam(f'{AT}_{number}', type_=column.type)


def _not_passed(passed: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """What is left when the walk along the order's index is past these rows. Said as an OR of what follows, SQLite would gather
    all that follows and sort it: three seconds among a million."""
    return passed.is_not(sa.true())


def cursor_of(pairs: Sequence[tuple[Field, bool]], sort_values: Sequence[Any], row_id: int) -> str:
    signature = [f'{"-" if down else ""}{field.ref}' for field, down in pairs]
    raw = json.dumps([signature, [_plain(value) for value in sort_values], row_id], separators=(',', ':'))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip('=')


def check_page(query: ListQuery, largest: int) -> None:
    """Raises: BadRequest REC-E035 page number, REC-E038 page size."""
    if query.number < 1 or query.number > 10_000_000:
        raise BadRequest.of('REC-E035', value=query.number)
    if not 1 <= query.size <= largest:
        raise BadRequest.of('REC-E038', value=query.size, limit=largest)


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _typed(field: Field, value: Any) -> Any:
    """The sort value as its column holds it. Raises: ValueError, TypeError, ArithmeticError when no cursor of ours holds it."""
    if value is None:
        return None
    kind = field.type.key
    if kind == 'datetime':
        return datetime.fromisoformat(value).astimezone(UTC)
    if kind == 'date':
        return date.fromisoformat(value)
    if kind == 'time':
        return time.fromisoformat(value)
    if kind in {'decimal', 'percent', 'money'}:
        return _bounded(Decimal(value))
    if kind in {'integer', 'rating', 'duration', 'link', 'user', 'team', 'autonumber'}:
        return _row_id(value)
    if not isinstance(value, bool if kind == 'boolean' else str) or '\x00' in str(value):
        raise TypeError
    return value


def _bounded(number: Decimal) -> Decimal:
    if not number.is_finite() or number.adjusted() > DIGITS:
        raise ValueError
    return number


def _row_id(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -LARGEST < value < LARGEST:
        raise ValueError
    return value
