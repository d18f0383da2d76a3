"""Edits of a draft, as pure functions on a plan request: each takes the request and returns a new one; none checks it."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from schema.base.findings import escape_pointer
from schema.definitions import Document
from schema.loading import Documents

Request = Mapping[str, Any]
"""A plan request; see `migrations.service.Publisher.plan`."""


def put_entity(request: Request, key: str, fragment: Mapping[str, Any]) -> dict[str, Any]:
    """Merge keywords into an entity; what is a mapping is merged, what is a list is replaced."""
    made = _copy(request)
    entities = made.setdefault('entities', {})
    entities[key] = _merge(entities.get(key, {}), fragment)
    return made


def remove_entity(request: Request, base: Documents, key: str) -> dict[str, Any]:
    """Take an entity out; one that only the draft knows just disappears from it."""
    made = _copy(request)
    made.get('entities', {}).pop(key, None)
    return _remove(made, f'/entities/{escape_pointer(key)}') if ('entity', key) in base else made


def put_field(
    request: Request, entity: Document, former_key: str | None, key: str, part: Mapping[str, Any], *, required: bool
) -> dict[str, Any]:  # fmt: skip
    """Add or change a field of an entity as the draft has it (`entity` is the merged document). With `former_key` other than
    `key` it is a rename: the part keeps its ref."""
    former = entity.get('properties', {}).get(former_key or key, {})
    fragment = dict(part)
    if 'x-ref' in former:
        fragment['x-ref'] = former['x-ref']
    made = _copy(request)
    fields = made.setdefault('entities', {}).setdefault(entity['x-key'], {}).setdefault('properties', {})
    earlier = fields.pop(former_key, {}) if former_key else {}
    if earlier.get('x-type', former.get('x-type')) != fragment.get('x-type'):
        earlier = {}
    fields[key] = {**earlier, **fragment}
    names = [name for name in entity.get('required', ()) if name not in {former_key, key}]
    made['entities'][entity['x-key']]['required'] = [*names, key] if required else names
    return made


def remove_field(request: Request, base: Documents, entity: Document, key: str) -> dict[str, Any]:
    """Take a field out; its data goes to the shadow when the draft is published."""
    made = _copy(request)
    entity_key = entity['x-key']
    fragment = made.get('entities', {}).get(entity_key, {})
    fragment.get('properties', {}).pop(key, None)
    if 'required' in fragment:
        fragment['required'] = [name for name in fragment['required'] if name != key]
    ref = entity.get('properties', {}).get(key, {}).get('x-ref')
    stored = _stored_key(base, entity_key, ref)
    return _remove(made, f'/entities/{escape_pointer(entity_key)}/properties/{escape_pointer(stored)}') if stored else made


def put_stages(request: Request, entity: Document, pipeline_key: str, stages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Replace the stages of one pipeline, in order. Stages that are left out are removed."""
    made = put_entity(request, entity['x-key'], {'x-pipelines': _pipelines(request, entity, pipeline_key, stages)})
    kept = {stage.get('ref') or stage['key'] for stage in stages}
    base = next(each for each in entity['x-pipelines'] if each['key'] == pipeline_key)
    for stage in base['stages']:
        if stage.get('ref') and stage['ref'] not in kept:
            path = ('entities', entity['x-key'], 'x-pipelines', pipeline_key, 'stages', stage['ref'])
            made = _remove(made, '/' + '/'.join(map(escape_pointer, path)))
    return made


def put_remap(request: Request, ref: str, target_key: str | None) -> dict[str, Any]:
    """Where records of a removed option or stage go."""
    made = _copy(request)
    made.setdefault('remap', {})[ref] = target_key
    return made


def put_duplicates(request: Request, entity: Document, rules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Replace the duplicate rules of an entity; rules that are left out are removed."""
    made = put_entity(request, entity['x-key'], {'x-duplicates': [dict(rule) for rule in rules]})
    kept = {rule.get('ref') or rule['key'] for rule in rules}
    for rule in entity.get('x-duplicates', ()):
        if rule.get('ref') and rule['ref'] not in kept:
            path = ('entities', entity['x-key'], 'x-duplicates', rule['ref'])
            made = _remove(made, '/' + '/'.join(map(escape_pointer, path)))
    return made


def forget(request: Request, entity_key: str, field_key: str | None = None) -> dict[str, Any]:
    """Undo what the draft says of one field, or of a whole entity."""
    made = _copy(request)
    fragment = made.get('entities', {}).get(entity_key, {})
    if field_key is None:
        made.get('entities', {}).pop(entity_key, None)
        prefix = f'/entities/{escape_pointer(entity_key)}'
    else:
        fragment.get('properties', {}).pop(field_key, None)
        prefix = f'/entities/{escape_pointer(entity_key)}/properties/{escape_pointer(field_key)}'
    made['remove'] = [each for each in made.get('remove', ()) if each != prefix and not each.startswith(f'{prefix}/')]
    return made


def _pipelines(
    request: Request, entity: Document, pipeline_key: str, stages: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:  # fmt: skip
    """All pipelines by key, the changed one with its stages; the others untouched by what is not named."""
    earlier = {each['key']: each for each in request.get('entities', {}).get(entity['x-key'], {}).get('x-pipelines', ())}
    made = []
    for each in entity.get('x-pipelines', ()):
        named = {'key': each['key'], **({'ref': each['ref']} if 'ref' in each else {})}
        if each['key'] == pipeline_key:
            named['stages'] = [dict(stage) for stage in stages]
        elif 'stages' in earlier.get(each['key'], {}):
            named['stages'] = earlier[each['key']]['stages']
        made.append(named)
    return made


def _stored_key(base: Documents, entity_key: str, ref: str | None) -> str | None:
    """The key a field has in the live version; None when only the draft knows it."""
    fields = base.get(('entity', entity_key), {}).get('properties', {})
    return next((key for key, part in fields.items() if ref and part.get('x-ref') == ref), None)


def _remove(request: dict[str, Any], pointer: str) -> dict[str, Any]:
    removed = [each for each in request.get('remove', ()) if not each.startswith(f'{pointer}/')]
    request['remove'] = removed if pointer in removed else [*removed, pointer]
    return request


def _merge(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for name, part in new.items():
        before = merged.get(name)
        merged[name] = _merge(before, part) if isinstance(part, Mapping) and isinstance(before, Mapping) else part
    return merged


def _copy(request: Request) -> dict[str, Any]:
    return copy.deepcopy(dict(request))
