"""Layouts, the subtitle and indexes: every field they name exists and can stand there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schema.base.findings import Finding, escape_pointer, finding
from schema.checks.fields import has_comparable
from schema.checks.target import EntityView, Target, mapping, numbered, numbered_parts, numbered_texts, shown


def check(target: Target) -> Iterator[Finding]:
    for entity in target.entities.values():
        yield from entity.unknown(entity.document.get('x-subtitle-field'), f'{entity.pointer}/x-subtitle-field')
        yield from _check_layouts(entity)
        yield from _check_indexes(entity)


def _check_layouts(entity: EntityView) -> Iterator[Finding]:
    layouts, pointer = mapping(entity.document.get('x-layouts')), f'{entity.pointer}/x-layouts'
    yield from _check_parts(entity, layouts, pointer)
    for role, own in mapping(layouts.get('roles')).items():
        yield from _check_parts(entity, mapping(own), f'{pointer}/roles/{escape_pointer(role)}')


def _check_parts(entity: EntityView, layouts: dict[str, Any], pointer: str) -> Iterator[Finding]:
    for layout in ('list', 'card', 'quick'):
        for number, name in numbered_texts(layouts.get(layout)):
            yield from entity.unknown(name, f'{pointer}/{layout}/{number}')
    seen: set[str] = set()
    for number, section in numbered_parts(layouts.get('form')):
        for position, name in numbered_texts(section.get('fields')):
            place = f'{pointer}/form/{number}/fields/{position}'
            yield from entity.unknown(name, place)
            if name in seen:
                yield finding('SCH-E080', place, value=shown(name))
            seen.add(name)


def _check_indexes(entity: EntityView) -> Iterator[Finding]:
    for number, index in numbered(entity.document.get('x-indexes')):
        for position, name in numbered_texts(index):
            place = f'{entity.pointer}/x-indexes/{number}/{position}'
            yield from entity.unknown(name, place)
            if not has_comparable(entity.type_of(name)):
                yield finding('SCH-E081', place, value=shown(name), type=entity.type_key(name))
