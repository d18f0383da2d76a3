"""Pools in step with records, whoever writes them: what enters by itself, what gets an owner, what counts as activity.

The store tells of every written row in its own transaction, so that forms, the API, imports and workflows agree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from modules.assignment.log import Because
from modules.pools import placing, queries, sources
from modules.pools.model import STRATEGY, Pool
from modules.pools.tables import pool_record
from modules.records.following import Unit, Written
from schema.catalog import Entity
from schema.values import Link, Links

Pools = Mapping[int, Pool]


class PoolFollower:
    """Registered with the store."""

    def created(self, unit: Unit, entity: Entity, written: Sequence[Written]) -> None:
        """New records that nobody owns enter the first pool that takes them; work on records of pools is counted."""
        pools = queries.known_pools(unit.session.connection(), unit.rights_epoch)
        if not pools:
            return
        _count_related(unit, pools, written)
        left = {each.id: each for each in written if each.change.value('owner') is None or _nobody_chose(unit, each)}
        for found in sources.in_order(pools.values(), entity):
            offered = {row_id: each for row_id, each in left.items() if found.takes_new or each.change.value('owner') is None}
            entering = sources.taken(unit.session, unit.catalog, unit.clock, found, offered.keys()) if offered else set()
            _take_owners(unit, entity, [left[row_id] for row_id in entering])
            _enter(unit, found, entity, {row_id: left.pop(row_id).change.uid for row_id in entering})

    def updated(self, unit: Unit, entity: Entity, written: Sequence[Written]) -> None:
        """Owners given and taken, work on claimed records, and records that a rule now takes."""
        pools = queries.known_pools(unit.session.connection(), unit.rights_epoch)
        if not any(each.entity_ref == entity.ref for each in pools.values()):
            return
        by_id = {each.id: each for each in written}
        table = pool_record.c
        columns = table['record_id', 'record_uid', 'pool_id', 'claimed_by', 'claimed_at', 'operation_id']
        rows = unit.session.execute(
            sa.select(*columns).where(table.entity_ref == entity.ref, table.record_id.in_(sorted(by_id)))
        ).all()
        _count_own(unit, pools, entity, [row.record_id for row in rows if row.claimed_by is not None])
        others = {each.id: each for each in written if not _is_ours(each)}
        _follow_owners(unit, pools, entity, [(row, others[row.record_id]) for row in rows if row.record_id in others])
        outside = others.keys() - {row.record_id for row in rows}
        _collect(unit, pools, entity, [others[row_id] for row_id in outside if not others[row_id].change.reverts])


def _is_ours(each: Written) -> bool:
    """What pools do themselves they also place themselves."""
    return isinstance(each.change.because, Because) and each.change.because.strategy == STRATEGY


def _nobody_chose(unit: Unit, each: Written) -> bool:
    """A person's new record that is theirs only because they typed it."""
    return 'owner' not in each.change.wire and unit.actor.user_id is not None and not each.change.reverts


def _take_owners(unit: Unit, entity: Entity, taken: Sequence[Written]) -> None:
    owned = [each for each in taken if each.change.value('owner') is not None]
    if not owned:
        return
    table = entity.table
    blank = {'owner_id': None, 'team_id': None}
    unit.session.execute(table.update().where(table.c.id.in_(sorted(each.id for each in owned))).values(blank))
    for each in owned:
        each.change.values.update({'owner': None, 'team': None})
        each.row.update(blank)


def _enter(unit: Unit, found: Pool, entity: Entity, records: Mapping[int, str]) -> None:
    if records:
        placing.enter(unit.session, found, entity, records, by=unit.actor, now=unit.now)
        placing.note(unit.session, found, entity, records, 'entered', actor=unit.actor, now=unit.now)


def _collect(unit: Unit, pools: Pools, entity: Entity, written: Sequence[Written]) -> None:
    """Records outside that nobody owns, when losing the owner or another value lets a rule take them."""
    left = {each.id: each for each in written if each.change.value('owner') is None}
    for found in sources.in_order(pools.values(), entity):
        offered = {
            row_id
            for row_id, each in left.items()
            if 'owner' in each.fresh or sources.touches(found, entity, unit.catalog, each.fresh.keys())
        }
        entering = sources.taken(unit.session, unit.catalog, unit.clock, found, offered) if offered else set()
        _enter(unit, found, entity, {row_id: left.pop(row_id).change.uid for row_id in entering})


def _follow_owners(unit: Unit, pools: Pools, entity: Entity, pairs: Iterable[tuple[Any, Written]]) -> None:
    """What was given or taken by others than the pool itself."""
    given: dict[int, dict[int, tuple[str, int]]] = defaultdict(dict)
    freed: dict[int, dict[int, str]] = defaultdict(dict)
    undone: dict[int, dict[int, str]] = defaultdict(dict)
    for row, each in pairs:
        if 'owner' not in each.fresh:
            continue
        owner = each.fresh['owner']
        owner_id = owner.id if isinstance(owner, Link) else None
        if each.change.reverts and owner_id is not None and row.operation_id is not None and row.claimed_at is None:
            undone[row.pool_id][row.record_id] = row.record_uid
        elif owner_id is not None and owner_id != row.claimed_by:
            given[row.pool_id][row.record_id] = row.record_uid, owner_id
        elif owner_id is None and row.claimed_by is not None:
            freed[row.pool_id][row.record_id] = row.record_uid
    session, now = unit.session, unit.now
    for pool_id, owners in given.items():
        placing.own(session, pools[pool_id], entity, {row_id: user_id for row_id, (_, user_id) in owners.items()}, now)
        uids = {row_id: uid for row_id, (uid, _) in owners.items()}
        placing.note(session, pools[pool_id], entity, uids, 'given', actor=unit.actor, now=now)
    for pool_id, uids in freed.items():
        placing.wait_again(session, pools[pool_id], entity, list(uids), by=unit.actor, now=now)
        placing.note(session, pools[pool_id], entity, uids, 'released', actor=unit.actor, now=now)
    for pool_id, uids in undone.items():
        placing.leave(session, entity, uids)
        placing.note(session, pools[pool_id], entity, uids, 'taken_out', actor=unit.actor, now=now)


def _count_own(unit: Unit, pools: Pools, entity: Entity, ids: Sequence[int]) -> None:
    """A person changed claimed records."""
    _count(unit, pools, {entity.ref: set(ids)})


def _count_related(unit: Unit, pools: Pools, written: Sequence[Written]) -> None:
    """A person made records (activities, tasks, appointments, …) that point to records of pools."""
    pooled = {
        unit.catalog.by_ref[ref].key: ref for ref in {each.entity_ref for each in pools.values()} if ref in unit.catalog.by_ref
    }
    reached: dict[str, set[int]] = defaultdict(set)
    for each in written:
        for value in each.change.values.values():
            for link in (value,) if isinstance(value, Link) else value.links if isinstance(value, Links) else ():
                if link.entity in pooled and link.id is not None:
                    reached[pooled[link.entity]].add(link.id)
    _count(unit, pools, reached)


def _count(unit: Unit, pools: Pools, reached: Mapping[str, set[int]]) -> None:
    """Remember the moment, where the pool counts this person's work."""
    if unit.actor.user_id is None:
        return
    table = pool_record
    for ref, ids in reached.items():
        anyone = sorted(each.id for each in pools.values() if each.entity_ref == ref and each.activity == 'anyone')
        if ids:
            counts = sa.or_(table.c.claimed_by == unit.actor.user_id, table.c.pool_id.in_(anyone))
            mine = (table.c.entity_ref == ref, table.c.record_id.in_(sorted(ids)), table.c.claimed_by.is_not(None), counts)
            unit.session.execute(table.update().where(*mine).values(active_at=unit.now))
