"""Records that stand in a stage for too long, found along the index of owner, stage and moment. Knows no page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from modules.records.queries import Reader
from schema.catalog import Entity, Field
from schema.fieldtypes.stage import SINCE


def late(reader: Reader, entity: Entity, limits: Mapping[str, datetime], most: int, *, mine: bool) -> list[str]:
    """Uids of at most so many live records in reach that stand in one of these stages, by ref, since its moment or longer, the
    longest first; one statement. `mine` are the reader's own alone. The caller knows that the stage may be read."""
    if entity.stage is None or not limits:
        return []
    session, refs = reader.session, tuple(limits)
    place = ('late', entity.key, refs, most, mine)
    prepared = session.prepared(place, entity.key, lambda: _statement(reader, entity, entity.stage, refs, most, mine=mine))
    return list(session.run(prepared, {f'_since_{number}': limits[ref] for number, ref in enumerate(refs)}).scalars())


def _statement(
    reader: Reader, entity: Entity, stage: Field | None, refs: Sequence[str], most: int, *, mine: bool
) -> sa.Select[Any]:  # fmt: skip
    assert stage is not None
    table, column = entity.table, stage.definition.column
    since = table.c[column + SINCE]
    owned = [table.c.owner_id == reader.actor.user_id] if mine else []
    pieces = []
    for number, ref in enumerate(refs):
        standing = (reader.session.reach(entity.key, owned=mine), table.c.deleted_at.is_(None), *owned, table.c[column] == ref)
        upto = since <= sa.bindparam(f'_since_{number}', type_=since.type)
        piece = sa.select(table.c.uid, since.label('since')).where(*standing, upto).order_by(since).limit(most)
        pieces.append(sa.select(piece.subquery()))
    found = sa.union_all(*pieces).subquery()
    return sa.select(found.c.uid).order_by(found.c.since).limit(most)
