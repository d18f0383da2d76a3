"""Rows of entity tables as a change reads and writes them. Knows no rights and no history."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from schema.base.bulk import write_rows
from schema.catalog import Entity

__all__ = ['collides', 'whole_row', 'write_rows']

_readings: WeakKeyDictionary[Entity, dict[bool, sa.Select[Any]]] = WeakKeyDictionary()


def whole_row(entity: Entity, *, deleted: bool) -> sa.Select[Any]:
    """The stored row of the record `uid`, live or binned, locked; made once for an entity, for every save asks it."""
    kept = _readings.setdefault(entity, {})
    if (statement := kept.get(deleted)) is None:
        table = entity.table
        state = table.c.deleted_at.is_not(None) if deleted else table.c.deleted_at.is_(None)
        statement = kept[deleted] = sa.select(table).where(table.c.uid == sa.bindparam('uid'), state).with_for_update()
    return statement


def collides(entity: Entity) -> bool:
    """Whether the database may refuse a row of this entity because another holds the same value."""
    return any(each.definition.unique for each in entity.own_fields) or bool(entity.definition.document.get('x-unique-keys'))
