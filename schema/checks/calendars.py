"""How records stand in the calendar: every field it names exists and is of a type that can play its part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schema.base.findings import Finding, finding
from schema.checks.target import EntityView, Target, mapping, numbered_parts, numbered_texts, shown

TYPES = {
    'start': ('datetime', 'date'),
    'end': ('datetime', 'date'),
    'all_day': ('boolean',),
    'status': ('picklist', 'stage'),
    'place': ('text', 'long_text', 'address'),
    'participants': ('lines', 'links'),
    'guests': ('links',),
    'repeat': ('text', 'long_text'),
    'remind_minutes': ('integer',),
    'remind_by': ('multi_picklist',),
}


def check(target: Target) -> Iterator[Finding]:
    for entity in target.entities.values():
        part = entity.document.get('x-calendar')
        if isinstance(part, dict):
            yield from _check_parts(entity, part, f'{entity.pointer}/x-calendar')


def _check_parts(entity: EntityView, part: dict[str, Any], pointer: str) -> Iterator[Finding]:
    for name, types in TYPES.items():
        key, place = part.get(name), f'{pointer}/{name}'
        yield from entity.unknown(key, place)
        kind = entity.type_key(key) if isinstance(key, str) else None
        if kind is not None and kind not in types:
            yield finding('SCH-E165', place, value=shown(key), part=name, type=kind, types=', '.join(types))
        elif kind == 'lines' and not _people_of(entity, str(key)):
            yield finding('SCH-E168', place, value=shown(key))
    kinds = [entity.type_key(key) if isinstance(key := part.get(name), str) else None for name in ('start', 'end')]
    if None not in kinds and kinds[0] != kinds[1]:
        yield finding('SCH-E166', f'{pointer}/end')
    yield from _check_options(entity, part, pointer)


def _people_of(entity: EntityView, key: str) -> bool:
    lines = entity.lines(key)
    return lines is None or any(lines.type_key(name) == 'user' for name in lines.properties)


def _check_options(entity: EntityView, part: dict[str, Any], pointer: str) -> Iterator[Finding]:
    status = part.get('status')
    kind = entity.type_key(status) if isinstance(status, str) else None
    if kind not in TYPES['status']:
        known: frozenset[Any] | None = frozenset() if status is None else None
    elif kind == 'stage':
        known = frozenset(stage.get('key') for _, stage in entity.stages)
    else:
        options = numbered_parts(mapping(entity.properties.get(str(status))).get('x-options'))
        known = frozenset(option.get('key') for _, option in options)
    for name in ('done', 'cancelled'):
        for number, key in numbered_texts(part.get(name)):
            if known is not None and key not in known:
                yield finding('SCH-E167', f'{pointer}/{name}/{number}', value=shown(key))
