"""How much somebody has to look after: open records of an entity for each person.

Open is a live record in an open stage, or in none; where an entity has no stages every live record counts, whoever may see it:
a load is a number about a person, and no record leaves.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from permissions.scoping import scoped_by_hand
from schema.catalog import Entity


def open_records(entity: Entity) -> sa.ColumnElement[bool]:
    """Which rows of the entity's table are open."""
    live = entity.table.c.deleted_at.is_(None)
    if entity.stage is None:
        return live
    column = entity.table.c[entity.stage.definition.column]
    refs = [each.ref for each in entity.definition.stages if each.category == 'open']
    return sa.and_(live, sa.or_(column.is_(None), column.in_(refs)))


def loads(session: Session, entity: Entity, user_ids: Collection[int]) -> dict[int, int]:
    """`{user id: open records}`; who has none is left out. One statement."""
    owner = entity.table.c.owner_id
    counted = sa.select(owner, sa.func.count()).where(owner.in_(list(user_ids)), open_records(entity)).group_by(owner)
    return {row[0]: row[1] for row in session.execute(scoped_by_hand(counted))}
