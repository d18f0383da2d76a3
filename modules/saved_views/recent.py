"""Records that a person lately opened: noted cheaply, told through the person's own reader. Holds no title and no value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records.presence import LATELY
from modules.records.queries import Reader
from schema.base.actor import Actor
from schema.base.database import Database
from schema.base.saved_views import seen_record
from schema.base.upsert import insert_once
from schema.catalog import Entity
from schema.values import Link, Links

KEPT = 200
"""So many records are remembered for one person."""


@dataclass(frozen=True)
class Seen:
    link: Link
    at: datetime


def note(database: Database, reader: Reader, entity: Entity, record_id: int) -> bool:
    """Remember that the person opened a record; False when that was noted within the minute, which costs one cheap read."""
    actor, now = reader.actor, reader.clock.now()
    if actor.user_id is None:
        return False
    row = (
        seen_record.c.user_id == actor.user_id,
        seen_record.c.entity_ref == entity.definition.ref,
        seen_record.c.record_id == record_id,
    )
    at = reader.session.connection().execute(sa.select(seen_record.c.at).where(*row)).scalar()
    if at is not None and now - at < LATELY:
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


def latest(reader: Reader, limit: int) -> list[Seen]:
    """What the person opened last, newest first, as far as it is still there and within reach; two statements."""
    rows = reader.session.connection().execute(
        sa.select(seen_record.c.entity_ref, seen_record.c.record_id, seen_record.c.at)
        .where(seen_record.c.user_id == reader.actor.user_id)
        .order_by(seen_record.c.at.desc())
        .limit(limit * 2)
    )
    known = reader.catalog.by_ref
    opened = [(Link(known[row.entity_ref].key, '', row.record_id), row.at) for row in rows if row.entity_ref in known]
    named = reader.labelled(Links(tuple(link for link, _at in opened), len(opened)))
    found = [Seen(known_link, at) for known_link, (_link, at) in zip(named.links, opened, strict=True)]
    return [each for each in found if not (each.link.hidden or each.link.deleted)][:limit]


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
