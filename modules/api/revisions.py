"""A record's history over REST: its entries, what going back would change, going back, and its stays in stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import g

from modules.records import resolving, reverting
from modules.records.model import Saved
from modules.records.store import Store
from modules.web.failures import locale
from permissions.policy import HIDDEN_LABEL
from schema.base.findings import Finding
from schema.catalog import Entity
from schema.values import Link

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
    hidden = _out_of_reach(entity, found.wire)
    values = {name: _hiding(wire, hidden) for name, wire in found.wire.items()}
    findings = [each if each.params.get('value') not in hidden else _unnamed(each) for each in change.findings]
    return {'revision': number, 'values': values, 'findings': [each.as_wire(locale()) for each in findings]}


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


def _out_of_reach(entity: Entity, wire: Mapping[str, Any]) -> frozenset[str]:
    """Uids of former links that lead to what the person may not see now."""
    links = []
    for name, part in wire.items():
        definition = entity.fields[name].definition
        if entity.fields[name].is_link and part is not None:
            target = part['entity'] if isinstance(part, Mapping) else definition.targets[0]
            links.append(Link(target, part['uid'] if isinstance(part, Mapping) else part))
        elif entity.fields[name].type.key == 'links':
            links += [Link(definition.targets[0], each) for side in ('add', 'remove', 'order') for each in part.get(side, ())]
    with g.runtime.reader(g.actor, g.catalog) as reader:
        found = resolving.find_links(reader.session, g.catalog, reader.policy, links) if links else {}
    return frozenset(link.uid for link in links if (link.entity, link.uid) not in found)


def _hiding(wire: Any, hidden: frozenset[str]) -> Any:
    """The value with links out of reach spelled as everywhere; in lists they are left out."""
    if isinstance(wire, str):
        return {'hidden': True} if wire in hidden else wire
    if isinstance(wire, Mapping):
        if wire.get('uid') in hidden:
            return {'hidden': True}
        return {name: _within(part, hidden) if name in {'add', 'remove', 'order'} else part for name, part in wire.items()}
    return wire


def _within(part: Any, hidden: frozenset[str]) -> Any:
    return [each for each in part if not (isinstance(each, str) and each in hidden)]


def _unnamed(found: Finding) -> Finding:
    return replace(found, params={**found.params, 'value': HIDDEN_LABEL})


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.replace(tzinfo=None, microsecond=0).isoformat() + 'Z'
