"""A list in the order of an index made for it, walked from a row on as far as the page goes. Decides nothing about rights.

Blanks stand last whatever the direction, and newest first among equals: no index has that order whole, but each part of it is
one range of the index. A part is looked at only where those before it did not fill the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BooleanClauseList

from modules.records.paging import at, place
from permissions.branches import SKIP, Window, while_room
from schema.catalog import Entity, Field
from schema.indexes import sorting_index

Pairs = Sequence[tuple[Field, bool]]


def is_walkable(entity: Entity, pairs: Pairs) -> bool:
    """Whether there is an index in this order; that of ids there is always."""
    if not pairs:
        return True
    if len(pairs) != 1:
        return False
    column, table = pairs[0][0].comparable, entity.table
    return isinstance(column, sa.Column) and column.table is table and sorting_index(table, column.name) is not None


def is_bounded(pairs: Pairs, condition: Any) -> bool:
    """Whether a filter asks for what lies between two values of what the list is sorted by."""
    if not condition or not pairs:
        return False
    asked = {each.get('op') for each in condition.get('all', ()) if each.get('field') == pairs[0][0].key}
    return bool(asked & {'gt', 'gte'}) and bool(asked & {'lt', 'lte'})


def met(pairs: Pairs, clauses: Sequence[sa.ColumnElement[bool]]) -> list[sa.ColumnElement[bool]]:
    """The same clauses for SQLite, which prefers any index that starts with an equal column, however many rows are equal: what
    is not about the list's order is met on the walk."""
    name = pairs[0][0].comparable.name
    found: list[sa.ColumnElement[bool]] = []
    for each in clauses:
        if isinstance(each, BooleanClauseList) and each.operator is operators.and_:
            found += met(pairs, each.clauses)
        else:
            about = any(isinstance(part, sa.ColumnClause) and part.name == name for part in visitors.iterate(each))
            found.append(each if about else sa.func.likely(each))
    return found


def found(entity: Entity, pairs: Pairs, window: Window, narrowed: Sequence[sa.ColumnElement[bool]]) -> sa.Select[Any]:
    """Ids of the records of a window, behind those that it leaves out, in any order; `narrowed` says over `entity.twin` which
    records count."""
    passed: list[sa.Select[Any]] = []
    earlier: list[sa.CTE] = []
    for part in _parts(entity, pairs, window):
        there = [sa.select(sa.func.count()).select_from(each) for each in earlier]
        walk = while_room(part.where(*narrowed), there, window)
        if window.skipping:
            walk = walk.offset(_left_out(passed, there))
        passed.append(part.where(*narrowed).order_by(None))
        earlier.append(sa.select(walk.subquery().c.id).cte(f'part_{len(earlier)}'))
    return sa.select(sa.union_all(*(sa.select(each.c.id) for each in earlier)).subquery().c.id)


def _left_out(passed: Sequence[sa.Select[Any]], there: Sequence[sa.Select[int]]) -> sa.ColumnElement[int]:
    """How many of a part are left out: none where the page began in an earlier one, else what these did not make up for, which
    is counted then alone."""
    left: sa.ColumnElement[int] = sa.bindparam(SKIP, type_=sa.Integer)
    if not passed:
        return left
    for each in passed:
        left = left - sa.select(sa.func.count()).select_from(each.subquery()).scalar_subquery()
    begun = [each.scalar_subquery() > sa.literal_column('0', sa.Integer) for each in there]
    return sa.case((sa.or_(*begun), sa.literal_column('0', sa.Integer)), else_=left)


def _parts(entity: Entity, pairs: Pairs, window: Window) -> Iterator[sa.Select[Any]]:
    """What follows the spot in the walk's direction, each part in order: its equals, what is beyond, blanks."""
    twin = entity.twin
    by_id = twin.c.id.asc() if window.backwards else twin.c.id.desc()
    ids, onward = sa.select(twin.c.id), twin.c.id > place() if window.backwards else twin.c.id < place()
    if not pairs:
        yield (ids if window.placed is None else ids.where(onward)).order_by(by_id)
        return
    field, down = pairs[0]
    column, rising = twin.c[field.comparable.name], down is window.backwards
    blanks = ids.where(column.is_(None)).order_by(by_id)
    beyond = ids.where(column.is_not(None)).order_by(column.asc() if rising else column.desc(), by_id)
    if window.placed is None:
        yield from (blanks, beyond) if window.backwards else (beyond, blanks)
    elif window.placed[0]:
        yield blanks.where(onward)
        if window.backwards:
            yield beyond
    else:
        value = at(0, column)
        yield ids.where(column == value, onward).order_by(by_id)
        yield beyond.where(column > value if rising else column < value)
        if not window.backwards:
            yield blanks
