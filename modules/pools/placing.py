"""Records into pools, to their owners and out again: rows, sight and what is kept of it. Asks no rights, never commits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.pools.model import Pool
from modules.pools.tables import pool_event, pool_record
from permissions.granting import grant, revoke
from schema.base.actor import Actor, principal
from schema.catalog import Entity

CHUNK = 500
LONGEST_REASON = 500


def note(
    session: Session, found: Pool, entity: Entity, records: Mapping[int, str], kind: str, *, actor: Actor, now: datetime,
    reason: str = '',
) -> None:  # fmt: skip
    """Keep what happened to records (`{id: uid}`) in a pool."""
    rows = [
        {'pool_id': found.id, 'entity_ref': entity.ref, 'record_id': row_id, 'record_uid': uid, 'kind': kind,
         'user_id': actor.user_id, 'user_name': actor.name[:200], 'reason': reason[:LONGEST_REASON], 'at': now}
        for row_id, uid in records.items()
    ]  # fmt: skip
    if rows:
        session.execute(pool_event.insert(), rows)


def enter(
    session: Session, found: Pool, entity: Entity, records: Mapping[int, str], *, by: Actor, now: datetime,
    operation_id: str | None = None,
) -> int:  # fmt: skip
    """Let records that nobody owns wait in a pool: `{id: uid}`, at most a chunk. What waits there already is left alone; what
    lies in another pool moves. How many entered."""
    table = pool_record
    there = {
        row.record_id: row
        for row in session.execute(
            sa.select(table.c.record_id, table.c.pool_id, table.c.claimed_by).where(
                table.c.entity_ref == entity.ref, table.c.record_id.in_(sorted(records))
            )
        )
    }
    fresh = {row_id: uid for row_id, uid in records.items() if row_id not in there}
    other = [row_id for row_id, row in there.items() if row.pool_id != found.id or row.claimed_by is not None]
    if other:
        drop_sight(session, entity, other)
        session.execute(table.delete().where(table.c.entity_ref == entity.ref, table.c.record_id.in_(other)))
        fresh |= {row_id: records[row_id] for row_id in other}
    if not fresh:
        return 0
    session.execute(
        table.insert(),
        [
            {'pool_id': found.id, 'entity_ref': entity.ref, 'record_id': row_id, 'record_uid': uid, 'put_by': by.user_id,
             'put_at': now, 'operation_id': operation_id}
            for row_id, uid in sorted(fresh.items())
        ],
    )  # fmt: skip
    let_members_see(session, found, entity, fresh, by=by.user_id, now=now)
    let_managers_work(session, found, entity, fresh, by=by.user_id, now=now)
    return len(fresh)


def leave(session: Session, entity: Entity, record_ids: Iterable[int]) -> None:
    """Take records out of whatever pool they lie in; their owners keep them."""
    ids = sorted(record_ids)
    drop_sight(session, entity, ids)
    session.execute(pool_record.delete().where(pool_record.c.entity_ref == entity.ref, pool_record.c.record_id.in_(ids)))


def own(
    session: Session, found: Pool, entity: Entity, owners: Mapping[int, int], now: datetime
) -> None:  # fmt: skip
    """`{record id: user id}` of records of a pool that belong to somebody from now on: other members see them no more."""
    revoke(session, entity, owners, principal('pool', found.id), source='pool')
    by_user: dict[int, list[int]] = defaultdict(list)
    for row_id, user_id in owners.items():
        by_user[user_id].append(row_id)
    for user_id, ids in by_user.items():
        here = (pool_record.c.entity_ref == entity.ref, pool_record.c.record_id.in_(ids))
        values = {'claimed_by': user_id, 'claimed_at': now, 'active_at': now, 'retry_at': None}
        session.execute(pool_record.update().where(*here).values(values))


def wait_again(session: Session, found: Pool, entity: Entity, record_ids: Sequence[int], *, by: Actor, now: datetime) -> None:
    """Records of a pool that nobody owns any more wait at its end."""
    here = (pool_record.c.entity_ref == entity.ref, pool_record.c.record_id.in_(sorted(record_ids)))
    values = {'claimed_by': None, 'claimed_at': None, 'active_at': None, 'retry_at': None, 'put_by': by.user_id, 'put_at': now}
    session.execute(pool_record.update().where(*here).values(values))
    let_members_see(session, found, entity, record_ids, by=by.user_id, now=now)


def move(
    session: Session, here: Pool, there: Pool, entity: Entity, record_ids: Sequence[int], *, by: Actor, now: datetime
) -> None:  # fmt: skip
    """Records of one pool to another; their owners keep what is claimed, what waits waits on from when it began to."""
    ids = sorted(record_ids)
    mine = (pool_record.c.entity_ref == entity.ref, pool_record.c.record_id.in_(ids), pool_record.c.pool_id == here.id)
    waiting = list(
        session.execute(sa.select(pool_record.c.record_id).where(*mine, pool_record.c.claimed_by.is_(None))).scalars()
    )
    drop_sight(session, entity, ids)
    session.execute(pool_record.update().where(*mine).values(pool_id=there.id))
    let_members_see(session, there, entity, waiting, by=by.user_id, now=now)
    let_managers_work(session, there, entity, ids, by=by.user_id, now=now)


def let_members_see(
    session: Session, found: Pool, entity: Entity, record_ids: Iterable[int], *, by: int | None, now: datetime
) -> None:  # fmt: skip
    grant(session, entity, record_ids, principal('pool', found.id), level='view', source='pool', by=by, now=now)


def let_managers_work(
    session: Session, found: Pool, entity: Entity, record_ids: Iterable[int], *, by: int | None, now: datetime
) -> None:  # fmt: skip
    grant(session, entity, record_ids, principal('managed_pool', found.id), level='edit', source='pool', by=by, now=now)


def drop_sight(session: Session, entity: Entity, record_ids: Iterable[int]) -> None:
    revoke(session, entity, record_ids, source='pool')
