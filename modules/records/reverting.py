"""What it takes to bring a record back to an earlier revision: the wire values of then, read out of its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records import deltas
from modules.records.changing import Change
from modules.records.model import Saved
from modules.records.sights import Sight
from modules.records.store import Store
from modules.records.tables import record_history
from permissions.policy import Policy
from schema.base.errors import Conflict, NotFound, require_clean
from schema.base.findings import Finding, finding
from schema.catalog import Entity, Field
from schema.fieldtypes.base import Refused


@dataclass
class Former:
    """`wire` what differs from now, ready to be written; `findings` fields that cannot go back; `who` changed them last."""

    revision: int
    wire: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    who: dict[str, str] = field(default_factory=dict)


def former(session: Session, policy: Policy, entity: Entity, uid: str, revision: int) -> Former:
    """Raises: NotFound REC-E028 out of reach, REC-E042 when the record has no such earlier revision."""
    require_reach(session, policy, entity, uid)
    history = record_history
    known = sa.select(history.c.id).where(history.c.record_uid == uid, history.c.revision == revision)
    later = (
        sa.select(history.c.changes, history.c.actor_name)
        .where(history.c.record_uid == uid, history.c.revision > revision)
        .order_by(history.c.id.desc())
    )
    rows = session.execute(later).all()
    if not rows or session.execute(known).first() is None:
        raise NotFound.of('REC-E042', value=revision)
    found = Former(revision)
    touched: dict[str, list[Sequence[Any]]] = {}
    for row in rows:
        for ref, pair in row.changes.items():
            touched.setdefault(ref, []).append(pair)
            found.who.setdefault(ref, row.actor_name)
    for ref, pairs in touched.items():
        _read(found, policy, entity, ref, pairs)
    found.who = {entity.by_ref[ref].key: name for ref, name in found.who.items() if ref in entity.by_ref}
    deltas.name_people(session, [found.wire])
    return found


def foresee(store: Store, entity_key: str, uid: str, revision: int) -> tuple[Former, Change]:
    """What going back would change, and what speaks against it, all of it; writes nothing."""
    entity = store.catalog.entity(entity_key)
    found = former(store.session, store.policy, entity, uid, revision)
    change = store.rehearse(entity.key, uid, found.wire)
    change.findings = [*found.findings, *change.findings]
    return found, change


def take_back(store: Store, entity_key: str, uid: str, revision: int) -> Saved:
    """Undo what one revision changed in the record, in a moment of regret: gates are not asked, for it is no move forward.

    Raises: NotFound REC-E028, REC-E042; Conflict REC-E019 when one of its fields was changed since; as `Store.update`.
    """
    entity = store.catalog.entity(entity_key)
    require_reach(store.session, store.policy, entity, uid)
    history = record_history
    rows = store.session.execute(
        sa.select(history.c.revision, history.c.changes, history.c.actor_name, history.c.sight)
        .where(history.c.record_uid == uid, history.c.revision >= revision, history.c.entity_ref == entity.ref)
        .order_by(history.c.id)
    ).all()
    if not rows or rows[0].revision != revision:
        raise NotFound.of('REC-E042', value=revision)
    found = Former(revision)
    readable = store.policy.readable(entity.key)
    for ref, pair in rows[0].changes.items():
        if ref in entity.by_ref and entity.by_ref[ref].key not in readable:
            continue  # it stays as it is, and nobody is told whether it changed
        if later := next((row for row in rows[1:] if ref in row.changes), None):
            label = entity.by_ref[ref].definition.label if ref in entity.by_ref else ref
            raise Conflict.of('REC-E019', label=label, who=later.actor_name, theirs=None)
        _read(found, store.policy, entity, ref, [pair])
    deltas.name_people(store.session, [found.wire])
    change = Change(entity, uid, found.wire, reverts=True, sight=Sight.from_json(rows[0].sight).inverse())
    saved = store.update_many(entity.key, [change])
    require_clean(change.findings)
    return saved[0]


def require_reach(session: Session, policy: Policy, entity: Entity, uid: str) -> None:
    """A history must not tell that a record out of reach is there. Raises: NotFound REC-E028."""
    table = entity.table
    reached = sa.select(table.c.id).where(table.c.uid == uid[:80], policy.table_predicate('read', entity, table))
    if session.execute(reached).first() is None:
        raise NotFound.of('REC-E028', label=entity.definition.label)


def _read(found: Former, policy: Policy, entity: Entity, ref: str, pairs: Sequence[Sequence[Any]]) -> None:
    each = entity.by_ref.get(ref)
    if each is None:
        found.findings.append(finding('REC-E043', '', label=ref, level='warning'))
        return
    if each.type.computed or each.key not in policy.readable(entity.key):
        return
    if not each.writable or each.key not in policy.writable(entity.key):
        found.findings.append(finding('REC-E018', f'/{each.key}', label=each.definition.label, level='warning'))
        return
    try:
        found.wire[each.key] = _collection(each, pairs) if each.is_collection else _wire(each, pairs[-1][0])
    except Refused:
        found.findings.append(finding('REC-E043', f'/{each.key}', label=each.definition.label, level='warning'))


def _wire(each: Field, frozen: Any) -> Any:
    """What was written before the earliest of the later changes."""
    if frozen is None:
        return None
    value = each.type.thaw(each.definition, frozen)
    if each.type.key in {'user', 'team'}:
        return value.uid or value  # named by `deltas.name_people`
    if each.is_link:
        return {'entity': value.entity, 'uid': value.uid} if each.type.key == 'link_any' else value.uid
    return each.wire(value)


def _collection(each: Field, pairs: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """One delta that takes all later ones back, the newest first."""
    parts: dict[str, tuple[str, Any]] = {}
    order: list[str] | None = None
    for old, new in pairs:
        delta = deltas.inverse(each, old, new)
        order = delta.get('order', order)
        for uid in delta['remove']:
            if parts.get(uid, ('', None))[0] == 'add':
                del parts[uid]
            else:
                parts[uid] = 'remove', uid
        for name in ('change', 'add'):
            for wire in delta.get(name, ()):
                _put(parts, name, wire)
    sorted_out = {
        name: [wire for kind, wire in parts.values() if kind == name]
        for name in ('add', 'change', 'remove')
        if name != 'change' or each.lines is not None
    }
    return {**sorted_out, **({'order': order} if order is not None else {})}


def _put(parts: dict[str, tuple[str, Any]], name: str, wire: Any) -> None:
    if not isinstance(wire, Mapping):
        parts[wire] = name, wire
        return
    kind, before = parts.get(wire['uid'], (name, {}))
    parts[wire['uid']] = (kind if kind != 'remove' else 'change'), {**(before if isinstance(before, Mapping) else {}), **wire}
