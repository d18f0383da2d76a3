"""Claims and releases: one record at a time, never the same one twice, never over the daily limit. Free of Flask.

The write is the pool's, on behalf of the person: it needs no right to change records that nobody owns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from modules.assignment.log import Because
from modules.pools import placing, queries
from modules.pools.model import STRATEGY, Pool, company_day, next_day_at
from modules.pools.tables import pool_day, pool_record
from modules.records.changing import Change
from modules.records.store import Store
from modules.runtime import Runtime
from permissions.scoping import scoped_by_hand
from schema.base.actor import Actor
from schema.base.errors import Conflict, Forbidden, Invalid, NotFound, require_clean
from schema.base.findings import finding
from schema.catalog import Catalog, Entity
from schema.fieldtypes.days import DAY_PATTERNS, moment_text

MOST_TRIED = 20
"""So many records that a rule keeps back are passed over before a claim of the next one gives up."""


@dataclass(frozen=True)
class Claimed:
    """What a claim gave: the record, and how many more the person may claim today (None without a limit)."""

    pool: Pool
    entity: Entity
    uid: str
    remaining: int | None
    resets_at: datetime


def claim(runtime: Runtime, actor: Actor, pool_uid: str, record_uid: str | None = None) -> Claimed:
    """Make the person the owner of the longest waiting record, or of the chosen one.

    Raises: NotFound POL-E001 for a pool that they are no member of, REC-E028 for a record that does not lie in it; Forbidden
    POL-E003 for managers who are no members, PRM-*; Conflict POL-E002 over the limit, POL-E004 claimed by somebody else,
    POL-E005 closed pool, POL-E006 kind of record gone, POL-E007 empty pool; Invalid and Conflict of the record's own rules.
    """

    def work(store: Store) -> Claimed:
        session = store.session
        found = queries.get_pool(session, pool_uid)
        _require_member(session, actor, found)
        entity = open_entity(found, store.catalog)
        require_reader(runtime, actor, store.catalog, entity)
        taken = _count(session, found, actor, runtime)
        give = _taker(store, found, entity, actor)
        uid = _take_next(store, found, entity, give) if record_uid is None else _take(session, found, entity, record_uid, give)
        remaining = None if found.daily_limit is None else found.daily_limit - taken
        return Claimed(found, entity, uid, remaining, next_day_at(runtime.clock.now(), runtime.clock.zone))

    return runtime.write(on_behalf_of(actor), work, old_owner='drop')


def release(runtime: Runtime, actor: Actor, pool_uid: str, record_uid: str, reason: str) -> None:
    """Give a claimed record back: its owner may, and the pool's managers and administrators.

    Raises: NotFound POL-E001, REC-E028; Forbidden POL-E008; Conflict POL-E005, POL-E006, POL-E009 for one that waits already;
    Invalid POL-E010 without a reason.
    """
    told = _reason(reason)

    def work(store: Store) -> None:
        session, now = store.session, store.clock.now()
        found = queries.get_pool(session, pool_uid)
        member, manager = queries.memberships(session, actor).get(found.id, (False, False))
        may_manage = runtime.policy(actor).can_admin or manager
        if not (member or may_manage or _may_know(runtime, session, actor, found, record_uid)):
            raise NotFound.of('POL-E001')
        entity = open_entity(found, store.catalog)
        require_writer(runtime, actor, store.catalog, entity)
        row = _locked(session, found, entity, record_uid)
        if row is None or not (may_manage or row.claimed_by == actor.user_id or _may_see(runtime, actor, entity, record_uid)):
            raise NotFound.of('REC-E028', label=entity.definition.label)
        if row.claimed_by is None:
            raise Conflict.of('POL-E009')
        if row.claimed_by != actor.user_id and not may_manage:
            raise Forbidden.of('POL-E008')
        placing.wait_again(session, found, entity, [row.record_id], by=actor, now=now)
        placing.note(session, found, entity, {row.record_id: record_uid}, 'released', actor=actor, now=now, reason=told)
        _give_owner(store, found, entity, record_uid, {'owner': None, 'team': None}, 'POL-R002')

    runtime.write(on_behalf_of(actor), work, old_owner='drop')


def on_behalf_of(actor: Actor) -> Actor:
    """The person with the rights of the pool: what is written bears their name."""
    return replace(actor, is_system=True, limit=None)


def open_entity(found: Pool, catalog: Catalog) -> Entity:
    """Raises: Conflict POL-E005 for a closed pool, POL-E006 when its kind of record is gone."""
    if not found.active:
        raise Conflict.of('POL-E005', value=found.name)
    entity = catalog.by_ref.get(found.entity_ref)
    if entity is None:
        raise Conflict.of('POL-E006', value=found.name)
    return entity


def require_reader(runtime: Runtime, actor: Actor, catalog: Catalog, entity: Entity) -> None:
    """Whoever gets a record must be able to see it. Raises: Forbidden PRM-E001."""
    runtime.policy(actor, catalog).require('read', entity.key)
    require_writer(runtime, actor, catalog, entity)


def require_writer(runtime: Runtime, actor: Actor, catalog: Catalog, entity: Entity) -> None:
    """A token that only reads claims nothing. Raises: Forbidden PRM-E001."""
    if actor.limit is not None and not actor.limit.allows('update', entity.ref):
        runtime.policy(actor, catalog).require('update', entity.key)


def _may_know(runtime: Runtime, session: Session, actor: Actor, found: Pool, record_uid: str) -> bool:
    """Whether somebody who does not belong to a pool holds or sees the record, and so may know where it lies."""
    entity = runtime.policy(actor).catalog.by_ref.get(found.entity_ref)
    if entity is None:
        return False
    mine = (pool_record.c.pool_id == found.id, pool_record.c.record_uid == record_uid[:36])
    holder = session.execute(sa.select(pool_record.c.claimed_by).where(*mine)).first()
    return holder is not None and (holder.claimed_by == actor.user_id or _may_see(runtime, actor, entity, record_uid))


def _require_member(session: Session, actor: Actor, found: Pool) -> None:
    member, manager = queries.memberships(session, actor).get(found.id, (False, False))
    if member:
        return
    if manager:
        raise Forbidden.of('POL-E003', value=found.name)
    raise NotFound.of('POL-E001')


def _count(session: Session, found: Pool, actor: Actor, runtime: Runtime) -> int:
    """Count one claim of today, in one statement that waits for the person's other claims. Raises: Conflict POL-E002."""
    now, zone = runtime.clock.now(), runtime.clock.zone
    limit, resets_at = found.daily_limit, next_day_at(now, zone)
    connection = session.connection()
    dialect = postgresql if connection.dialect.name == 'postgresql' else sqlite
    first = dialect.insert(pool_day).values(pool_id=found.id, user_id=actor.user_id, day=company_day(now, zone), taken=1)
    counting = first.on_conflict_do_update(
        index_elements=[pool_day.c.pool_id, pool_day.c.user_id, pool_day.c.day],
        set_={'taken': pool_day.c.taken + 1},
        where=sa.true() if limit is None else pool_day.c.taken < limit,
    ).returning(pool_day.c.taken)
    taken = None if limit == 0 else connection.execute(counting).scalar()
    if taken is None:
        local = resets_at.astimezone(actor.zone)
        raise Conflict.of(
            'POL-E002',
            value=limit,
            when={each: moment_text(local, each) for each in DAY_PATTERNS},
            resets_at=resets_at.isoformat(),
        )
    return int(taken)


def _taker(store: Store, found: Pool, entity: Entity, actor: Actor) -> Callable[[Any], str]:
    """What gives one locked row of the pool to the person."""

    def give(row: Any) -> str:
        session, now = store.session, store.clock.now()
        placing.own(session, found, entity, {row.record_id: actor.user_id or 0}, now)
        placing.note(session, found, entity, {row.record_id: row.record_uid}, 'claimed', actor=actor, now=now)
        _give_owner(store, found, entity, row.record_uid, {'owner': actor.username}, 'POL-R001')
        return str(row.record_uid)

    return give


def _give_owner(store: Store, found: Pool, entity: Entity, uid: str, wire: dict[str, Any], code: str) -> None:
    """Write the owner under the record's own rules. Raises: Invalid, Conflict."""
    because = Because(STRATEGY, finding(code, level='warning', value=found.name))
    change = Change(entity, uid, wire, because=because)
    store.update_many(entity.key, [change])
    errors = [each for each in change.findings if each.level == 'error']
    require_clean(errors, Conflict if errors and all(each.code.startswith('DUP-') for each in errors) else Invalid)


def _take(session: Session, found: Pool, entity: Entity, record_uid: str, give: Callable[[Any], str]) -> str:
    row = _locked(session, found, entity, record_uid)
    if row is None:
        raise NotFound.of('REC-E028', label=entity.definition.label)
    if row.claimed_by is not None:
        raise Conflict.of('POL-E004')
    return give(row)


def _take_next(store: Store, found: Pool, entity: Entity, give: Callable[[Any], str]) -> str:
    """The longest waiting record that its own rules let go; the first refusal when none of many does."""
    refused: Invalid | Conflict | None = None
    for row in _candidates(store.session, found, entity):
        try:
            with store.session.begin_nested():
                return give(row)
        except (Invalid, Conflict) as error:
            refused = refused or error
    raise refused or Conflict.of('POL-E007', value=found.name)


def _candidates(session: Session, found: Pool, entity: Entity) -> Iterator[Any]:
    """Waiting rows in order, one at a time, each locked; those that somebody else is just claiming are passed over."""
    after: tuple[datetime, int] | None = None
    for _ in range(MOST_TRIED):
        wanted = _rows(entity).where(pool_record.c.pool_id == found.id, pool_record.c.claimed_by.is_(None))
        if after is not None:
            put_at, row_id = pool_record.c.put_at, pool_record.c.id
            wanted = wanted.where(sa.or_(put_at > after[0], sa.and_(put_at == after[0], row_id > after[1])))
        wanted = wanted.order_by(pool_record.c.put_at, pool_record.c.id).limit(1)
        row = session.execute(scoped_by_hand(wanted.with_for_update(skip_locked=True, of=pool_record))).first()
        if row is None:
            return
        yield row
        after = row.put_at, row.id


def _locked(session: Session, found: Pool, entity: Entity, record_uid: str) -> Any:
    """The row of one live record of the pool, locked; None when there is none."""
    wanted = _rows(entity).where(pool_record.c.pool_id == found.id, entity.table.c.uid == record_uid[:80])
    return session.execute(scoped_by_hand(wanted.with_for_update(of=pool_record))).first()


def _rows(entity: Entity) -> sa.Select[Any]:
    columns = pool_record.c['id', 'record_id', 'record_uid', 'put_at', 'claimed_by']
    joined = pool_record.join(entity.table, entity.table.c.id == pool_record.c.record_id)
    return (
        sa.select(*columns)
        .select_from(joined)
        .where(pool_record.c.entity_ref == entity.ref, entity.table.c.deleted_at.is_(None))
    )


def _may_see(runtime: Runtime, actor: Actor, entity: Entity, record_uid: str) -> bool:
    if runtime.policy(actor).scope('read', entity.key) == 'none':
        return False
    with runtime.reader(actor) as reader:
        return record_uid in reader.titles(entity.key, [record_uid])


def _reason(reason: str) -> str:
    told = ' '.join(str(reason).split())
    if not told:
        raise Invalid.of('POL-E010', '/reason')
    if len(told) > placing.LONGEST_REASON:
        raise Invalid.of('POL-E011', '/reason', value=len(told), limit=placing.LONGEST_REASON)
    return told
