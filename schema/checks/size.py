"""Budgets: fields of an entity, columns of its table, bytes of one row on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from schema.base.findings import Finding, finding
from schema.checks.target import EntityView, Target, shown

FIELD_LIMIT = 400
COLUMN_LIMIT = 1_200  # PostgreSQL ends at 1,600 columns, dropped ones included; the rest is kept for shadows
ROW_LIMIT = 8_160
SYSTEM_BYTES = 128  # row header, null bitmap's share and the ten system columns
NARROW_BYTES = 24  # PostgreSQL moves wider texts out of the row, but leaves values below this in it


def check(target: Target, unfit: frozenset[str]) -> Iterator[Finding]:
    """`unfit` are the pointers of fields that are refused elsewhere; an entity is measured without them."""
    for entity in target.entities.values():
        pointer = f'{entity.pointer}/properties'
        if len(entity.properties) > FIELD_LIMIT:
            yield finding('SCH-E100', pointer, entity=shown(entity.key), count=len(entity.properties), limit=FIELD_LIMIT)
            continue
        columns = list(_columns(entity, unfit))
        row = SYSTEM_BYTES + len(columns) // 8 + sum(map(width, columns))
        if len(columns) > COLUMN_LIMIT:
            yield finding('SCH-E101', pointer, entity=shown(entity.key), count=len(columns), limit=COLUMN_LIMIT)
        elif row > ROW_LIMIT:
            yield finding('SCH-E102', pointer, entity=shown(entity.key), count=row, limit=ROW_LIMIT)


def width(column_type: Any) -> int:
    """Bytes a filled column needs in the row at worst, after long texts have moved out of it."""
    plain = column_type() if isinstance(column_type, type) else column_type
    plain = getattr(plain, 'impl_instance', plain)
    if isinstance(plain, sa.Boolean):
        return 1
    if isinstance(plain, sa.Numeric):
        return 16
    if isinstance(plain, sa.String):
        return NARROW_BYTES if plain.length is None or plain.length > 20 else plain.length + 1
    return 8


def _columns(entity: EntityView, unfit: frozenset[str]) -> Iterator[Any]:
    for key in entity.properties:
        kind = entity.type_of(key)
        if kind and entity.at(key) not in unfit:
            yield from kind.column_types(entity.definition(key)).values()
