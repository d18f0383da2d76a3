"""Changed values as history keeps them: by ref, links with the uid of what they point to. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records import collections, deltas
from modules.records.changing import Change
from schema.catalog import Catalog, Entity
from schema.values import Link


def target_uids(
    session: Session, catalog: Catalog, pairs: Sequence[tuple[Change, Mapping[str, Any]]]
) -> Mapping[tuple[str, int], str]:
    """`{(entity, id): uid}` of records that changed links point to as yet, for history; one lookup for each target."""
    wanted: dict[str, set[int]] = {}
    for change, fresh in pairs:
        for key in fresh:
            value = change.entity.fields[key].from_row(change.current or {})
            if isinstance(value, Link) and value.entity in catalog.entities and value.id is not None:
                wanted.setdefault(value.entity, set()).add(value.id)
    found = {}
    for target, ids in wanted.items():
        table = catalog.entities[target].table
        rows = session.execute(sa.select(table.c.id, table.c.uid).where(table.c.id.in_(sorted(ids))))
        found.update({(target, row.id): row.uid for row in rows})
    return found


def frozen(entity: Entity, key: str, value: Any, uids: Mapping[tuple[str, int], str] = MappingProxyType({})) -> Any:
    field = entity.fields[key]
    if isinstance(value, Link) and (uid := uids.get((value.entity, value.id or 0))):
        value = Link(value.entity, uid, value.id)
    return field.type.freeze(field.definition, value)


def frozen_pair(change: Change, key: str, value: Any, uids: Mapping[tuple[str, int], str]) -> tuple[Any, Any]:
    field = change.entity.fields[key]
    if field.is_collection:
        return deltas.freeze(field, collections.before_of(field, change), value)
    return frozen(change.entity, key, field.from_row(change.current or {}), uids), frozen(change.entity, key, value)
