"""Records side by side before they are merged: where they differ, what points to them, who may merge them. Writes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modules.records.model import ListQuery, Record
from modules.records.queries import Reader
from permissions.facts import reachable
from schema.catalog import Entity, Field
from schema.values import Link

TOGETHER = '*'
"""Stands for all values together, where a field takes several."""
SEVERAL = frozenset({'tags', 'multi_picklist'})


@dataclass(frozen=True)
class Choice:
    """One of the values that the records have for a field, with the records that have it."""

    value: Any
    uids: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """A field in which the records differ. `open` when the person may choose; without it the kept record's value stays."""

    field: Field
    choices: tuple[Choice, ...]
    open: bool


@dataclass(frozen=True)
class Comparison:
    """`records` in the order in which they were made; `survivor` is proposed, the one that says most. `gathered` are fields
    whose links are put together, `left` fields with lines, which stay with the records that go."""

    records: tuple[Record, ...]
    survivor: str
    rows: tuple[Row, ...]
    gathered: tuple[Field, ...]
    left: tuple[Field, ...]
    related: tuple[tuple[Entity, int], ...]
    closed: frozenset[str]
    """Uids that the person may not merge."""


def compare(reader: Reader, entity: Entity, uids: Sequence[str]) -> Comparison:
    """Raises: NotFound REC-E028 for a record out of reach; Forbidden PRM-*."""
    reader.policy.require('merge', entity.key)
    records = sorted((reader.get(entity.key, uid) for uid in dict.fromkeys(uids)), key=lambda each: each.id)
    allowed = reachable(reader.session, reader.policy, 'merge', entity, [each.id for each in records])
    readable = reader.policy.readable(entity.key)
    shown = [each for key, each in entity.fields.items() if key in readable and (not each.system or key in {'owner', 'team'})]
    held = [each for each in shown if each.is_collection and any(record.values.get(each.key) for record in records)]
    return Comparison(
        tuple(records), max(records, key=lambda each: _said(each, shown)).uid if records else '',
        tuple(row for each in shown if (row := _row(reader, entity, each, records)) is not None),
        tuple(each for each in held if each.lines is None), tuple(each for each in held if each.lines is not None),
        tuple(_related(reader, entity, [each.uid for each in records])),
        frozenset(each.uid for each in records if each.id not in allowed or each.deleted_at is not None),
    )  # fmt: skip


def values_of(found: Comparison, survivor: str, picks: Mapping[str, str]) -> dict[str, Any]:
    """What the survivor gets beside its own, as the store takes it. `picks` are `{field key: uid, or TOGETHER}`; a field that
    is not picked, and one that the survivor holds so already, stays."""
    values: dict[str, Any] = {}
    for row in found.rows:
        pick = picks.get(row.field.key)
        if not row.open or pick is None:
            continue
        if pick == TOGETHER and row.field.type.key in SEVERAL:
            words = [word for each in row.choices for word in row.field.wire(each.value)]
            values[row.field.key] = list(dict.fromkeys(words))
            continue
        chosen = next((each for each in row.choices if pick in each.uids), None)
        if chosen is not None and survivor not in chosen.uids:
            values[row.field.key] = _wire(row.field, chosen.value)
    return values


def _row(reader: Reader, entity: Entity, field: Field, records: Sequence[Record]) -> Row | None:
    if field.is_collection or not field.type.stored or field.type.computed:
        return None
    held: dict[str, list[Record]] = {}
    for record in records:
        if (value := record.values.get(field.key)) is not None:
            held.setdefault(_same(field, value), []).append(record)
    if not held or (len(held) == 1 and len(next(iter(held.values()))) == len(records)):
        return None
    open_to = field.writable and field.key in reader.policy.writable(entity.key)
    seen = [(group[0].values[field.key], group) for group in held.values()]
    hidden = any(isinstance(value, Link) and value.hidden for value, _ in seen)
    return Row(field, tuple(Choice(value, tuple(each.uid for each in group)) for value, group in seen), open_to and not hidden)


def _same(field: Field, value: Any) -> str:
    if isinstance(value, Link):
        return f'{value.entity}/{value.id}'
    return json.dumps(field.wire(value), sort_keys=True, default=str)


def _wire(field: Field, value: Any) -> Any:
    if not isinstance(value, Link):
        return field.wire(value)
    return {'entity': value.entity, 'uid': value.uid} if field.type.key == 'link_any' else value.uid


def _said(record: Record, shown: Sequence[Field]) -> tuple[int, int]:
    """How much a record says; of two that say as much, the older one is kept."""
    return sum(record.values.get(each.key) is not None for each in shown), -record.id


def _related(reader: Reader, entity: Entity, uids: Sequence[str]) -> list[tuple[Entity, int]]:
    """How many records that the person sees point to one of these, by their kind."""
    found: dict[str, int] = {}
    catalog, policy = reader.catalog, reader.policy
    for source, field in catalog.inbound.get(entity.key, ()):
        if policy.scope('read', source.key) != 'none' and field.key in policy.readable(source.key):
            any_of = field.type.key == 'link_any'
            value = [{'entity': entity.key, 'uid': uid} if any_of else uid for uid in uids]
            test = {'field': field.key, 'op': 'has_any' if field.is_collection else 'in', 'value': value}
            found[source.key] = found.get(source.key, 0) + reader.count(source.key, ListQuery(filter=test)).value
    for source, field, part in catalog.inbound_lines.get(entity.key, ()):
        if policy.scope('read', source.key) != 'none' and field.key in policy.readable(source.key):
            any_of = part.type.key == 'link_any'
            value = [{'entity': entity.key, 'uid': uid} if any_of else uid for uid in uids]
            where = {'field': part.key, 'op': 'in', 'value': value}
            query = ListQuery(filter={'any_related': {'lines': field.key}, 'where': where})
            found[source.key] = found.get(source.key, 0) + reader.count(source.key, query).value
    return [(catalog.entity(key), count) for key, count in found.items() if count]
