"""Rows of entity tables changed in batches: statements grouped by the columns they set. Knows no rights and no history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from schema.catalog import Entity

KEY = '_row_key'


_readings: WeakKeyDictionary[Entity, dict[bool, sa.Select[Any]]] = WeakKeyDictionary()


def whole_row(entity: Entity, *, deleted: bool) -> sa.Select[Any]:
    """The stored row of the record `uid`, live or binned, locked; made once for an entity, for every save asks it."""
    kept = _readings.setdefault(entity, {})
    if (statement := kept.get(deleted)) is None:
        table = entity.table
        state = table.c.deleted_at.is_not(None) if deleted else table.c.deleted_at.is_(None)
        statement = kept[deleted] = sa.select(table).where(table.c.uid == sa.bindparam('uid'), state).with_for_update()
    return statement


def write_rows(executor: Any, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set columns of rows named by their `id`: one statement for all rows that set the same columns.

    Raises: IntegrityError, which ends the transaction or the savepoint around it.
    """
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        values = {name: value for name, value in row.items() if name != 'id'}
        groups[tuple(values)].append({**values, KEY: row['id']})
    for names, group in groups.items():
        statement = table.update().where(table.c.id == sa.bindparam(KEY)).values({name: sa.bindparam(name) for name in names})
        executor.execute(statement, group if len(group) > 1 else group[0])


def collides(entity: Entity) -> bool:
    """Whether the database may refuse a row of this entity because another holds the same value."""
    return any(each.definition.unique for each in entity.own_fields) or bool(entity.definition.document.get('x-unique-keys'))
