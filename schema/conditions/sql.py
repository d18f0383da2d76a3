"""Conditions as SQL over Core tables: correlated EXISTS, no join, no clock. Decides nothing in Python.

Each node is written either as 'this is true' or as 'this is false'; UNKNOWN is neither, so that NOT never meets a NULL:
`not` only asks the other question.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from schema.catalog import Catalog
from schema.conditions import aggregates, collections
from schema.conditions.binding import Binding
from schema.conditions.families import family_of
from schema.conditions.operators import OPERATORS, Clause, form_of
from schema.conditions.tree import PARENT, Aggregate, Count, Group, Hop, Node, Not, Related, Test

Table = sa.FromClause


class SqlWriter:
    def __init__(self, catalog: Catalog, binding: Binding) -> None:
        self._catalog = catalog
        self._binding = binding

    def where(self, node: Node, table: Table, *, wanted: bool) -> Clause:
        """True for exactly the rows of `table` for which the node is `wanted`; NULL or false for all others."""
        if isinstance(node, Group):
            return self._group(node, table, wanted=wanted)
        if isinstance(node, Not):
            return self.where(node.part, table, wanted=not wanted)
        if isinstance(node, Test):
            return self._test(node, table, wanted=wanted)
        if isinstance(node, Related):
            return self._related(node, table, wanted=wanted)
        if isinstance(node, Aggregate):
            return self._aggregate(node, table, wanted=wanted)
        assert isinstance(node, Count)
        return self._count(node, table, wanted=wanted)

    def _group(self, node: Group, table: Table, *, wanted: bool) -> Clause:
        clauses = [self.where(part, table, wanted=wanted) for part in node.parts]
        if node.every == wanted:
            return sa.and_(sa.true(), *clauses)
        return sa.or_(sa.false(), *clauses)

    def _test(self, node: Test, table: Table, *, wanted: bool) -> Clause:
        if not node.path:
            return self._leaf(node, table, wanted=wanted)
        if OPERATORS[node.op].blank is wanted:
            # No record at the end of the path reads as blank, which answers like this one.
            return sa.not_(self._along(node.path, table, lambda end: self._leaf(node, end, wanted=not wanted)))
        return self._along(node.path, table, lambda end: self._leaf(node, end, wanted=wanted))

    def _leaf(self, node: Test, table: Table, *, wanted: bool) -> Clause:
        if node.field.definition.table:
            return collections.leaf(node, table, self._catalog, self._binding, wanted=wanted)
        family = family_of(node.field)
        cells = family.cells(node.field, node.op, node.operand, table)
        bound = family.bind(node.field, node.op, node.operand, self._binding)
        form, blank = form_of(node.op, family.shape), OPERATORS[node.op].blank
        if wanted and blank is None:
            return (form.search or form.sql)(cells, bound)  # NULL or false over blank; an index serves it directly
        fits = form.sql(cells, bound) if wanted else sa.not_(form.sql(cells, bound))
        return sa.or_(_is_blank(cells), fits) if blank is wanted else sa.and_(sa.not_(_is_blank(cells)), fits)

    def _related(self, node: Related, table: Table, *, wanted: bool) -> Clause:
        """`any` is OR over the related records, `every` AND, `none` NOT `any`: over no record false, true, true."""
        if node.quantifier == 'none':
            wanted = not wanted
        sought = node.quantifier != 'every'
        if wanted is sought:
            return self._step(node.hop, table, lambda other: self.where(node.where, other, wanted=wanted))
        return sa.not_(self._step(node.hop, table, lambda other: _not_surely(self.where(node.where, other, wanted=wanted))))

    def _count(self, node: Count, table: Table, *, wanted: bool) -> Clause:
        other, clauses = self._joined(node.hop, table)
        clauses.append(self.where(node.where, other, wanted=True))
        number = sa.select(sa.func.count()).select_from(other).where(*clauses).correlate(table).scalar_subquery()
        fits = form_of(node.op, 'value').sql((number,), node.numbers)
        return fits if wanted else sa.not_(fits)

    def _aggregate(self, node: Aggregate, table: Table, *, wanted: bool) -> Clause:
        other, clauses = self._joined(node.hop, table)
        clauses.append(self.where(node.where, other, wanted=True))
        family = family_of(node.field)
        cell = family.cells(node.field, node.op, node.operand, other)[0]
        bound = family.bind(node.field, node.op, node.operand, self._binding)
        truth = aggregates.clause(node, cell, bound, wanted=wanted)
        return sa.select(truth).select_from(other).where(*clauses).correlate(table).scalar_subquery()

    def _along(self, path: Sequence[Hop], table: Table, inner: Callable[[Table], Clause]) -> Clause:
        first, *rest = path
        return self._step(first, table, lambda other: self._along(rest, other, inner) if rest else inner(other))

    def _step(self, hop: Hop, table: Table, inner: Callable[[Table], Clause]) -> Clause:
        other, clauses = self._joined(hop, table)
        return sa.exists(sa.select(sa.literal(1)).select_from(other).where(*clauses, inner(other)).correlate(table))

    def _joined(self, hop: Hop, table: Table) -> tuple[Table, list[Clause]]:
        entity = self._catalog.holder(hop.target)
        other = entity.table.alias()
        clauses: list[Clause] = [*collections.joins(hop, table, other), other.c.deleted_at.is_(None)]
        own = hop.via in {'lines', PARENT}  # lines are in reach as their record is
        scope = None if own else self._binding.scope
        if scope is not None and (narrowed := scope(entity, other)) is not None:
            clauses.append(narrowed)
        return other, clauses


def _is_blank(cells: Sequence[Any]) -> Clause:
    return sa.and_(*(cell.is_(None) for cell in cells))


def _not_surely(clause: Clause) -> Clause:
    """False or NULL, as one two-valued test."""
    return sa.not_(sa.func.coalesce(clause, sa.false()))
