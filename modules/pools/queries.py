"""Pools read: all of them (kept by the epoch of rights), one person's, what lies in one, where a record lies."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from modules.pools.model import Lying, Mine, Pool, company_day, next_day_at
from modules.pools.tables import pool, pool_day, pool_event, pool_member, pool_record
from permissions.scoping import scoped_by_hand
from schema.base.actor import Actor, principal
from schema.base.clock import Clock
from schema.base.errors import NotFound
from schema.catalog import Catalog, Entity
from schema.versions import ONLY_ROW, schema_state

Executor = Any  # a connection or a session
_COLUMNS = pool.c[
    'id', 'uid', 'name', 'description', 'entity_ref', 'source', 'takes_new', 'daily_limit', 'return_days', 'activity', 'active',
    'is_default',
]  # fmt: skip
_LYING = pool_record.c['pool_id', 'record_id', 'record_uid', 'put_at', 'claimed_by', 'claimed_at', 'active_at']
_known: weakref.WeakKeyDictionary[sa.Engine, tuple[int, Mapping[int, Pool]]] = weakref.WeakKeyDictionary()


def list_pools(executor: Executor) -> list[Pool]:
    """All pools by name, closed ones too."""
    return [Pool(*row) for row in executor.execute(sa.select(*_COLUMNS).order_by(pool.c.name))]


def known_pools(connection: sa.Connection, epoch: int | None = None) -> Mapping[int, Pool]:
    """`{id: pool}` of all pools; kept until the epoch of rights moves. `epoch` is the transaction's, else read."""
    if epoch is None:
        epoch = connection.execute(sa.select(schema_state.c.rights_epoch).where(schema_state.c.id == ONLY_ROW)).scalar() or 0
    found = _known.get(connection.engine)
    if found is None or found[0] != epoch:
        made = {each.id: each for each in list_pools(connection)}
        found = _known[connection.engine] = epoch, made
    return found[1]


def get_pool(executor: Executor, uid: str, *, lock: bool = False) -> Pool:
    """Raises: NotFound POL-E001."""
    wanted = sa.select(*_COLUMNS).where(pool.c.uid == uid[:80])
    row = executor.execute(wanted.with_for_update() if lock else wanted).first()
    if row is None:
        raise NotFound.of('POL-E001')
    return Pool(*row)


def memberships(executor: Executor, actor: Actor) -> dict[int, tuple[bool, bool]]:
    """`{pool id: (member, manager)}` of one person, by name or by team, as it is now."""
    teams = sorted(actor.team_ids | actor.led_team_ids)
    mine = sa.or_(pool_member.c.user_id == actor.user_id, pool_member.c.team_id.in_(teams))
    found: dict[int, tuple[bool, bool]] = {}
    if actor.user_id is None:
        return found
    for row in executor.execute(sa.select(pool_member.c.pool_id, pool_member.c.is_manager).where(mine)):
        member, manager = found.get(row.pool_id, (False, False))
        found[row.pool_id] = member or not row.is_manager, manager or row.is_manager
    return found


def people_of(executor: Executor, pool_id: int) -> dict[str, list[int]]:
    """`{members, member_teams, managers, manager_teams: ids}` of a pool."""
    found: dict[str, list[int]] = {'members': [], 'member_teams': [], 'managers': [], 'manager_teams': []}
    for row in executor.execute(sa.select(pool_member).where(pool_member.c.pool_id == pool_id).order_by(pool_member.c.id)):
        kind = 'manager' if row.is_manager else 'member'
        if row.team_id is None:
            found[f'{kind}s'].append(row.user_id)
        else:
            found[f'{kind}_teams'].append(row.team_id)
    return found


def mine(executor: Executor, actor: Actor, catalog: Catalog, clock: Clock) -> list[Mine]:
    """The pools that a person belongs to, by name; a closed one is told to its managers alone, one whose kind of record is gone
    to nobody."""
    held = memberships(executor, actor)
    rows = [
        Pool(*row) for row in executor.execute(sa.select(*_COLUMNS).where(pool.c.id.in_(sorted(held))).order_by(pool.c.name))
    ]
    rows = [each for each in rows if each.entity_ref in catalog.by_ref and (each.active or held[each.id][1])]
    taken = taken_today(executor, actor.user_id or 0, clock)
    own = dict(
        executor.execute(
            sa.select(pool_record.c.pool_id, sa.func.count())
            .where(pool_record.c.claimed_by == actor.user_id)
            .group_by(pool_record.c.pool_id)
        ).all()
    )
    resets_at = next_day_at(clock.now(), clock.zone)
    return [
        Mine(
            each, *held[each.id], count_waiting(executor, each, catalog.by_ref[each.entity_ref]), own.get(each.id, 0),
            taken.get(each.id, 0), resets_at,
        )
        for each in rows
    ]  # fmt: skip


def taken_today(executor: Executor, user_id: int, clock: Clock) -> dict[int, int]:
    """`{pool id: claims of the person on this day of the company}`."""
    day = company_day(clock.now(), clock.zone)
    rows = executor.execute(
        sa.select(pool_day.c.pool_id, pool_day.c.taken).where(pool_day.c.user_id == user_id, pool_day.c.day == day)
    )
    return {row.pool_id: row.taken for row in rows}


def count_waiting(executor: Executor, found: Pool, entity: Entity) -> int:
    """Live records that wait in a pool."""
    counted = sa.select(sa.func.count()).select_from(_live(entity)).where(*_waiting(found, entity))
    return int(executor.execute(scoped_by_hand(counted)).scalar_one())


def list_waiting(executor: Executor, found: Pool, entity: Entity, *, limit: int, skip: int = 0) -> list[Lying]:
    """The longest waiting first, which is the order of claims."""
    wanted = sa.select(*_LYING).select_from(_live(entity)).where(*_waiting(found, entity))
    ordered = wanted.order_by(pool_record.c.put_at, pool_record.c.id).limit(limit).offset(skip)
    return [Lying(found, *row[1:]) for row in executor.execute(scoped_by_hand(ordered))]


def list_claimed(
    executor: Executor, found: Pool, entity: Entity, *, user_id: int | None = None, limit: int, skip: int = 0
) -> list[Lying]:  # fmt: skip
    """Claimed live records of a pool, those that go back soonest first; of one person when given."""
    table = pool_record.c
    whose = table.claimed_by.is_not(None) if user_id is None else table.claimed_by == user_id
    wanted = sa.select(*_LYING).select_from(_live(entity)).where(table.pool_id == found.id, whose, *_alive(entity))
    ordered = wanted.order_by(table.active_at, table.id).limit(limit).offset(skip)
    return [Lying(found, *row[1:]) for row in executor.execute(scoped_by_hand(ordered))]


def count_live(executor: Executor, found: Pool, entity: Entity) -> int:
    """Live records of a pool, waiting and claimed."""
    where = (pool_record.c.pool_id == found.id, *_alive(entity))
    return int(
        executor.execute(scoped_by_hand(sa.select(sa.func.count()).select_from(_live(entity)).where(*where))).scalar_one()
    )


def lying(executor: Executor, entity: Entity, record_ids: Iterable[int]) -> dict[int, Lying]:
    """`{record id: where it lies}`; records of no pool are left out."""
    statement = (
        sa.select(*_LYING, *_COLUMNS)
        .join(pool, pool.c.id == pool_record.c.pool_id)
        .where(pool_record.c.entity_ref == entity.ref, pool_record.c.record_id.in_(sorted(set(record_ids))))
    )
    cut = len(list(_LYING))
    return {row.record_id: Lying(Pool(*row[cut:]), *row[1:cut]) for row in executor.execute(statement)}


def count_all(executor: Executor) -> dict[int, tuple[int, int]]:
    """`{pool id: (waiting, claimed)}`, records in the bin included."""
    waits = sa.func.sum(sa.case((pool_record.c.claimed_by.is_(None), 1), else_=0))
    rows = executor.execute(sa.select(pool_record.c.pool_id, waits, sa.func.count()).group_by(pool_record.c.pool_id))
    return {row[0]: (int(row[1]), int(row[2]) - int(row[1])) for row in rows}


def last_reason(executor: Executor, entity: Entity, record_id: int) -> tuple[str, str] | None:
    """`(who, why)` of the last time that somebody gave a record back and said why."""
    table = pool_event.c
    told = (table.entity_ref == entity.ref, table.record_id == record_id, table.kind == 'released', table.reason != '')
    row = executor.execute(sa.select(table.user_name, table.reason).where(*told).order_by(table.id.desc()).limit(1)).first()
    return None if row is None else (row.user_name, row.reason)


def is_manager(actor: Actor, found: Pool) -> bool:
    """By the principals that the actor was loaded with."""
    return principal('managed_pool', found.id) in actor.principals


def _live(entity: Entity) -> Any:
    return pool_record.join(entity.table, entity.table.c.id == pool_record.c.record_id)


def _alive(entity: Entity) -> tuple[Any, ...]:
    return pool_record.c.entity_ref == entity.ref, entity.table.c.deleted_at.is_(None)


def _waiting(found: Pool, entity: Entity) -> tuple[Any, ...]:
    return pool_record.c.pool_id == found.id, pool_record.c.claimed_by.is_(None), *_alive(entity)
