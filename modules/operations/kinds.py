"""The kinds of bulk change over records of one entity: edit, give to somebody, stage, other pipeline, delete, bring back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from modules.operations.model import Operation, Reason, Tally
from modules.operations.running import Part
from modules.records.model import ListQuery, Saved
from modules.records.preparing import Change
from modules.records.sights import Sight
from modules.records.store import Store
from modules.runtime import Runtime
from schema.base.actor import Actor
from schema.base.errors import NotFound
from schema.base.findings import finding
from schema.catalog import Catalog, Entity


def entity_of(catalog: Catalog, found: Operation) -> Entity:
    """Raises: NotFound REC-E029 when the entity was dropped since."""
    entity = catalog.by_ref.get(found.entity_ref)
    if entity is None:
        raise NotFound.of('REC-E029', value=found.entity_ref, hint='')
    return entity


def query_of(target: Mapping[str, Any]) -> ListQuery:
    """All records that a list shows: its filter, its search, live or binned."""
    return ListQuery(filter=target.get('filter'), search=target.get('search', ''), deleted=bool(target.get('deleted')))


class Bulk:
    """Walks the chosen records: by their uids, or by a filter in order of ids up to the last one there was at the start."""

    silent: bool | None = None

    def part(self, runtime: Runtime, actor: Actor, found: Operation, size: int) -> Part:
        target = found.params['target']
        if 'uids' in target:
            uids = target['uids'][found.position : found.position + size]
            return Part(uids, found.position + len(uids))
        catalog = runtime.catalogs.current()
        with runtime.reader(actor, catalog) as reader:
            key = entity_of(catalog, found).key
            walked = reader.walk(key, query_of(target), after=found.position, until=target['until'], size=size)
        return Part([uid for _, uid in walked], walked[-1][0] if walked else found.position)

    def write(self, store: Store, found: Operation, rows: Sequence[Any]) -> Tally:
        entity = entity_of(store.catalog, found)
        changes = self.changes(store, entity, found, rows)
        ready = [change for change in changes if not change.findings]
        saved = self.save(store, entity, ready)
        return tally_of(changes, saved)

    def changes(self, store: Store, entity: Entity, found: Operation, uids: Sequence[str]) -> list[Change]:
        values = found.params.get('values', {})
        return [Change(entity, uid, values) for uid in uids]

    def save(self, store: Store, entity: Entity, changes: Sequence[Change]) -> Sequence[Saved]:
        return store.update_many(entity.key, changes)


class Delete(Bulk):
    def save(self, store: Store, entity: Entity, changes: Sequence[Change]) -> Sequence[Saved]:
        return store.delete_many(entity.key, changes)


class Restore(Bulk):
    def save(self, store: Store, entity: Entity, changes: Sequence[Change]) -> Sequence[Saved]:
        return store.restore_many(entity.key, changes)


class Pipeline(Bulk):
    """Moves records to stages of another pipeline by a map `{stage ref here: stage ref there}`."""

    def changes(self, store: Store, entity: Entity, found: Operation, uids: Sequence[str]) -> list[Change]:
        stage, table = entity.stage, entity.table
        if stage is None:
            raise NotFound.of('REC-E036', value='stage', hint='')
        column = table.c[stage.definition.column]
        rows = store.session.execute(sa.select(table.c.uid, column.label('stage')).where(table.c.uid.in_(list(uids))))
        now, there = {row.uid: row.stage for row in rows}, set(found.params['map'].values())
        keys = {each.ref: each.key for each in entity.definition.stages}
        changes = []
        for uid in uids:
            ref = found.params['map'].get(now.get(uid))
            change = Change(entity, uid, {stage.key: keys.get(ref or now.get(uid) or '')})
            if ref is None and now.get(uid) not in there:
                change.findings.append(finding('OPN-E012'))
            changes.append(change)
        return changes


def tally_of(changes: Sequence[Change], saved: Sequence[Saved]) -> Tally:
    """What became of each change; a binned or restored record has changed without a changed field."""
    revisions = {change.uid: (change.current or {}).get('revision', 0) for change in changes}
    moved = {each.uid for each in saved if each.revision != revisions[each.uid]}
    tally = Tally()
    for change in changes:
        errors = [each for each in change.findings if each.level == 'error']
        if errors:
            tally = tally.add(Tally(failed=1, reasons=[Reason.of(change.uid, change.entity.ref, errors)]))
        elif change.uid in moved:
            tally.done += 1
        else:
            tally.skipped += 1
    return tally


def sight_tally(changes: Sequence[Change], done: Mapping[str, Sight]) -> Tally:
    """What became of changes of rights to single records, by `Store.change_sight`."""
    failed = [change for change in changes if change.findings]
    reasons = [Reason.of(change.uid, change.entity.ref, change.findings) for change in failed]
    return Tally(len(done), len(changes) - len(done) - len(failed), len(failed), reasons=reasons)


KINDS: Mapping[str, Bulk] = {
    'edit': Bulk(),
    'assign': Bulk(),
    'stage': Bulk(),
    'pipeline': Pipeline(),
    'delete': Delete(),
    'restore': Restore(),
}
