"""Taking an operation back: its history rows are its inverses, newest first. What somebody changed since is kept and named.

Undone are values, created and deleted records, within the present rights of who undoes; no workflow starts, and gates are not
asked, for going back is no move forward. Derived fields follow as with every write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.operations.kinds import sight_tally, tally_of
from modules.operations.model import Operation, Reason, Tally
from modules.operations.running import Part
from modules.records import collections, deltas
from modules.records.changing import Change
from modules.records.sights import Sight
from modules.records.store import Store
from modules.records.tables import operation, record_history
from modules.runtime import Runtime
from permissions.policy import Policy
from schema.base.actor import Actor
from schema.base.errors import Forbidden
from schema.base.findings import Finding, finding
from schema.catalog import Catalog, Entity
from schema.fieldtypes.base import Refused
from schema.values import Link

Act = Literal['set', 'bin', 'restore', 'sight', 'none']
ACTS: Mapping[str, Act] = {'created': 'bin', 'updated': 'set', 'deleted': 'restore', 'restored': 'bin', 'shared': 'sight'}


@dataclass
class Back:
    """What taking one history row back means: `values` by field key, `wire` deltas of links and lines, `sight` rights to the
    record. `kept` are cells that stay, `refused` why the record stays as it is."""

    row: Any
    entity: Entity
    act: Act
    values: dict[str, Any] = field(default_factory=dict)
    wire: dict[str, Any] = field(default_factory=dict)
    sight: Sight = field(default_factory=Sight)
    kept: list[Finding] = field(default_factory=list)
    refused: list[Finding] = field(default_factory=list)

    @property
    def uid(self) -> str:
        return str(self.row.record_uid)


class Undo:
    """The kind of operation that takes another one back. Its position is the last history row it took back."""

    silent: bool | None = True

    def part(self, runtime: Runtime, actor: Actor, found: Operation, size: int) -> Part:
        with runtime.database.reading() as connection:
            rows = rows_of(connection, found.undo_of or '', found.position, size)
        return Part(rows, rows[-1].id if rows else found.position)

    def write(self, store: Store, found: Operation, rows: Sequence[Any]) -> Tally:
        store.fence()
        tally = Tally()
        chain = chain_of(store.session, found.undo_of or '')
        for wave in _waves(store.catalog, rows):
            planned = plan(store.session, store.catalog, store.policy, wave, chain)
            tally = tally.add(_write(store, planned))
        return tally


def rows_of(executor: Any, operation_id: str, before: int, size: int) -> Sequence[Any]:
    """History rows of an operation older than `before`, newest first."""
    return executor.execute(  # type: ignore[no-any-return]
        sa.select(record_history)
        .where(record_history.c.operation_id == operation_id, record_history.c.id < before)
        .order_by(record_history.c.id.desc())
        .limit(size)
    ).all()


def chain_of(executor: Any, operation_id: str) -> frozenset[str]:
    """The operation, what took it back, what took that back: between them nothing counts as somebody's change."""
    found, fresh = {operation_id}, {operation_id}
    while fresh:
        rows = executor.execute(sa.select(operation.c.id).where(operation.c.undo_of.in_(sorted(fresh)))).scalars()
        fresh = set(rows) - found
        found |= fresh
    return frozenset(found)


def plan(session: Session, catalog: Catalog, policy: Policy, rows: Sequence[Any], chain: frozenset[str]) -> list[Back]:
    """What taking the rows back would do now, each record once. Reads only."""
    backs = [
        Back(row, catalog.by_ref[row.entity_ref], ACTS.get(row.kind, 'none'))
        for row in rows
        if row.entity_ref in catalog.by_ref
    ]
    later = _later(session, rows, chain)
    alive = _alive(session, backs)
    for back in backs:
        since = [each for each in later.get(back.uid, ()) if each.id > back.row.id]
        if back.uid not in alive:
            back.act = 'none'
        elif back.act == 'set':
            _plan_values(policy, back, since)
            if 'owner' in back.values:
                back.sight = Sight.from_json(back.row.sight).inverse()
        elif alive[back.uid] == (back.act == 'restore'):
            back.act = 'none'  # somebody was quicker
        elif back.act == 'sight':
            back.sight = Sight.from_json(back.row.sight).inverse()
        elif back.act == 'bin' and since:
            back.refused.append(finding('OPN-E005', who=since[-1].actor_name))
    deltas.name_people(session, [back.wire for back in backs])
    _keep_needed(session, catalog, backs, chain)
    return backs


def _write(store: Store, backs: Sequence[Back]) -> Tally:
    tally = Tally()
    ready: list[Back] = []
    for back in backs:
        kept = [Reason.of(back.uid, back.entity.ref, [each]) for each in back.kept]
        tally = tally.add(Tally(kept=len(kept), reasons=kept))
        if back.refused:
            tally = tally.add(Tally(skipped=1, reasons=[Reason.of(back.uid, back.entity.ref, back.refused)]))
        elif back.act != 'none' and (back.values or back.wire or back.act != 'set'):
            ready.append(back)
    if not ready:
        return tally
    entity, act = ready[0].entity, ready[0].act
    changes = [Change(entity, back.uid, back.wire, values=back.values, reverts=True, sight=back.sight) for back in ready]
    try:
        if act == 'sight':
            return tally.add(sight_tally(changes, store.change_sight(entity.key, changes)))
        if act == 'set':
            saved = store.update_many(entity.key, changes)
        else:
            saved = (store.delete_many if act == 'bin' else store.restore_many)(entity.key, changes)
    except Forbidden as error:
        reasons = [Reason.of(change.uid, entity.ref, error.findings[:1]) for change in changes]
        return tally.add(Tally(failed=len(changes), reasons=reasons))
    written = tally_of(changes, saved)
    return tally.add(replace(written, done=written.done + written.skipped, skipped=0))  # already as it was: nothing to tell


def _waves(catalog: Catalog, rows: Sequence[Any]) -> Iterator[list[Any]]:
    """Rows in their order, cut where the entity or the act changes or a record comes again."""
    wave: list[Any] = []
    for row in rows:
        if row.entity_ref not in catalog.by_ref:
            continue
        same = wave and (row.entity_ref, ACTS.get(row.kind)) == (wave[0].entity_ref, ACTS.get(wave[0].kind))
        if wave and (not same or any(each.record_uid == row.record_uid for each in wave)):
            yield wave
            wave = []
        wave.append(row)
    if wave:
        yield wave


def _later(session: Session, rows: Sequence[Any], chain: frozenset[str]) -> dict[str, list[Any]]:
    """`{uid: history rows after the operation's, by others}`, oldest first."""
    history = record_history
    if not rows:
        return {}
    found: dict[str, list[Any]] = {}
    statement = (
        sa.select(history.c.id, history.c.record_uid, history.c.changes, history.c.actor_name)
        .where(
            history.c.record_uid.in_({row.record_uid for row in rows}),
            history.c.id > min(row.id for row in rows),
            sa.or_(history.c.operation_id.is_(None), history.c.operation_id.not_in(sorted(chain))),
        )
        .order_by(history.c.id)
    )
    for row in session.execute(statement):
        found.setdefault(row.record_uid, []).append(row)
    return found


def _alive(session: Session, backs: Sequence[Back]) -> dict[str, bool]:
    """`{uid: whether it is live}` of records that are there at all; one statement for each entity."""
    found: dict[str, bool] = {}
    for entity in {back.entity for back in backs}:
        table = entity.table
        uids = [back.uid for back in backs if back.entity is entity]
        rows = session.execute(sa.select(table.c.uid, table.c.deleted_at).where(table.c.uid.in_(uids)))
        found.update({row.uid: row.deleted_at is None for row in rows})
    return found


def _plan_values(policy: Policy, back: Back, since: Sequence[Any]) -> None:
    writable = policy.writable(back.entity.key)
    for ref, (old, new) in back.row.changes.items():
        last = next((each for each in reversed(since) if ref in each.changes), None)
        each = back.entity.by_ref.get(ref)
        if each is not None and each.type.computed:
            continue
        others = last is not None and each is not None and each.is_collection
        if last is not None and (others or not _same(last.changes[ref][1], new)):
            if others or not _same(last.changes[ref][1], old):
                label = each.definition.label if each is not None else {'en': ref}
                back.kept.append(finding('OPN-E004', label=label, who=last.actor_name))
            continue
        if each is None:
            back.kept.append(finding('OPN-E010', label=ref))
        elif each.key not in writable:
            back.kept.append(finding('REC-E018', label=each.definition.label))
        else:
            _thaw(back, each, old, new)


def _thaw(back: Back, each: Any, old: Any, new: Any) -> None:
    try:
        if each.is_collection:
            back.wire[each.key] = deltas.inverse(each, old, new)
            return
        value = each.type.thaw(each.definition, old) if old is not None else None
    except Refused:
        back.kept.append(finding('OPN-E010', label=each.definition.label))
        return
    if isinstance(value, Link) and value.uid:
        value = Link(value.entity, value.uid)  # found anew, for it may be gone or out of reach by now
    back.values[each.key] = value


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, Mapping) and isinstance(right, Mapping) and 'id' in left and 'id' in right:
        return bool(left['id'] == right['id'])
    return bool(left == right)


def _keep_needed(session: Session, catalog: Catalog, backs: Sequence[Back], chain: frozenset[str]) -> None:
    """Records about to be binned that live records point to, other than those the operation itself made, stay."""
    made = sa.select(record_history.c.record_uid).where(
        record_history.c.operation_id.in_(sorted(chain)), record_history.c.kind == 'created'
    )
    for entity in {back.entity for back in backs if back.act == 'bin'}:
        table = entity.table
        waiting = {back.uid: back for back in backs if back.entity is entity and back.act == 'bin' and not back.refused}
        for source, link in catalog.inbound.get(entity.key, ()):
            places = [name for name, target in zip(link.columns, link.definition.targets, strict=False) if target == entity.key]
            for name in places if waiting else ():
                other = source.table.alias('source')
                counts = session.execute(
                    sa.select(table.c.uid, sa.func.count())
                    .join(other, other.c[name] == table.c.id)
                    .where(table.c.uid.in_(list(waiting)), other.c.deleted_at.is_(None), other.c.uid.not_in(made))
                    .group_by(table.c.uid)
                )
                for uid, count in counts:
                    back = waiting.pop(uid)
                    back.refused.append(finding('OPN-E006', count=count, entity=source.definition.plural))
        rows = (
            session.execute(sa.select(table.c.id, table.c.uid).where(table.c.uid.in_(list(waiting)))).all() if waiting else ()
        )
        by_id = {row.id: waiting[row.uid] for row in rows}
        for source, row_id, count in collections.needed_by(session, catalog, entity, list(by_id), besides=made):
            by_id[row_id].refused.append(finding('OPN-E006', count=count, entity=source.definition.plural))
