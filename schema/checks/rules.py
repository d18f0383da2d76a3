"""Rules of entities: what conditions, unique keys and layouts by role name exists and fits. Decides no rule itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schema.base.findings import Finding, escape_pointer, finding
from schema.checks.fields import has_comparable
from schema.checks.target import EntityView, Target, mapping, numbered_parts, numbered_texts, shown
from schema.conditions.condition import check as check_condition
from schema.definitions import Texts
from schema.people import people_definition
from schema.values import USER

ON_FIELDS = ('x-required-if', 'x-visible-if', 'x-read-only-if')


def check(target: Target) -> Iterator[Finding]:
    for entity in target.entities.values():
        for number, rule in numbered_parts(entity.document.get('x-rules')):
            yield from entity.unknown(rule.get('field'), f'{entity.pointer}/x-rules/{number}/field')
        yield from _check_unique_keys(entity)


def check_conditions(target: Target) -> Iterator[Finding]:
    """Conditions in entities. They are typed by whole entities: call it only when no entity has a finding."""
    for entity in target.entities.values():
        for pointer, document, about, record in _conditions(entity):
            known = {**target.definitions, USER: people_definition(_roles(target))} if about == USER else target.definitions
            if about.partition('.')[0] in known:
                for each in check_condition(document, about, known, record):
                    yield each.at(pointer)


def _roles(target: Target) -> Iterator[tuple[str, Texts]]:
    for key, _pointer, document in target.of_kind('role'):
        yield key, mapping(document.get('x-label'))


def _conditions(entity: EntityView) -> Iterator[tuple[str, Any, str, str | None]]:
    """Pointer, document, the entity it is about, and whose record it may take values from. Lines are entities of their own."""
    for key in entity.properties:
        if (lines := entity.lines(key)) is not None:
            yield from _conditions(lines)
    for key, part in entity.properties.items():
        pointer = entity.at(key)
        yield from ((f'{pointer}/{keyword}', part[keyword], entity.key, None) for keyword in ON_FIELDS if keyword in part)
        for number, option in numbered_parts(part.get('x-options')):
            if 'if' in option:
                yield f'{pointer}/x-options/{number}/if', option['if'], entity.key, None
        if 'x-option-filter' in part:
            about = USER if part.get('x-type') == 'user' else str(part.get('x-target', ''))
            yield f'{pointer}/x-option-filter', part['x-option-filter'], about, entity.key
        for about, condition in mapping(part.get('x-option-filters')).items():
            yield f'{pointer}/x-option-filters/{escape_pointer(about)}', condition, about, entity.key
    for number, rule in numbered_parts(entity.document.get('x-rules')):
        yield f'{entity.pointer}/x-rules/{number}/refuse_when', rule.get('refuse_when'), entity.key, None
    for pointer, stage in entity.stages:
        if 'gate' in stage:
            yield f'{pointer}/gate', stage['gate'], entity.key, None


def _check_unique_keys(entity: EntityView) -> Iterator[Finding]:
    seen: dict[frozenset[str], str] = {}
    for number, key in numbered_parts(entity.document.get('x-unique-keys')):
        pointer = f'{entity.pointer}/x-unique-keys/{number}'
        names = []
        for place, name in numbered_texts(key.get('fields')):
            names.append(name)
            at = f'{pointer}/fields/{place}'
            yield from entity.unknown(name, at)
            kind = entity.type_of(name)
            if kind and not (has_comparable(kind) and kind.stored and name in entity.properties):
                yield finding('SCH-E141', at, value=shown(name), type=kind.key)
        other = seen.setdefault(frozenset(names), pointer)
        if names and other != pointer:
            yield finding('SCH-E142', f'{pointer}/fields', other=other)


def check_layouts(target: Target) -> Iterator[Finding]:
    """Tabs that sections name, and roles that have layouts of their own."""
    for entity in target.entities.values():
        layouts, pointer = mapping(entity.document.get('x-layouts')), f'{entity.pointer}/x-layouts'
        yield from _check_tabs(entity, layouts, layouts, pointer)
        for role, own in mapping(layouts.get('roles')).items():
            at = f'{pointer}/roles/{escape_pointer(role)}'
            yield from target.unknown('role', role, at)
            yield from _check_tabs(entity, mapping(own), layouts, at)


def _check_tabs(entity: EntityView, part: dict[str, Any], common: dict[str, Any], pointer: str) -> Iterator[Finding]:
    tabs = [each.get('key') for _, each in numbered_parts(part.get('tabs', common.get('tabs')))]
    for number, section in numbered_parts(part.get('form')):
        tab = section.get('tab')
        if isinstance(tab, str) and tab not in tabs:
            hint = entity.hints.nearest(tab, [each for each in tabs if isinstance(each, str)])
            yield finding('SCH-E140', f'{pointer}/form/{number}/tab', value=shown(tab), hint=hint)
