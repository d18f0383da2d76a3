"""Fields read through a link: filled in for records that were read, and sorted by; both with the rights of the target.

A named query file: statements carry the reading rule of the target by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from permissions.policy import Policy
from permissions.scoping import scoped_by_hand
from schema.catalog import Catalog, Entity, Field

Shown = Mapping[tuple[str, int], Any]
"""`{(key of the field, id of the record behind the link): value}`; what the actor may not see is absent."""


@dataclass(frozen=True)
class Source:
    """Where the values of a field come from."""

    field: Field
    link: Field
    entity: Entity
    behind: Field

    @property
    def column(self) -> str:
        return self.link.definition.column


NUMBERED = 'autonumber'


@dataclass(frozen=True, eq=False)
class Ordered(Field):
    """A field that sorts by a column which is not its own."""

    column: sa.ColumnElement[Any] | None = None

    @property
    def comparable(self) -> sa.ColumnElement[Any]:
        assert self.column is not None
        return self.column


def is_through(field: Field) -> bool:
    return field.definition.type == 'through'


def sources(catalog: Catalog, policy: Policy, entity: Entity, wanted: Iterable[Field]) -> list[Source]:
    """Those of the fields that the actor may see through: with the right to the link, the target and the field there."""
    found = []
    for each in filter(is_through, wanted):
        through = each.definition.document['x-through']
        link = entity.find_field(through['link'])
        if link is None or not link.is_link or link.key not in policy.readable(entity.key):
            continue
        target = catalog.find_entity(link.definition.targets[0])
        behind = target.find_field(through['field']) if target is not None else None
        if target is None or behind is None or not policy.decide('read', target.key).allowed:
            continue
        if behind.key in policy.readable(target.key):
            found.append(Source(each, link, target, behind))
    return found


def link_columns(entity: Entity, found: Iterable[Source]) -> dict[str, Any]:
    """The columns that a statement must carry so that `read` can follow them."""
    return {each.column: entity.table.c[each.column] for each in found}


def read(session: Session, policy: Policy, found: Sequence[Source], rows: Sequence[Mapping[str, Any]]) -> Shown:
    """One statement for each link, whatever the number of records and of fields behind it."""
    shown: dict[tuple[str, int], Any] = {}
    for column in dict.fromkeys(each.column for each in found):
        group = [each for each in found if each.column == column]
        ids = {row[column] for row in rows} - {None}
        if not ids:
            continue
        target = group[0].entity
        table = target.table
        names = {name: held for each in group for name, held in each.behind.columns.items()}
        statement = sa.select(table.c.id.label('_behind'), *names.values()).where(
            table.c.id.in_(sorted(ids)), policy.table_predicate('read', target, table)
        )
        for row in map(dict, session.execute(scoped_by_hand(statement)).mappings()):
            shown.update({(each.field.key, row['_behind']): each.behind.from_row(row) for each in group})
    return shown


def sortable(catalog: Catalog, policy: Policy, entity: Entity, pairs: Sequence[tuple[Field, bool]]) -> list[tuple[Field, bool]]:
    """The same fields; those behind links sort by what stands there, blank where the actor may not see it. Numbers that are
    given out sort as they were given: their text would put 10 before 9 where the pattern has no zeros."""
    found = {each.field.key: each for each in sources(catalog, policy, entity, (field for field, _ in pairs))}
    return [(_in_order(policy, entity, field, found.get(field.key)), down) for field, down in pairs]


def _in_order(policy: Policy, entity: Entity, field: Field, source: Source | None) -> Field:
    if field.definition.type == NUMBERED:
        return Ordered(**_members(field), column=entity.table.c.id)
    return _ordered(policy, entity, field, source) if is_through(field) else field


def _members(field: Field) -> dict[str, Any]:
    return {each.name: getattr(field, each.name) for each in fields(Field)}


def _ordered(policy: Policy, entity: Entity, field: Field, source: Source | None) -> Field:
    members = _members(field)
    if source is None:
        return Ordered(**members, column=sa.null())
    other = source.entity.table.alias()
    held = {name: other.c[name] for name in source.behind.columns}
    numbered = source.behind.definition.type == NUMBERED
    value = other.c.id if numbered else source.behind.type.comparable_column(source.behind.definition, held)
    mine = entity.table.c[source.column]
    chosen = sa.select(value).where(other.c.id == mine, policy.table_predicate('read', source.entity, other))
    return Ordered(**members, column=chosen.correlate(entity.table).scalar_subquery())
