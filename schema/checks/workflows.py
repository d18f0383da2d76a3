"""Workflows: entity, trigger, condition and steps name what exists. What a trigger or a step does is not known here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from cronsim import CronSim, CronSimError

from schema.base.findings import Finding, escape_pointer, finding
from schema.checks import hook_parts, plan_parts, step_parts
from schema.checks.missing import missing
from schema.checks.target import EntityView, Target, mapping, numbered_parts, numbered_texts, shown
from schema.conditions.condition import check as check_condition

DATE_TYPES = ('date', 'datetime')
TRIGGER_NEEDS = {'date': ('field',), 'schedule': ('cron',), 'stage_stuck': ('days',)}
STEP_NEEDS = {
    'send_mail': ('template', 'to'), 'create_record': ('entity', 'values'), 'update_record': ('values',),
    'move_stage': ('stage',), 'tag': ('field',), 'start_workflow': ('workflow',), 'branch': ('cases',),
    'for_each': ('related', 'steps'), **step_parts.STEP_NEEDS,
    **hook_parts.STEP_NEEDS, **plan_parts.STEP_NEEDS,
}  # fmt: skip


def check(target: Target) -> Iterator[Finding]:
    for _, pointer, workflow in target.of_kind('workflow'):
        name = workflow.get('entity')
        yield from target.unknown('entity', name, f'{pointer}/entity')
        entity = target.entities.get(name) if isinstance(name, str) else None
        if entity:
            yield from _check_trigger(target, entity, mapping(workflow.get('trigger')), f'{pointer}/trigger')
        for place, step, own in _walk(target, workflow.get('steps'), entity, f'{pointer}/steps'):
            yield from _check_step(target, step, own, place)


Placed = tuple[str, dict[str, Any], EntityView | None]


def _walk(target: Target, steps: Any, entity: EntityView | None, pointer: str) -> Iterator[Placed]:
    """Steps with those inside them: `(place, step, entity whose record it is carried out on)`."""
    for number, each in numbered_parts(steps):
        step, place = mapping(each), f'{pointer}/{number}'
        yield place, step, entity
        inside = _looped(target, step, entity) if step.get('type') == 'for_each' else entity
        for case, part in numbered_parts(step.get('cases')):
            yield from _walk(target, part.get('steps'), inside, f'{place}/cases/{case}/steps')
        for way in ('otherwise', 'on_timeout', 'steps'):
            yield from _walk(target, step.get(way), inside, f'{place}/{way}')


def _looped(target: Target, step: dict[str, Any], entity: EntityView | None) -> EntityView | None:
    """The entity of the records that a loop goes over; None when it cannot be told."""
    related = mapping(step.get('related'))
    if 'entity' in related:
        return target.entities.get(str(related['entity']))
    field = mapping(entity.properties.get(str(related.get('field')))) if entity else {}
    return target.entities.get(str(field.get('x-target')))


def _check_step(target: Target, step: dict[str, Any], entity: EntityView | None, place: str) -> Iterator[Finding]:
    yield from _check_needs(step, STEP_NEEDS, place)
    yield from _check_template(target, step, entity, place)
    yield from target.unknown('workflow', step.get('workflow'), f'{place}/workflow')
    if entity is None:
        return
    yield from _check_recipient(entity, step, f'{place}/to')
    yield from hook_parts.check_params(entity, step, place)
    yield from step_parts.check_step_parts(target, entity, step, place, _check_type)
    yield from plan_parts.check_plan(entity, step, place, _check_type)
    yield from _check_values(target, entity, step, place)
    yield from _check_stage(entity, step.get('stage'), f'{place}/stage')
    if step.get('type') == 'tag':
        yield from _check_type(entity, step.get('field'), f'{place}/field', ('tags',))
    yield from _check_type(entity, mapping(step.get('until')).get('field'), f'{place}/until/field', DATE_TYPES)
    for number, each in numbered_parts(step.get('attachments')):
        yield from _check_type(entity, each.get('field'), f'{place}/attachments/{number}/field', ('file', 'image'))
    related = mapping(step.get('related'))
    if 'entity' in related:
        yield from target.unknown('entity', related['entity'], f'{place}/related/entity')
    holder = target.entities.get(str(related['entity'])) if 'entity' in related else entity
    if holder and related:
        yield from _check_type(holder, related.get('field'), f'{place}/related/field', ('link', 'links'))


def check_conditions(target: Target) -> Iterator[Finding]:
    """Conditions of workflows. They are typed by whole entities: call it only when no entity has a finding."""
    conditions = list(_conditions(target))
    if not conditions:
        return
    for pointer, condition, entity in conditions:
        for each in check_condition(condition, entity, target.definitions):
            yield each.at(pointer)


def _conditions(target: Target) -> Iterator[tuple[str, dict[str, Any], str]]:
    """`(place, condition, entity key)` of all conditions whose entity is known."""
    for _, pointer, workflow in target.of_kind('workflow'):
        entity = target.entities.get(str(workflow.get('entity')))
        places: list[tuple[str, Any, EntityView | None]] = [
            (f'{pointer}/condition', workflow.get('condition'), entity),
            (f'{pointer}/trigger/was', mapping(workflow.get('trigger')).get('was'), entity),
        ]
        for place, step, own in _walk(target, workflow.get('steps'), entity, f'{pointer}/steps'):
            over = _looped(target, step, own) if step.get('type') == 'for_each' else own
            places.append((f'{place}/condition', step.get('condition'), over))
            for number, case in numbered_parts(step.get('cases')):
                places.append((f'{place}/cases/{number}/condition', mapping(case).get('condition'), own))
        yield from ((place, each, known.key) for place, each, known in places if isinstance(each, dict) and known)


def _check_needs(part: dict[str, Any], needs: Mapping[str, tuple[str, ...]], pointer: str) -> Iterator[Finding]:
    """What one kind of trigger or step cannot do without; the metaschema knows only what all of them share."""
    kind = part.get('type')
    for keyword in needs.get(kind, ()) if isinstance(kind, str) else ():
        if keyword not in part:
            yield missing(f'{pointer}/{keyword}', keyword)


def _check_values(target: Target, entity: EntityView, step: dict[str, Any], pointer: str) -> Iterator[Finding]:
    """Fields a step sets, on the record itself or on a new one of another entity."""
    written = plan_parts.planned(target, step) or entity
    if step.get('type') == 'create_record':
        name = step.get('entity')
        yield from target.unknown('entity', name, f'{pointer}/entity')
        found = target.entities.get(name) if isinstance(name, str) else None
        if found is None:
            return
        written = found
    for key, value in mapping(step.get('values')).items():
        place = f'{pointer}/values/{escape_pointer(key)}'
        if step.get('type') not in hook_parts.FREE_NAMES:
            yield from written.unknown(key, place)
        yield from entity.unknown(mapping(value).get('from'), f'{place}/from')


def _check_trigger(target: Target, entity: EntityView, trigger: dict[str, Any], pointer: str) -> Iterator[Finding]:
    yield from _check_needs(trigger, TRIGGER_NEEDS, pointer)
    yield from _check_calendar(trigger.get('cron'), f'{pointer}/cron')
    yield from hook_parts.check_webhook_trigger(entity, trigger, pointer)
    for number, name in numbered_texts(trigger.get('stages')):
        yield from _check_stage(entity, name, f'{pointer}/stages/{number}')
    for number, name in numbered_texts(trigger.get('roles')):
        yield from target.unknown('role', name, f'{pointer}/roles/{number}')
    for number, name in enumerate(trigger['fields'] if isinstance(trigger.get('fields'), list) else ()):
        yield from entity.unknown(name, f'{pointer}/fields/{number}')
    yield from _check_type(entity, trigger.get('field'), f'{pointer}/field', DATE_TYPES)
    minutes = mapping(trigger.get('offset_minutes'))
    yield from _check_type(entity, minutes.get('field'), f'{pointer}/offset_minutes/field', ('integer',))
    yield from _check_type(entity, mapping(trigger.get('zone')).get('field'), f'{pointer}/zone/field', ('text',))
    if trigger.get('calendar') == 'lunar' and trigger.get('yearly') is not True:
        yield missing(f'{pointer}/yearly', 'yearly')


def _check_calendar(cron: Any, pointer: str) -> Iterator[Finding]:
    if not isinstance(cron, str):
        return
    try:
        CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError:
        yield finding('SCH-E096', pointer, value=shown(cron))


def _check_stage(entity: EntityView, name: Any, pointer: str) -> Iterator[Finding]:
    known = [stage['key'] for _, stage in entity.stages if isinstance(stage.get('key'), str)]
    if isinstance(name, str) and name not in known:
        yield finding('SCH-E066', pointer, value=shown(name), hint=entity.hints.nearest(name, known))


def _check_recipient(entity: EntityView, step: dict[str, Any], pointer: str) -> Iterator[Finding]:
    to, types = mapping(step.get('to')), hook_parts.RECIPIENTS.get(str(step.get('type')), ('email',))
    yield from _check_type(entity, to.get('field'), f'{pointer}/field', types)
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
