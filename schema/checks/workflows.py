"""Workflows: entity, trigger, condition and steps name what exists. What a trigger or a step does is not known here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from schema.base.findings import Finding, escape_pointer, finding
from schema.checks.target import EntityView, Target, mapping, numbered_parts, shown
from schema.conditions.condition import check as check_condition

DATE_TYPES = ('date', 'datetime')
TRIGGER_NEEDS = {'date': ('field',)}
STEP_NEEDS = {'send_mail': ('template', 'to'), 'create_record': ('entity', 'values'), 'update_record': ('values',)}


def check(target: Target) -> Iterator[Finding]:
    for _, pointer, workflow in target.of_kind('workflow'):
        name = workflow.get('entity')
        yield from target.unknown('entity', name, f'{pointer}/entity')
        entity = target.entities.get(name) if isinstance(name, str) else None
        if entity:
            yield from _check_trigger(entity, mapping(workflow.get('trigger')), f'{pointer}/trigger')
        for number, step in numbered_parts(workflow.get('steps')):
            place = f'{pointer}/steps/{number}'
            yield from _check_needs(mapping(step), STEP_NEEDS, place)
            yield from _check_template(target, step, entity, place)
            if entity:
                yield from _check_recipient(entity, mapping(step.get('to')), f'{place}/to')
                yield from _check_values(target, entity, mapping(step), place)


def check_conditions(target: Target) -> Iterator[Finding]:
    """Conditions of workflows. They are typed by whole entities: call it only when no entity has a finding."""
    conditions = [
        (pointer, workflow)
        for _, pointer, workflow in target.of_kind('workflow')
        if isinstance(workflow.get('condition'), dict)
        and isinstance(workflow.get('entity'), str)
        and workflow['entity'] in target.entities
    ]
    if not conditions:
        return
    for pointer, workflow in conditions:
        for each in check_condition(workflow['condition'], workflow['entity'], target.definitions):
            yield each.at(f'{pointer}/condition')


def _check_needs(part: dict[str, Any], needs: Mapping[str, tuple[str, ...]], pointer: str) -> Iterator[Finding]:
    """What one kind of trigger or step cannot do without; the metaschema knows only what all of them share."""
    kind = part.get('type')
    for keyword in needs.get(kind, ()) if isinstance(kind, str) else ():
        if keyword not in part:
            yield finding('SCH-E012', f'{pointer}/{keyword}', keyword=keyword)


def _check_values(target: Target, entity: EntityView, step: dict[str, Any], pointer: str) -> Iterator[Finding]:
    """Fields a step sets, on the record itself or on a new one of another entity."""
    written = entity
    if step.get('type') == 'create_record':
        name = step.get('entity')
        yield from target.unknown('entity', name, f'{pointer}/entity')
        found = target.entities.get(name) if isinstance(name, str) else None
        if found is None:
            return
        written = found
    for key, value in mapping(step.get('values')).items():
        place = f'{pointer}/values/{escape_pointer(key)}'
        yield from written.unknown(key, place)
        yield from entity.unknown(mapping(value).get('from'), f'{place}/from')


def _check_trigger(entity: EntityView, trigger: dict[str, Any], pointer: str) -> Iterator[Finding]:
    yield from _check_needs(trigger, TRIGGER_NEEDS, pointer)
    for number, name in enumerate(trigger['fields'] if isinstance(trigger.get('fields'), list) else ()):
        yield from entity.unknown(name, f'{pointer}/fields/{number}')
    yield from _check_type(entity, trigger.get('field'), f'{pointer}/field', DATE_TYPES)
    minutes = mapping(trigger.get('offset_minutes'))
    yield from _check_type(entity, minutes.get('field'), f'{pointer}/offset_minutes/field', ('integer',))


def _check_recipient(entity: EntityView, to: dict[str, Any], pointer: str) -> Iterator[Finding]:
    yield from _check_type(entity, to.get('field'), f'{pointer}/field', ('email',))
    yield from _check_type(entity, to.get('user'), f'{pointer}/user', ('user',))


def _check_type(entity: EntityView, name: Any, pointer: str, kinds: tuple[str, ...]) -> Iterator[Finding]:
    """The named field exists and is of one of the types."""
    yield from entity.unknown(name, pointer)
    kind = entity.type_key(name) if isinstance(name, str) else None
    if kind and kind not in kinds:
        hint = entity.hints.nearest(name, [each for each in entity.properties if entity.type_key(each) in kinds])
        yield finding('SCH-E091', pointer, value=shown(name), type=kind, choices=kinds, hint=hint)


def _check_template(target: Target, step: dict[str, Any], entity: EntityView | None, pointer: str) -> Iterator[Finding]:
    name = step.get('template')
    yield from target.unknown('template', name, f'{pointer}/template')
    template = target.documents.get(('template', name)) if isinstance(name, str) else None
    filled_from = mapping(template).get('entity')
    if entity and isinstance(filled_from, str) and filled_from != entity.key:
        yield finding('SCH-E093', f'{pointer}/template', value=shown(name), other=shown(filled_from), entity=shown(entity.key))
