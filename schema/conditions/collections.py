"""Links and lines in conditions: the step from a record along them, and tests of the whole list. Reads no document."""

from __future__ import annotations

import sqlalchemy as sa

from schema.catalog import Catalog
from schema.conditions.binding import Binding
from schema.conditions.families import NOBODY
from schema.conditions.operators import Clause
from schema.conditions.tree import Hop, Node, Test, walk

Table = sa.FromClause


def pairs_of(name: str) -> sa.TableValuedAlias | sa.FromClause:
    """A table of pairs, by its name, for one statement."""
    return sa.table(name, sa.column('source_id', sa.BigInteger), sa.column('target_id', sa.BigInteger)).alias()


def is_own(hop: Hop) -> bool:
    """Whether the step follows links or lines that the record itself holds."""
    return hop.via == 'lines' or (hop.via == 'links' and not hop.back)


def reads_collections(node: Node) -> bool:
    """Whether a whole list is tested anywhere."""
    return any(isinstance(each, Test) and each.field.definition.table != '' for each in walk(node))


def joins(hop: Hop, table: Table, other: Table) -> list[Clause]:
    """How the rows at the end of a step belong to those at its beginning."""
    if hop.via != 'links':
        return [other.c[hop.column] == table.c.id if hop.back else other.c.id == table.c[hop.column]]
    pairs = pairs_of(hop.pairs)
    here, there = ('target_id', 'source_id') if hop.back else ('source_id', 'target_id')
    return [pairs.c[here] == table.c.id, pairs.c[there] == other.c.id]


def leaf(node: Test, table: Table, catalog: Catalog, binding: Binding, *, wanted: bool) -> Clause:
    """A test of links or lines as a whole: true for exactly the rows for which it is `wanted`."""
    definition = node.field.definition
    if definition.lines is not None:
        rows = sa.table(definition.table, sa.column('parent_id', sa.BigInteger)).alias()
        filled: Clause = sa.exists(
            sa.select(sa.literal(1)).select_from(rows).where(rows.c.parent_id == table.c.id).correlate(table)
        )
        return filled if (node.op == 'is_not_empty') is wanted else sa.not_(filled)
    filled = _linked(node, table, catalog, binding)
    if node.op in {'is_empty', 'is_not_empty'}:
        return filled if (node.op == 'is_not_empty') is wanted else sa.not_(filled)
    ids = [row_id for part in node.operand.parts for row_id in (*binding.ids_of(part), NOBODY)[:1]]
    if node.op == 'has_all':
        fits: Clause = sa.and_(*(_linked(node, table, catalog, binding, [row_id]) for row_id in ids))
    else:
        fits = _linked(node, table, catalog, binding, ids)
    if (node.op == 'has_none') is not wanted:
        return fits
    return sa.and_(filled, sa.not_(fits))


def _linked(node: Test, table: Table, catalog: Catalog, binding: Binding, ids: list[int] | None = None) -> Clause:
    """Whether the record links to a live record in reach, to one of `ids` when they are given."""
    target = catalog.entity(node.field.definition.targets[0])
    pairs, other = pairs_of(node.field.definition.table), target.table.alias()
    clauses = [pairs.c.source_id == table.c.id, other.c.id == pairs.c.target_id, other.c.deleted_at.is_(None)]
    if ids is not None:
        clauses.append(pairs.c.target_id.in_(ids))
    if binding.scope is not None and (narrowed := binding.scope(target, other)) is not None:
        clauses.append(narrowed)
    return sa.exists(sa.select(sa.literal(1)).select_from(pairs).where(*clauses).correlate(table))
