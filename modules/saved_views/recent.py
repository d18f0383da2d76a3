"""Records that a person lately opened: noted cheaply, told through the person's own reader. Holds no title and no value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records.model import LARGEST_PAGE, ListQuery, Record
from modules.records.queries import Reader
from schema.base.actor import Actor
from schema.base.database import Database
from schema.base.saved_views import seen_record
from schema.base.upsert import insert_once
from schema.catalog import Entity

AGAIN = timedelta(minutes=1)
KEPT = 200
"""So many records are remembered for one person."""


@dataclass(frozen=True)
class Seen:
    record: Record
    at: datetime


def note(database: Database, actor: Actor, entity: Entity, record_id: int, *, now: datetime) -> bool:
    """Remember that the person opened a record; False when that was noted within the minute, which costs one cheap read."""
    if actor.user_id is None:
        return False
    row = (
        seen_record.c.user_id == actor.user_id,
        seen_record.c.entity_ref == entity.definition.ref,
        seen_record.c.record_id == record_id,
    )
    with database.reading() as connection:
        at = connection.execute(sa.select(seen_record.c.at).where(*row)).scalar()
    if at is not None and now - at < AGAIN:
        return False
    with database.writing() as connection:
        made = insert_once(connection, seen_record, 'user_id', 'entity_ref', 'record_id').values(
            user_id=actor.user_id, entity_ref=entity.definition.ref, record_id=record_id, at=now
        )
        if not connection.execute(made).rowcount:
            connection.execute(seen_record.update().where(*row).values(at=now))
        elif at is None:
            _forget_oldest(connection, actor.user_id)
    return True


def uids_of(executor: Session | sa.Connection, actor: Actor, entity: Entity, limit: int) -> list[str]:
    """Uids of the records of one entity that the person opened last, newest first; the caller asks for them through a reader.
    One statement."""
    opened = sa.select(entity.table.c.uid).join(seen_record, seen_record.c.record_id == entity.table.c.id)
    own = opened.where(seen_record.c.user_id == actor.user_id, seen_record.c.entity_ref == entity.definition.ref)
    return list(executor.execute(own.order_by(seen_record.c.at.desc()).limit(limit)).scalars())


def latest(reader: Reader, limit: int, entities: Collection[str] = ()) -> list[Seen]:
    """What the person opened last, newest first, as far as it is still there and within reach; one statement and two more for
    each entity among it. `entities` narrows to those keys."""
    refs = [reader.catalog.entities[key].definition.ref for key in entities]
    rows = reader.session.execute(
        sa.select(seen_record.c.entity_ref, seen_record.c.record_id, seen_record.c.at)
        .where(seen_record.c.user_id == reader.actor.user_id, *([seen_record.c.entity_ref.in_(refs)] if refs else []))
        .order_by(seen_record.c.at.desc())
        .limit(limit * 2)
    ).all()
    wanted: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        wanted[row.entity_ref].add(row.record_id)
    found = {ref: _records(reader, ref, ids) for ref, ids in wanted.items()}
    seen = [Seen(record, row.at) for row in rows if (record := found[row.entity_ref].get(row.record_id)) is not None]
    return seen[:limit]


def _records(reader: Reader, ref: str, ids: set[int]) -> dict[int, Record]:
    """Live records of one entity within the person's reach, by id; none of an entity that they may not read."""
    entity = reader.catalog.by_ref.get(ref)
    if entity is None or reader.policy.scope('read', entity.key) == 'none':
        return {}
    model: Any = entity.model
    uids = reader.session.execute(sa.select(model.uid).where(model.id.in_(sorted(ids)))).scalars().all()
    query = ListQuery(
        filter={'field': 'uid', 'op': 'in', 'value': list(uids)},
        columns=(),
        size=min(LARGEST_PAGE, max(1, len(uids))),
        counted=False,
    )
    return {each.id: each for each in reader.list_page(entity.key, query).records} if uids else {}


def _forget_oldest(connection: sa.Connection, user_id: int) -> None:
    """Keep the newest ones of a person."""
    edge = connection.execute(
        sa.select(seen_record.c.at)
        .where(seen_record.c.user_id == user_id)
        .order_by(seen_record.c.at.desc())
        .offset(KEPT)
        .limit(1)
    ).scalar()
    if edge is not None:
        connection.execute(seen_record.delete().where(seen_record.c.user_id == user_id, seen_record.c.at <= edge))
