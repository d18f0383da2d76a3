"""Claimed records that nobody works on go back to their pools, in chunks. Safe in two processes at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.assignment.log import Because
from modules.operations.pace import Pace
from modules.pools import placing, queries
from modules.pools.model import STRATEGY, Pool
from modules.pools.tables import pool_record
from modules.records.changing import Change
from modules.records.store import Store
from modules.runtime import Runtime
from permissions.scoping import scoped_by_hand
from schema.base.actor import Actor, system_actor
from schema.base.findings import finding
from schema.catalog import Entity

CHUNK = 100
RETRY = timedelta(days=1)
MOST_CHUNKS = 50
"""So many chunks in one turn; the rest waits for the next."""


def return_idle(runtime: Runtime) -> int:
    """Let every record whose time is over wait in its pool again; how many did. Running it twice changes nothing more."""
    with runtime.database.reading() as connection:
        pools = [each for each in queries.known_pools(connection).values() if each.active and each.return_days is not None]
    count, pace = 0, Pace(waits=runtime.database.is_sqlite)
    for found in pools:
        for _ in range(MOST_CHUNKS):
            if not _is_due(runtime, found):
                break
            pace.wait()
            count += _return_chunk(runtime, found)
    return count


def _is_due(runtime: Runtime, found: Pool) -> bool:
    """Most turns find nothing and must not take SQLite's write lock."""
    entity = runtime.catalogs.current().by_ref.get(found.entity_ref)
    if entity is None:
        return False
    with runtime.database.reading() as connection:
        return connection.execute(scoped_by_hand(_due(found, entity, runtime.clock.now()).limit(1))).first() is not None


def _return_chunk(runtime: Runtime, found: Pool) -> int:
    actor = system_actor(found.name)

    def work(store: Store) -> int:
        entity = store.catalog.by_ref.get(found.entity_ref)
        if entity is None:
            return 0
        now = store.clock.now()
        wanted = _due(found, entity, now).order_by(pool_record.c.id).limit(CHUNK)
        rows = store.session.execute(scoped_by_hand(wanted.with_for_update(skip_locked=True, of=pool_record))).all()
        return _free(store, found, entity, rows, actor)

    return runtime.write(actor, work, old_owner='drop')


def _due(found: Pool, entity: Entity, now: datetime) -> sa.Select[Any]:
    """Claimed live records without activity for the pool's days; those that stand in an end stage are done, not idle."""
    table, records = pool_record.c, entity.table
    joined = pool_record.join(records, records.c.id == table.record_id)
    where = [
        table.pool_id == found.id, table.entity_ref == entity.ref, table.claimed_by.is_not(None),
        table.active_at < now - timedelta(days=found.return_days or 0),
        sa.or_(table.retry_at.is_(None), table.retry_at < now), records.c.deleted_at.is_(None),
    ]  # fmt: skip
    if entity.stage is not None:
        ended = [each.ref for each in entity.definition.stages if each.category != 'open']
        stage = records.c[entity.stage.definition.column]
        where.append(sa.or_(stage.is_(None), stage.not_in(ended)))
    return sa.select(table.record_id, table.record_uid).select_from(joined).where(*where)


def _free(store: Store, found: Pool, entity: Entity, rows: Sequence[Any], actor: Actor) -> int:
    """Write the owners away; what a rule of the record refuses is asked again a day later."""
    session, now = store.session, store.clock.now()
    because = Because(STRATEGY, finding('POL-R003', level='warning', value=found.name, days=found.return_days))
    changes = [Change(entity, row.record_uid, {'owner': None, 'team': None}, because=because) for row in rows]
    ids = {row.record_uid: row.record_id for row in rows}
    saved = {each.id: each.uid for each in store.update_many(entity.key, changes)}
    if saved:
        placing.wait_again(session, found, entity, list(saved), by=actor, now=now)
        placing.note(session, found, entity, saved, 'returned', actor=actor, now=now)
    _put_off(session, entity, [row_id for row_id in ids.values() if row_id not in saved], now + RETRY)
    return len(saved)


def _put_off(session: Session, entity: Entity, ids: Sequence[int], until: datetime) -> None:
    if ids:
        here = (pool_record.c.entity_ref == entity.ref, pool_record.c.record_id.in_(ids))
        session.execute(pool_record.update().where(*here).values(retry_at=until))
