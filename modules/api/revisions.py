"""A record's history over REST: its entries, what going back would change, going back, and its stays in stages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import g

from modules.records import reverting
from modules.records.model import Saved
from modules.records.store import Store
from modules.web.failures import locale
from schema.catalog import Entity

MOST = 200


def history(entity: Entity, uid: str) -> dict[str, Any]:
    """Newest first, at most 200: `{revision, kind, at, by, changes: {field: [old, new]}}`, without fields one may not read."""
    with g.runtime.reader(g.actor, g.catalog) as reader:
        entries = reader.timeline(entity.key, uid, MOST)
    fields = entity.fields
    return {
        'result': [
            {'revision': each.revision, 'kind': each.kind, 'at': _instant(each.at), 'by': each.actor,
             'changes': {key: [fields[key].wire(value) if value is not None else None for value in pair]
                         for key, pair in each.changes.items()}}
            for each in entries
        ]
    }  # fmt: skip


def foresee(entity: Entity, uid: str, number: int) -> dict[str, Any]:
    """`{revision, values, findings}`: the values to be written, and everything that speaks against it. Writes nothing."""
    key = entity.key
    found, change = g.runtime.write(g.actor, lambda store: reverting.foresee(store, key, uid, number), catalog=g.catalog)
    return {'revision': number, 'values': found.wire, 'findings': [each.as_wire(locale()) for each in change.findings]}


def revert(store: Store, key: str, uid: str, number: int, base: int | None) -> Saved:
    """A new revision with the values of then. Raises: NotFound REC-E042; as `Store.update`."""
    found = reverting.former(store.session, store.policy, store.catalog.entity(key), uid, number)
    return store.update(key, uid, found.wire, base_revision=base)


def stages(entity: Entity, uid: str) -> dict[str, Any]:
    """Stays in stages, oldest first; `seconds` so far for the present one."""
    with g.runtime.reader(g.actor, g.catalog) as reader:
        record = reader.get(entity.key, uid)
        found, now = reader.stays(entity.key, record), reader.clock.now()
    return {
        'result': [
            {'stage': each.stage.key if each.stage else None, 'label': each.label.get(locale()) or each.label.get('en', ''),
             'pipeline': each.pipeline.key if each.pipeline else None, 'entered_at': _instant(each.entered_at),
             'left_at': _instant(each.left_at), 'seconds': int(each.length(now).total_seconds()), 'by': each.actor}
            for each in found
        ]
    }  # fmt: skip


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.replace(tzinfo=None, microsecond=0).isoformat() + 'Z'
