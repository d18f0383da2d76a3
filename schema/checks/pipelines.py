"""Pipelines: one stage field, groups and fields that exist, a stage to begin in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schema.base.findings import Finding, escape_pointer, finding
from schema.checks.target import EntityView, Hints, Target, mapping, numbered_parts, numbered_texts, shown


def check(target: Target) -> Iterator[Finding]:
    for entity in target.entities.values():
        yield from _check_stage_field(entity)
        for pointer, pipeline in entity.pipelines:
            yield from _check_groups(pipeline, pointer, entity.hints)
            yield from _check_open(pipeline, pointer)
            yield from _check_maps(entity, pipeline, pointer)
        names = [stage['key'] for _, stage in entity.stages if isinstance(stage.get('key'), str)]
        for pointer, stage in entity.stages:
            for number, name in numbered_texts(stage.get('requires')):
                yield from entity.unknown(name, f'{pointer}/requires/{number}')
            for number, name in numbered_texts(stage.get('moves')):
                if name not in names:
                    yield finding(
                        'SCH-E066', f'{pointer}/moves/{number}', value=shown(name), hint=entity.hints.nearest(name, names)
                    )


def _check_stage_field(entity: EntityView) -> Iterator[Finding]:
    fields = [key for key, part in entity.properties.items() if part.get('x-type') == 'stage']
    if fields and not entity.document.get('x-pipelines'):
        yield finding('SCH-E060', f'{entity.at(fields[0])}/x-type', entity=shown(entity.key))
    if entity.pipelines and entity.has_fields and not fields:
        yield finding('SCH-E061', f'{entity.pointer}/x-pipelines', entity=shown(entity.key))
    for extra in fields[1:]:
        yield finding('SCH-E062', f'{entity.at(extra)}/x-type', other=shown(fields[0]))


def _check_groups(pipeline: dict[str, Any], pointer: str, hints: Hints) -> Iterator[Finding]:
    groups = [group['key'] for _, group in numbered_parts(pipeline.get('groups')) if isinstance(group.get('key'), str)]
    for number, stage in numbered_parts(pipeline.get('stages')):
        name = stage.get('group')
        if isinstance(name, str) and name not in groups:
            yield finding('SCH-E063', f'{pointer}/stages/{number}/group', value=shown(name), hint=hints.nearest(name, groups))


def _check_open(pipeline: dict[str, Any], pointer: str) -> Iterator[Finding]:
    stages = [stage for _, stage in numbered_parts(pipeline.get('stages'))]
    if stages and all(stage.get('category', 'open') in ('won', 'lost') for stage in stages):
        yield finding('SCH-E065', f'{pointer}/stages')


def _check_maps(entity: EntityView, pipeline: dict[str, Any], pointer: str) -> Iterator[Finding]:
    """A map names another pipeline, stages of this one and stages of that one."""
    stages = {
        str(each.get('key')): [str(stage.get('key')) for _, stage in numbered_parts(each.get('stages'))]
        for _, each in entity.pipelines
    }
    here = stages.get(str(pipeline.get('key')), [])
    for name, pairs in mapping(pipeline.get('maps')).items():
        at = f'{pointer}/maps/{escape_pointer(name)}'
        others = [key for key in stages if key != pipeline.get('key')]
        if name not in others:
            yield finding('SCH-E067', at, value=shown(name), hint=entity.hints.nearest(name, others))
            continue
        for old, new in mapping(pairs).items():
            for key, known in ((old, here), (new, stages[name])):
                if isinstance(key, str) and key not in known:
                    hint = entity.hints.nearest(key, known)
                    yield finding('SCH-E068', f'{at}/{escape_pointer(old)}', value=shown(key), hint=hint)
