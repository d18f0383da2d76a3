"""Links and lines of records that were read: one statement for each field asked for, whatever the number of records.

A named query file: statements take the ids of records that the actor may read; what links lead to is labelled by rights later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from permissions.scoping import scoped_by_hand
from schema.catalog import Catalog, Entity, Field
from schema.fieldtypes.lines import MOST_LINES
from schema.fieldtypes.links import SHOWN_LINKS
from schema.values import Line, Lines, Link, Links

PLACE, TOTAL = '_row_place', '_row_total'  # no field's column begins with an underscore
Gathered = Mapping[tuple[str, int], Any]
"""`{(field key, record id): Links or Lines}`; records without any are absent."""


def gather(session: Session, catalog: Catalog, fields: Sequence[Field], ids: Sequence[int], most: int) -> Gathered:
    """At most so many links of each record, in their order, with the number of all; links by id alone. Lines come whole, unless
    less is asked for than a record shows."""
    found: dict[tuple[str, int], Any] = {}
    for field in fields if ids else ():
        if field.lines is None:
            read: Mapping[int, Any] = _links(session, catalog, field, ids, most)
        else:
            read = _lines(session, field.lines, ids, most if most < SHOWN_LINKS else MOST_LINES)
        found.update(((field.key, row_id), value) for row_id, value in read.items())
    return found


def _links(session: Session, catalog: Catalog, field: Field, ids: Sequence[int], most: int) -> dict[int, Links]:
    """Links to records in the bin are left out; they return with them."""
    assert field.table is not None
    pairs, target = field.table, catalog.entity(field.definition.targets[0]).table
    numbered = (
        sa.select(pairs.c.source_id, pairs.c.target_id, *_numbers(pairs.c.source_id, pairs))
        .join(target, target.c.id == pairs.c.target_id)
        .where(pairs.c.source_id.in_(ids), target.c.deleted_at.is_(None))
        .subquery()
    )
    found: dict[int, list[Link]] = defaultdict(list)
    totals: dict[int, int] = {}
    for row in session.execute(_first(numbered, most)):
        found[row.source_id].append(Link(field.definition.targets[0], '', row.target_id))
        totals[row.source_id] = getattr(row, TOTAL)
    return {source_id: Links(tuple(links), totals[source_id]) for source_id, links in found.items()}


def _lines(session: Session, lines: Entity, ids: Sequence[int], most: int) -> dict[int, Lines]:
    table = lines.table
    names = [table.c[name] for each in lines.own_fields for name in each.columns]
    numbered = (
        sa.select(table.c.id, table.c.uid, table.c.parent_id, *names, *_numbers(table.c.parent_id, table))
        .where(table.c.parent_id.in_(ids))
        .subquery()
    )
    found: dict[int, list[Line]] = defaultdict(list)
    totals: dict[int, int] = {}
    for row in map(dict, session.execute(_first(numbered, most)).mappings()):
        values = {each.key: each.from_row(row) for each in lines.own_fields}
        found[row['parent_id']].append(Line(row['uid'], values, row['id']))
        totals[row['parent_id']] = row[TOTAL]
    return {parent_id: Lines(tuple(each), totals[parent_id]) for parent_id, each in found.items()}


def _numbers(owner: sa.Column[Any], table: sa.Table) -> tuple[sa.ColumnElement[Any], ...]:
    place = sa.func.row_number().over(partition_by=owner, order_by=(table.c.position, table.c.id))
    return place.label(PLACE), sa.func.count().over(partition_by=owner).label(TOTAL)


def _first(numbered: sa.Subquery, most: int) -> sa.Select[Any]:
    return scoped_by_hand(sa.select(numbered).where(numbered.c[PLACE] <= most).order_by(numbered.c[PLACE]))
