"""Which entities a statement touches, and whether record rules can cover every touch. Knows tables, not rights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import and_
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ClauseElement, TextClause
from sqlalchemy.sql.selectable import CTE, Alias, CompoundSelect, Join, Lateral, Subquery, TableSample
from sqlalchemy.sql.util import surface_expressions

from schema.base.errors import TrellisError

SCOPED = 'trellis_scoped'  # annotation of a record rule's clause: the hash of the table or alias that it narrows
Sources = Mapping[sa.Table, str]
"""`{entity table: entity key}`."""


def entities_reached(statement: ClauseElement, sources: Sources) -> frozenset[str]:
    """Keys of the entities whose mapped classes the statement reads, nested selects included.

    SQLAlchemy applies loader criteria to a mapped class only where a select names it as a column, a FROM, a join target or in a
    plain comparison of its WHERE. A Core table counts as scoped when the record rule's own clause is among the conditions.
    Any other touch would read rows past the rules, so it is refused.

    Raises: TrellisError PRM-E005.
    """
    found: set[str] = set()
    for select in _selects(statement):
        _scan(select, sources, frozenset(), found)
    return frozenset(found)


def _selects(statement: ClauseElement) -> Iterator[sa.Select[Any]]:
    if isinstance(statement, sa.Select):
        yield statement
    elif isinstance(statement, CompoundSelect):
        for part in statement.selects:
            yield from _selects(part)
    elif isinstance(statement, (Subquery, CTE, sa.ScalarSelect, sa.Exists)) or hasattr(statement, 'element'):
        yield from _selects(statement.element)
    else:
        raise TrellisError.of('PRM-E005', value=type(statement).__name__)


def _scan(select: sa.Select[Any], sources: Sources, outer: frozenset[int], found: set[str]) -> None:
    """Check one SELECT; `outer` are the tables and aliases that enclosing selects cover."""
    scoped = frozenset(_scoped(select))
    covered = scoped | frozenset(_covered(select))
    for source in select._from_obj:
        if isinstance(source, Join) and any(_entity(side, sources) for side in _flat(source)):
            raise TrellisError.of('PRM-E005', value='select_from(join(…))')
    for touched, nested, correlates in _touches(select):
        if nested is not None:
            for inner in _selects(nested):
                inherits = correlates and (inner._auto_correlate or bool(inner._correlate))
                _scan(inner, sources, (covered | outer) if inherits else frozenset(), found)
        elif entity := _entity(touched, sources):
            if hash(touched) not in covered and hash(touched) not in outer:
                raise TrellisError.of('PRM-E005', value=entity)
            if hash(touched) not in scoped and hash(touched) not in outer:
                found.add(entity)


def _scoped(select: sa.Select[Any]) -> Iterator[int]:
    """Hashes of the tables and aliases that a record rule narrows by hand, as one of the conditions that must all hold."""
    pending: list[Any] = list(select._where_criteria)
    while pending:
        clause = pending.pop()
        if SCOPED in clause._annotations:
            yield clause._annotations[SCOPED]
        elif isinstance(clause, sa.BooleanClauseList) and clause.operator is and_:
            pending += clause.clauses


def _covered(select: sa.Select[Any]) -> Iterator[int]:
    """Hashes of the tables and aliases where SQLAlchemy finds a mapped class; an annotated element hashes like its original."""
    named: list[Any] = [*select._raw_columns, *select._from_obj, *(join[0] for join in select._setup_joins)]
    for clause in select._where_criteria:
        named += surface_expressions(clause)  # type: ignore[no-untyped-call]
    for element in named:
        if 'parententity' in element._annotations:
            source = getattr(element, 'table', element)
            yield hash(source)


def _touches(select: sa.Select[Any]) -> Iterator[tuple[Any, Any, bool]]:
    """`(table or alias, None, False)` for each mention here, `(None, nested, correlates)` for each nested one."""
    pending: list[Any] = [
        *select._raw_columns,
        *select._from_obj,
        *(part for join in select._setup_joins for part in join[:3] if isinstance(part, ClauseElement)),
        *select._where_criteria,
        *select._having_criteria,
        *select._group_by_clauses,
        *select._order_by_clauses,
    ]
    seen: set[int] = set()
    while pending:
        element = pending.pop()
        if id(element) in seen:
            continue
        seen.add(id(element))
        if SCOPED in element._annotations:
            continue  # a record rule's own clause: what it looks at to decide, it looks at whole
        if isinstance(element, (sa.Select, CompoundSelect, sa.ScalarSelect, sa.Exists, Lateral)):
            yield None, element, True
        elif isinstance(element, (Subquery, CTE)):
            yield None, element, False
        elif isinstance(element, (sa.Table, Alias, TableSample)):
            yield element, None, False
        elif isinstance(element, sa.ColumnClause):
            if element.table is not None:
                pending.append(element.table)
        elif not isinstance(element, TextClause):
            pending += element.get_children()


def _entity(source: Any, sources: Sources) -> str | None:
    while isinstance(source, (Alias, TableSample)):
        source = source.element
    return sources.get(source) if isinstance(source, sa.Table) else None


def _flat(join: Join) -> Iterator[Any]:
    for side in (join.left, join.right):
        if isinstance(side, Join):
            yield from _flat(side)
        else:
            yield side
