"""Giving tags to many records and taking some away, beside those that each already has: kind `tag`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from modules.operations.kinds import Bulk
from modules.operations.model import Operation
from modules.records.preparing import Change
from modules.records.store import Store
from modules.runtime import Runtime
from schema.base.actor import Actor
from schema.base.errors import Invalid
from schema.base.findings import finding
from schema.base.text import fold
from schema.catalog import Entity, Field
from schema.definitions import Texts
from schema.fieldtypes.base import Refused
from schema.fieldtypes.tags import read_tag

MOST = 50


class TagMany(Bulk):
    """Values of an order: `{"field": key or blank for the first one, "add": [words], "remove": [words]}`."""

    action = 'update'

    def read(self, runtime: Runtime, actor: Actor, values: Mapping[str, Any]) -> tuple[dict[str, Any], Texts]:
        """Raises: Invalid OPN-E009, REC-E058, REC-E003."""
        add, remove = (_words(values.get(name), f'/values/{name}') for name in ('add', 'remove'))
        if not add and not remove:
            raise Invalid.of('OPN-E009', '/values/add')
        kept = {'field': str(values.get('field') or '')[:80], 'add': add, 'remove': remove}
        return {'values': kept}, {'en': ', '.join([*(f'+{word}' for word in add), *(f'−{word}' for word in remove)])}

    def changes(self, store: Store, entity: Entity, found: Operation, uids: Sequence[str]) -> list[Change]:
        values = found.params['values']
        field = tags_field(entity, values['field'])
        if field is None:
            return [_refused(entity, uid, values['field']) for uid in uids]
        column = entity.table.c[field.definition.column]
        rows = store.session.execute(
            sa.select(entity.table.c.uid, column.label('tags')).where(entity.table.c.uid.in_(list(uids)))
        )
        now = {row.uid: field.from_row({field.definition.column: row.tags}) or () for row in rows}
        return [Change(entity, uid, {field.key: retagged(now.get(uid, ()), values['add'], values['remove'])}) for uid in uids]


def tags_field(entity: Entity, key: str) -> Field | None:
    """The tags field of that key; without a key the entity's first."""
    named = [each for each in entity.own_fields if each.type.key == 'tags' and (not key or each.key == key)]
    return named[0] if named else None


def retagged(now: Sequence[str], add: Sequence[str], remove: Sequence[str]) -> list[str] | None:
    """The words there were, without some and with others, each once; blind to case and accents."""
    gone = {fold(word) for word in remove}
    kept = [word for word in now if fold(word) not in gone]
    there = {fold(word) for word in kept}
    return [*kept, *(word for word in add if fold(word) not in there)] or None


def _words(sent: Any, pointer: str) -> list[str]:
    listed = sent if isinstance(sent, list) else []
    try:
        return list(dict.fromkeys(read_tag(word) for word in listed[:MOST]))
    except Refused as refused:
        raise Invalid(finding(refused.code, pointer, **refused.params)) from refused


def _refused(entity: Entity, uid: str, key: str) -> Change:
    change = Change(entity, uid, {})
    change.findings.append(finding('REC-E036', value=key[:80], hint=''))
    return change
