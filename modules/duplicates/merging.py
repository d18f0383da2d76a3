"""Several records of one made one: the survivor takes chosen values and every link to the others, which go to the bin.

One operation in one transaction, so that undoing it brings the others back and their links with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from modules.operations import keeping, words
from modules.operations.keeping import Begun
from modules.operations.model import Operation, Tally
from modules.records.changing import Change
from modules.records.sights import Right, Sight
from modules.records.store import Store
from modules.runtime import Runtime
from permissions.facts import facts_for
from permissions.granting import grants_of
from schema.base.actor import Actor
from schema.base.errors import Conflict, Invalid, TrellisError
from schema.base.findings import Finding
from schema.catalog import Entity, Field

MOST = 20
KEPT = ('share', 'former_owner')
"""Sources of sight that the survivor inherits; pools look after their own."""


def merge(
    runtime: Runtime, actor: Actor, entity_key: str, survivor: str, others: Sequence[str], values: Mapping[str, Any]
) -> Operation:
    """Merge `others` into `survivor`, which takes `values` (wire, by field key) beside its own.

    Raises: Invalid DUP-E004 for none, too many or the survivor itself; findings of the values; NotFound REC-E028;
    Forbidden PRM-*, for whoever merges must be allowed to merge each of them. Nothing is written then.
    """
    catalog = runtime.catalogs.current()
    entity = catalog.entity(entity_key)
    gone = list(dict.fromkeys(others))
    if not gone or len(gone) > MOST or survivor in gone:
        raise Invalid.of('DUP-E004', '/others', count=len(gone), limit=MOST)
    with runtime.reader(actor, catalog) as reader:
        name = reader.get(entity.key, survivor, columns=()).title
        for uid in gone:
            reader.get(entity.key, uid, columns=())
    title = words.title('merge', entity, len(gone) + 1, {'en': name})
    begun = Begun('merge', entity.ref, title, {'survivor': survivor, 'others': gone}, len(gone) + 1)
    operation_id = keeping.begin(runtime, actor, begun, holder=survivor)

    def write(store: Store) -> None:
        moved = _write(store, store.catalog.by_ref[entity.ref], survivor, gone, values)
        keeping.close(store.session, operation_id, Tally(done=moved), runtime.clock.now())

    try:
        runtime.write(actor, write, catalog=catalog, operation_id=operation_id)
    except TrellisError:
        with runtime.database.writing() as connection:
            keeping.close(connection, operation_id, Tally(), runtime.clock.now(), failed=True)
        raise
    return keeping.read(runtime, operation_id)


def _write(store: Store, entity: Entity, survivor: str, gone: Sequence[str], values: Mapping[str, Any]) -> int:
    """Links first, for nobody may need the others when they go; then the others, for the survivor may take a unique value of
    theirs; the survivor last. How many records changed."""
    table = entity.table
    rows = store.session.execute(sa.select(table).where(table.c.uid.in_([survivor, *gone]))).mappings().all()
    facts = facts_for(store.session, store.policy, 'merge', entity, rows)
    for row in rows:
        store.policy.require('merge', entity.key, facts[row['id']], uid=row['uid'])
    ids = [row['id'] for row in rows if row['uid'] != survivor]
    count = 0
    for source, field in store.catalog.inbound.get(entity.key, ()):
        if field.writable:
            move = _relink_lists if field.is_collection else _relink
            count += move(store, entity, source, field, ids, survivor)
    for source, field, part in store.catalog.inbound_lines.get(entity.key, ()):
        if field.writable and part.writable:
            count += _relink_lines(store, entity, (source, field, part), ids, survivor)
    values = {**_links_of(store, entity, ids), **values}
    leaving = [Change(entity, uid, {}) for uid in gone]
    count += len(store.delete_many(entity.key, leaving, right='merge'))
    _require([each for change in leaving for each in change.findings])
    if values:
        store.update(entity.key, survivor, values, right='merge')
        count += 1
    _keep_sight(store, entity, survivor, ids)
    return count


def _keep_sight(store: Store, entity: Entity, survivor: str, ids: Sequence[int]) -> None:
    """Whoever saw one of the others by a share, or as its former owner, sees the survivor so; the higher level wins."""
    rights: dict[tuple[str, str], Right] = {}
    for row in (row for rows in grants_of(store.session, entity, ids).values() for row in rows if row.source in KEPT):
        if (row.principal, row.source) not in rights or row.level == 'edit':
            rights[row.principal, row.source] = Right(row.principal, row.level, row.source)
    known = sa.select(entity.table.c.id).where(entity.table.c.uid == survivor)
    present = grants_of(store.session, entity, store.session.execute(known).scalars())
    edits = {(row.principal, row.source) for rows in present.values() for row in rows if row.level == 'edit'}
    given = tuple(right for place, right in rights.items() if place not in edits)
    if given:
        change = Change(entity, survivor, {}, sight=Sight(given=given))
        store.change_sight(entity.key, [change], right='merge')
        _require(change.findings)


def _relink(store: Store, entity: Entity, source: Entity, field: Field, ids: Sequence[int], survivor: str) -> int:
    """Records that point to one of the others point to the survivor."""
    column = next(
        name for name, target in zip(field.columns, field.definition.targets, strict=False) if target == entity.key
    )  # fmt: skip
    table = source.table
    uids = store.session.execute(
        sa.select(table.c.uid).where(table.c[column].in_(list(ids)), table.c.deleted_at.is_(None)).order_by(table.c.id)
    ).scalars()
    wire: Any = {'entity': entity.key, 'uid': survivor} if field.type.key == 'link_any' else survivor
    changes = [Change(source, uid, {field.key: wire}) for uid in uids]
    if not changes:
        return 0
    saved = store.update_many(source.key, changes)
    _require([each for change in changes for each in change.findings])
    return len(saved)


def _relink_lists(store: Store, entity: Entity, source: Entity, field: Field, ids: Sequence[int], survivor: str) -> int:
    """Lists of links that hold one of the others hold the survivor instead."""
    pairs = store.catalog.tables[field.definition.document['x-table']]
    owner, target = source.table, entity.table.alias('target')
    rows = store.session.execute(
        sa.select(owner.c.uid, target.c.uid.label('other'))
        .join(pairs, pairs.c.source_id == owner.c.id)
        .join(target, target.c.id == pairs.c.target_id)
        .where(pairs.c.target_id.in_(list(ids)), owner.c.deleted_at.is_(None))
    )
    gone: dict[str, list[str]] = {}
    for row in rows:
        gone.setdefault(row.uid, []).append(row.other)
    changes = [Change(source, uid, {field.key: {'add': [survivor], 'remove': others}}) for uid, others in gone.items()]
    saved = store.update_many(source.key, changes) if changes else []
    _require([each for change in changes for each in change.findings])
    return len(saved)


def _relink_lines(store: Store, entity: Entity, place: tuple[Entity, Field, Field], ids: Sequence[int], survivor: str) -> int:
    """Lines that link to one of the others link to the survivor."""
    source, field, part = place
    lines = store.catalog.tables[field.home]
    column = next(name for name, target in zip(part.columns, part.definition.targets, strict=False) if target == entity.key)
    rows = store.session.execute(
        sa.select(source.table.c.uid, lines.c.uid.label('line'))
        .join(lines, lines.c.parent_id == source.table.c.id)
        .where(lines.c[column].in_(list(ids)), source.table.c.deleted_at.is_(None))
    )
    wire: Any = {'entity': entity.key, 'uid': survivor} if part.type.key == 'link_any' else survivor
    held: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        held.setdefault(row.uid, []).append({'uid': row.line, part.key: wire})
    changes = [Change(source, uid, {field.key: {'change': found}}) for uid, found in held.items()]
    saved = store.update_many(source.key, changes) if changes else []
    _require([each for change in changes for each in change.findings])
    return len(saved)


def _links_of(store: Store, entity: Entity, ids: Sequence[int]) -> dict[str, Any]:
    """What the others link to in lists, as far as the actor sees it, is added to the survivor's lists."""
    wire: dict[str, Any] = {}
    for field in entity.collections:
        if field.lines is not None or not field.writable or field.key not in store.policy.writable(entity.key):
            continue
        pairs, target = store.catalog.tables[field.home], store.catalog.entity(field.definition.targets[0])
        found = store.session.execute(
            sa.select(target.table.c.uid)
            .join(pairs, pairs.c.target_id == target.table.c.id)
            .where(
                pairs.c.source_id.in_(list(ids)), target.table.c.deleted_at.is_(None),
                store.policy.table_predicate('read', target, target.table),
                *([target.table.c.id.not_in(list(ids))] if target is entity else []),
            )
            .order_by(pairs.c.source_id, pairs.c.position)
        ).scalars()  # fmt: skip
        if uids := list(dict.fromkeys(found)):
            wire[field.key] = {'add': uids}
    return wire


def _require(findings: Sequence[Finding]) -> None:
    errors = [each for each in findings if each.level == 'error']
    if errors:
        raise Conflict(*errors)
