"""Which records a part of a handover takes: of one kind those that satisfy its rule and none before it, or those that name the
leaver in a field of people. Asks the database across all scopes; who may ask for a handover is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records import resolving
from permissions.policy import Policy
from permissions.scoping import scoped_by_hand
from schema import conditions
from schema.base.actor import system_actor
from schema.base.clock import Clock
from schema.base.errors import Invalid
from schema.catalog import Catalog, Entity, Field

Clause = sa.ColumnElement[bool]
Document = Mapping[str, Any]


@dataclass(frozen=True)
class Asking:
    """What asking needs: where, by which definitions, when and about whom."""

    session: Session
    catalog: Catalog
    clock: Clock
    leaver_id: int


@dataclass(frozen=True)
class Place:
    """A field of people other than the owner: of the records themselves, or of their lines, when `line` is one."""

    entity: Entity
    field: Field
    line: Field | None = None

    @property
    def label(self) -> Field:
        return self.line or self.field


def owned_clause(asking: Asking, entity: Entity, where: Document | None, before: Sequence[Document] = ()) -> Clause:
    """Live records of the leaver that satisfy `where` (all when None) and none of the rules `before` it."""
    mine = sa.and_(entity.table.c.owner_id == asking.leaver_id, entity.table.c.deleted_at.is_(None))
    if where is not None:
        mine = sa.and_(mine, _holds(asking, entity, where))
    return sa.and_(mine, *(sa.not_(_holds(asking, entity, each)) for each in before))


def named_clause(place: Place, leaver_id: int) -> Clause:
    """Live records that name the leaver there."""
    table = place.entity.table
    if place.line is None:
        named: Clause = table.c[str(place.field.definition.column)] == leaver_id
    else:
        lines = place.field.table
        assert lines is not None
        named = sa.exists().where(lines.c.parent_id == table.c.id, lines.c[str(place.line.definition.column)] == leaver_id)
    return sa.and_(named, table.c.deleted_at.is_(None))


def places_of(catalog: Catalog) -> Iterator[Place]:
    """Every field in which people are named beside the owner."""
    for entity in catalog.entities.values():
        for each in entity.own_fields:
            if each.type.key == 'user' and each.type.stored:
                yield Place(entity, each)
            elif each.lines is not None and each.table is not None:
                yield from (Place(entity, each, part) for part in each.lines.own_fields if part.type.key == 'user')


def place_at(catalog: Catalog, stored: Mapping[str, Any]) -> Place | None:
    """The field that a part was made for; None when it is gone."""
    refs = (stored['field'], stored.get('line'))
    return next(
        (each for each in places_of(catalog)
         if each.entity.ref == stored['entity'] and (each.field.ref, each.line.ref if each.line else None) == refs),
        None,
    )  # fmt: skip


def count(asking: Asking, entity: Entity, clause: Clause) -> int:
    counted = sa.select(sa.func.count()).select_from(entity.table).where(clause)
    return int(asking.session.execute(scoped_by_hand(counted)).scalar_one())


def following(asking: Asking, entity: Entity, clause: Clause, after: int, size: int) -> list[tuple[int, str]]:
    """`[(id, uid)]` of the records behind `after`, in order of ids."""
    table = entity.table
    found = sa.select(table.c.id, table.c.uid).where(clause, table.c.id > after).order_by(table.c.id).limit(size)
    return [(row.id, row.uid) for row in asking.session.execute(scoped_by_hand(found))]


def lines_naming(session: Session, place: Place, uids: Sequence[str], leaver_id: int) -> dict[str, list[str]]:
    """`{uid of the record: uids of its lines that name the leaver}`."""
    lines, table = place.field.table, place.entity.table
    assert lines is not None and place.line is not None
    rows = session.execute(
        scoped_by_hand(
            sa.select(table.c.uid.label('record'), lines.c.uid)
            .join(lines, lines.c.parent_id == table.c.id)
            .where(table.c.uid.in_(uids), lines.c[str(place.line.definition.column)] == leaver_id)
        )
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.record, []).append(row.uid)
    return found


def _holds(asking: Asking, entity: Entity, where: Document) -> Clause:
    """Whether a rule is true of a record; one that no longer fits the schema is true of none."""
    try:
        condition = conditions.compile(where, entity, asking.catalog)
    except Invalid:
        return sa.false()
    policy = Policy(asking.catalog, system_actor('handover'))
    links = resolving.find_links(asking.session, asking.catalog, policy, condition.link_operands())
    binding = conditions.Binding(
        asking.clock.now(), asking.clock.zone, link_ids={key: link.id for key, link in links.items()}
    )  # fmt: skip
    return sa.func.coalesce(condition.sql(binding), sa.false())
