"""Records that stand in a stage for too long, found along the index of owner, stage and moment. Knows no page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from modules.records.queries import Reader
from schema.catalog import Entity
from schema.fieldtypes.stage import SINCE


def late(reader: Reader, entity: Entity, limits: Mapping[str, datetime], most: int, *, mine: bool) -> list[str]:
    """Uids of at most so many live records in reach that stand in one of these stages, by ref, since its moment or longer, the
    longest first; one statement. `mine` are the reader's own alone. The caller knows that the stage may be read."""
    if entity.stage is None or not limits:
        return []
    table, column = entity.table, entity.stage.definition.column
    since = table.c[column + SINCE]
    owned = [table.c.owner_id == reader.actor.user_id] if mine else []
    pieces = []
    for ref, moment in limits.items():
        standing = (reader.session.reach(entity.key, owned=mine), table.c.deleted_at.is_(None), *owned, table.c[column] == ref)
        piece = sa.select(table.c.uid, since.label('since')).where(*standing, since <= moment).order_by(since).limit(most)
        pieces.append(sa.select(piece.subquery()))
    found = sa.union_all(*pieces).subquery()
    return list(reader.session.execute(sa.select(found.c.uid).order_by(found.c.since).limit(most)).scalars())
