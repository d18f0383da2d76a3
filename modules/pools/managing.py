"""What managers do with records of their pools: put in, move, take out; and the bulk operation that puts many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.assignment.log import Because
from modules.operations import service
from modules.operations.kinds import Bulk, entity_of, tally_of
from modules.operations.model import Operation, Tally
from modules.operations.service import INLINE_ROWS, Order
from modules.pools import placing, queries
from modules.pools.claiming import on_behalf_of, open_entity, require_writer
from modules.pools.model import STRATEGY, Pool
from modules.pools.tables import pool_record
from modules.records.preparing import Change
from modules.records.store import Store
from modules.runtime import Runtime
from permissions.scoping import scoped_by_hand
from schema.base.actor import Actor
from schema.base.errors import Conflict, Forbidden, Invalid, NotFound
from schema.base.findings import finding
from schema.catalog import Catalog, Entity
from schema.definitions import Texts

KIND = 'pool'
MOST_MOVED = 500


class PutWork(Bulk):
    """The bulk operation: takes owners away as the person may, and lets the records wait in the pool."""

    action = 'assign'

    def read(self, runtime: Runtime, actor: Actor, values: Mapping[str, Any]) -> tuple[dict[str, Any], Texts]:
        """`values` is `{"pool": uid}`. Members, managers and administrators may. Raises: NotFound POL-E001; Conflict POL-E005,
        POL-E006."""
        with runtime.database.reading() as connection:
            found = _reachable(runtime, connection, actor, str(values.get('pool', '')))
        open_entity(found, runtime.catalogs.current())
        return {'pool': found.uid}, {'en': found.name, 'vi': found.name}

    def write(self, store: Store, found: Operation, rows: Sequence[Any]) -> Tally:
        entity = entity_of(store.catalog, found)
        target = queries.get_pool(store.session, found.params['pool'])
        if open_entity(target, store.catalog) is not entity:
            raise Invalid.of('POL-E023', '/pool', value=target.name)
        because = Because(STRATEGY, finding('POL-R004', level='warning', value=target.name))
        changes = [Change(entity, uid, {'owner': None, 'team': None}, because=because) for uid in rows]
        saved = store.update_many(entity.key, changes)
        records = {each.id: each.uid for each in saved}
        there = _inside(store.session, entity, target, records)
        fresh = {row_id: uid for row_id, uid in records.items() if row_id not in there}
        actor, now = store.policy.actor, store.clock.now()
        count = placing.enter(store.session, target, entity, fresh, by=actor, now=now, operation_id=found.id)
        placing.note(store.session, target, entity, fresh, 'put', actor=actor, now=now)
        tally = tally_of(changes, saved)
        return Tally(count, tally.done + tally.skipped - count, tally.failed, tally.kept, tally.reasons)

    def check_undo(self, runtime: Runtime, actor: Actor) -> None:
        """The history asks for the rights to each record."""

    def beyond(self, found: Operation) -> list[Texts]:
        return []

    def taken_back(
        self, session: Session, catalog: Catalog, found: Operation, actor: Actor, now: datetime, *, again: bool
    ) -> None:  # fmt: skip
        """What nobody owned before has no history to go by: it leaves too, as far as it still waits where it was put. Undoing
        the undo puts back what had owners alone."""
        entity = catalog.by_ref.get(found.entity_ref)
        if again or entity is None:
            return
        waiting = (pool_record.c.operation_id == found.id, pool_record.c.claimed_by.is_(None))
        columns = (pool_record.c.pool_id, pool_record.c.record_id, pool_record.c.record_uid)
        rows = session.execute(sa.select(*columns).where(*waiting)).all()
        pools = {each.id: each for each in queries.list_pools(session)}
        for pool_id in {row.pool_id for row in rows}:
            mine = {row.record_id: row.record_uid for row in rows if row.pool_id == pool_id}
            placing.leave(session, entity, mine)
            placing.note(session, pools[pool_id], entity, mine, 'taken_out', actor=actor, now=now)


def put(
    runtime: Runtime, actor: Actor, pool_uid: str, target: Mapping[str, Any], *, inline_rows: int = INLINE_ROWS
) -> Operation:  # fmt: skip
    """Put records (`{"uids": […]}` or a list's filter) into a pool as one operation, over when it was small.

    Members, managers and administrators may, with records whose owner they may change. Raises: NotFound POL-E001; Forbidden
    PRM-*; Conflict POL-E005, POL-E006; Invalid OPN-E008.
    """
    with runtime.database.reading() as connection:
        found = _reachable(runtime, connection, actor, pool_uid)
    entity = open_entity(found, runtime.catalogs.current())
    order = Order(KIND, entity.key, target, {'pool': found.uid}, old_owner='drop')
    return service.start(runtime, actor, order, inline_rows=inline_rows)


def move(runtime: Runtime, actor: Actor, pool_uid: str, record_uids: Sequence[str], to_uid: str) -> int:
    """Move records of a pool to another of the same kind; how many. Managers of both pools and administrators may.

    Raises: NotFound POL-E001, REC-E028; Forbidden POL-E022; Conflict POL-E005, POL-E006; Invalid POL-E023 for another kind of
    record, POL-E024 without records.
    """

    def work(store: Store) -> int:
        session, now = store.session, store.clock.now()
        here, there = (_managed(runtime, session, actor, uid) for uid in (pool_uid, to_uid))
        entity = open_entity(there, store.catalog)
        require_writer(runtime, actor, store.catalog, entity)
        if here.entity_ref != there.entity_ref:
            raise Invalid.of('POL-E023', '/to', value=there.name)
        records = _records(session, store.catalog, here, record_uids)
        if here.id == there.id:
            return 0
        placing.move(session, here, there, entity, list(records), by=actor, now=now)
        placing.note(session, there, entity, records, 'moved', actor=actor, now=now, reason=here.name)
        return len(records)

    return runtime.write(on_behalf_of(actor), work)


def take_out(runtime: Runtime, actor: Actor, pool_uid: str, record_uids: Sequence[str]) -> int:
    """Take records out of a pool; whoever owns them keeps them, and nobody else sees them by the pool. How many.

    Managers of the pool and administrators may. Raises: NotFound POL-E001, REC-E028; Forbidden POL-E022; Invalid POL-E024.
    """

    def work(store: Store) -> int:
        session, now = store.session, store.clock.now()
        found = _managed(runtime, session, actor, pool_uid)
        records = _records(session, store.catalog, found, record_uids)
        entity = store.catalog.by_ref[found.entity_ref]
        require_writer(runtime, actor, store.catalog, entity)
        placing.leave(session, entity, records)
        placing.note(session, found, entity, records, 'taken_out', actor=actor, now=now)
        return len(records)

    return runtime.write(on_behalf_of(actor), work)


def offered_for(runtime: Runtime, actor: Actor, entity: Entity, epoch: int | None = None) -> list[Pool]:
    """Open pools that a person may put records of an entity into, by name. `epoch` as `queries.known_pools` takes it."""
    with runtime.database.reading() as connection:
        known = queries.known_pools(connection, epoch).values()
        pools = [each for each in known if each.entity_ref == entity.ref and each.active]
        if pools and not runtime.policy(actor).can_admin:
            held = queries.memberships(connection, actor)
            pools = [each for each in pools if each.id in held]
    return sorted(pools, key=lambda each: each.name)


def _reachable(runtime: Runtime, executor: Any, actor: Actor, uid: str) -> Pool:
    found = queries.get_pool(executor, uid)
    if not runtime.policy(actor).can_admin and found.id not in queries.memberships(executor, actor):
        raise NotFound.of('POL-E001')
    return found


def _managed(runtime: Runtime, session: Session, actor: Actor, uid: str) -> Pool:
    """Raises: NotFound POL-E001 for strangers, Forbidden POL-E022 for members."""
    found = queries.get_pool(session, uid)
    if runtime.policy(actor).can_admin:
        return found
    member, manager = queries.memberships(session, actor).get(found.id, (False, False))
    if not manager:
        raise Forbidden.of('POL-E022', value=found.name) if member else NotFound.of('POL-E001')
    return found


def _records(session: Session, catalog: Catalog, found: Pool, record_uids: Sequence[str]) -> dict[int, str]:
    """`{id: uid}` of named records of a pool, locked. Raises: NotFound REC-E028 when one of them lies elsewhere; Conflict
    POL-E006; Invalid POL-E024."""
    entity = catalog.by_ref.get(found.entity_ref)
    if entity is None:
        raise Conflict.of('POL-E006', value=found.name)
    wanted = list(dict.fromkeys(str(uid)[:80] for uid in record_uids))
    if not wanted or len(wanted) > MOST_MOVED:
        raise Invalid.of('POL-E024', '/records', limit=MOST_MOVED)
    table = pool_record.c
    rows = session.execute(
        sa.select(table.record_id, table.record_uid)
        .where(table.pool_id == found.id, table.record_uid.in_(wanted))
        .order_by(table.record_id)
        .with_for_update()
    )
    records = {row.record_id: row.record_uid for row in rows}
    live = session.execute(
        scoped_by_hand(
            sa.select(entity.table.c.id).where(entity.table.c.id.in_(sorted(records)), entity.table.c.deleted_at.is_(None))
        )
    )
    if len(set(live.scalars())) < len(wanted):
        raise NotFound.of('REC-E028', label=entity.definition.label)
    return records


def _inside(session: Session, entity: Entity, found: Pool, records: Mapping[int, str]) -> set[int]:
    """Which of the records wait in the pool already."""
    table = pool_record.c
    waiting = (table.entity_ref == entity.ref, table.pool_id == found.id, table.claimed_by.is_(None))
    return set(session.execute(sa.select(table.record_id).where(*waiting, table.record_id.in_(sorted(records)))).scalars())
