"""Edits of a draft, as pure functions on a plan request: each takes the request and returns a new one; none checks it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from migrations.references import Moves, follow
from schema.base.findings import escape_pointer
from schema.definitions import Document

Request = Mapping[str, Any]
"""A plan request; see `migrations.service.Publisher.plan`."""

# Keywords that the field editor shows: what it leaves out is meant to go.
FIELD_KEYWORDS = (
    'x-type', 'x-label', 'x-help', 'x-search', 'x-unique', 'x-currency', 'x-target', 'x-targets', 'x-options', 'maxLength',
)  # fmt: skip
CLEARED = ('x-help', 'maxLength')
STAGE_CLEARED = ('hue', 'rotting_days', 'requires')


def put_entity(request: Request, key: str, fragment: Mapping[str, Any]) -> dict[str, Any]:
    """Merge keywords into an entity; what is a mapping is merged, what is a list is replaced."""
    made = _copy(request)
    entities = made.setdefault('entities', {})
    entities[key] = _merge(entities.get(key, {}), fragment)
    return made


def remove_entity(request: Request, live: Document | None, key: str) -> dict[str, Any]:
    """Take an entity out; one that only the draft knows (`live` is None) just disappears from it."""
    made = forget(request, key)
    return _remove(made, _pointer('entities', key)) if live else made


def put_field(
    request: Request, live: Document | None, entity: Document, former_key: str | None, key: str, part: Mapping[str, Any],
    *, required: bool,
) -> dict[str, Any]:  # fmt: skip
    """Add or change a field. `entity` is the document as the draft has it, `live` as it is published (None for a new one).

    With `former_key` other than `key` it is a rename: the part keeps its ref, and what the draft says of it follows. Options
    that the part leaves out are removed.
    """
    former = entity.get('properties', {}).get(former_key or key, {})
    entity_key = entity['x-key']
    made = _copy(request)
    if former_key and former_key != key:
        made = _follow(made, entity_key, former_key, key)
    fragment = made.setdefault('entities', {}).setdefault(entity_key, {})
    fields = fragment.setdefault('properties', {})
    earlier = fields.get(key) or (fields.get(former_key, {}) if former_key else {})
    kept = {name: value for name, value in earlier.items() if name not in FIELD_KEYWORDS}
    changed = {**kept, **part, **({'x-ref': former['x-ref']} if 'x-ref' in former else {})}
    fragment['properties'] = _put_at(fields, former_key, key, changed)
    names = [key if name == former_key else name for name in entity.get('required', ())]
    fragment['required'] = _with(names, key) if required else [name for name in names if name != key]
    stored = _stored(live, changed.get('x-ref'))
    return _clear_field(made, entity_key, stored, changed) if stored else made


def remove_field(request: Request, live: Document | None, entity: Document, key: str) -> dict[str, Any]:
    """Take a field out; its data goes to the shadow when the draft is published. One that only the draft knows disappears
    with what the draft says of it."""
    entity_key = entity['x-key']
    stored = _stored(live, entity.get('properties', {}).get(key, {}).get('x-ref'))
    made = _copy(request)
    if stored is None or stored[0] != key:
        made = _follow(made, entity_key, key, stored[0] if stored else None)
    fragment = made.get('entities', {}).get(entity_key, {})
    fragment.get('properties', {}).pop(stored[0] if stored else key, None)
    if 'required' in fragment:
        fragment['required'] = [name for name in fragment['required'] if name != key]
    return _remove(made, _pointer('entities', entity_key, 'properties', stored[0])) if stored else made


def forget_field(request: Request, live: Document | None, entity: Document, key: str) -> dict[str, Any]:
    """Undo what the draft says of one field, its removal and its new key included."""
    fields = (live or {}).get('properties', {})
    part = entity.get('properties', {}).get(key)
    stored = _stored(live, part.get('x-ref')) if part is not None else ((key, fields[key]) if key in fields else None)
    if stored is None:
        return remove_field(request, live, entity, key)
    entity_key, stored_key = entity['x-key'], stored[0]
    made = _copy(request)
    if stored_key != key:
        made = _follow(made, entity_key, key, stored_key)
    fragment = made.get('entities', {}).get(entity_key, {})
    fragment.get('properties', {}).pop(stored_key, None)
    if 'required' in fragment:
        others = [name for name in fragment['required'] if name != stored_key]
        needed = stored_key in (live or {}).get('required', ())
        fragment['required'] = _with(fragment['required'], stored_key) if needed else others
    return _keep(made, _pointer('entities', entity_key, 'properties', stored_key))


def put_stages(
    request: Request, live: Document | None, entity: Document, pipeline_key: str, stages: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:  # fmt: skip
    """Replace the stages of one pipeline, in order. Stages that are left out are removed; a removed one that is named again
    stays."""
    made = put_entity(request, entity['x-key'], {'x-pipelines': _pipelines(request, entity, pipeline_key, stages)})
    place = ('entities', entity['x-key'], 'x-pipelines', pipeline_key, 'stages')
    before = next((each['stages'] for each in (live or {}).get('x-pipelines', ()) if each['key'] == pipeline_key), ())
    made = _replace_list(made, place, before, stages)
    by_ref = {stage.get('ref'): stage for stage in stages}
    for stage in before:
        if stage['ref'] in by_ref:
            made = _clear(made, (*place, stage['ref']), stage, by_ref[stage['ref']], STAGE_CLEARED)
    return made


def begin_stages(request: Request, entity_key: str, label: Mapping[str, str], pipeline: Mapping[str, Any]) -> dict[str, Any]:
    """Give an entity a stage field and its first pipeline."""
    return put_entity(
        request,
        entity_key,
        {'properties': {'stage': {'x-type': 'stage', 'x-label': dict(label)}}, 'x-pipelines': [dict(pipeline)]},
    )


def put_remap(request: Request, ref: str, target_key: str | None) -> dict[str, Any]:
    """Where records of a removed option or stage go; None leaves them blank."""
    made = _copy(request)
    made.setdefault('remap', {})[ref] = target_key
    return made


def put_note(request: Request, note: str) -> dict[str, Any]:
    """The words for everyone that stand beside the version in the history."""
    made = _copy(request)
    made['note'] = note
    return made


def put_duplicates(
    request: Request, live: Document | None, entity: Document, rules: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:  # fmt: skip
    """Replace the duplicate rules of an entity; rules that are left out are removed."""
    made = put_entity(request, entity['x-key'], {'x-duplicates': [dict(rule) for rule in rules]})
    return _replace_list(made, ('entities', entity['x-key'], 'x-duplicates'), (live or {}).get('x-duplicates', ()), rules)


def forget(request: Request, entity_key: str) -> dict[str, Any]:
    """Undo what the draft says of an entity."""
    made = _copy(request)
    made.get('entities', {}).pop(entity_key, None)
    return _keep(made, _pointer('entities', entity_key))


def forget_list(request: Request, entity_key: str, keyword: str) -> dict[str, Any]:
    """Undo what the draft says of an entity's pipelines or duplicate rules."""
    made = _copy(request)
    made.get('entities', {}).get(entity_key, {}).pop(keyword, None)
    return _keep(made, _pointer('entities', entity_key, keyword))


def _follow(request: dict[str, Any], entity_key: str, old: str, new: str | None) -> dict[str, Any]:
    """What the draft itself says under a field's former key follows; it goes when there is no new one."""
    moves = Moves()
    moves.field(entity_key, old, new)
    fragments = {('entity', key): fragment for key, fragment in request.get('entities', {}).items()}
    fields = fragments.get(('entity', entity_key), {}).get('properties', {})
    if old in fields:
        kept = {(new or key) if key == old else key: part for key, part in fields.items() if key != old or new is not None}
        fragments['entity', entity_key]['properties'] = kept
    follow(fragments, moves)
    return request


def _put_at(fields: Mapping[str, Any], former_key: str | None, key: str, part: Mapping[str, Any]) -> dict[str, Any]:
    """In the place of its former self, else at the end."""
    place = key if key in fields else former_key
    if place not in fields:
        return {**fields, key: dict(part)}
    return {key if name == place else name: dict(part) if name == place else each for name, each in fields.items()}


def _clear_field(
    request: dict[str, Any], entity_key: str, stored: tuple[str, Document], part: Mapping[str, Any]
) -> dict[str, Any]:  # fmt: skip
    """Removals for what the published field has and the edited one has no more."""
    key, before = stored
    place = ('entities', entity_key, 'properties', key)
    made = _keep(request, _pointer(*place))
    if before['x-type'] != part.get('x-type'):
        return made
    made = _clear(made, place, before, part, CLEARED)
    for name in ('x-label', 'x-help'):
        if name in part:
            made = _clear(made, (*place, name), before.get(name, {}), part[name], tuple(before.get(name, {})))
    if 'x-options' in part:
        made = _clear(made, place, before, {'x-default': True} if _default_stays(before, part) else {}, ('x-default',))
    return _replace_list(made, (*place, 'x-options'), before.get('x-options', ()), part.get('x-options', ()))


def _default_stays(before: Document, part: Mapping[str, Any]) -> bool:
    """Whether the options still hold what new records begin with."""
    default = before.get('x-default')
    named = default if isinstance(default, list) else [default]
    return {each for each in named if isinstance(each, str)} <= {option['key'] for option in part['x-options']}


def _clear(
    request: dict[str, Any], place: Sequence[str], before: Mapping[str, Any], after: Mapping[str, Any], names: Iterable[str]
) -> dict[str, Any]:  # fmt: skip
    made = request
    for name in names:
        pointer = _pointer(*place, name)
        made = _remove(made, pointer) if name in before and name not in after else _unremove(made, pointer)
    return made


def _replace_list(
    request: dict[str, Any], place: Sequence[str], before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:  # fmt: skip
    """Removals for entries of the published list that are not named any more."""
    parts = list(after)
    kept = {each['ref'] for each in parts if each.get('ref')} | {each['key'] for each in parts if not each.get('ref')}
    made = request
    for each in before:
        pointer = _pointer(*place, each['ref'])
        if each['ref'] in kept or each['key'] in kept:
            made = _unremove(made, pointer)
            made.get('remap', {}).pop(each['ref'], None)
        else:
            made = _remove(made, pointer)
    return made


def _pipelines(
    request: Request, entity: Document, pipeline_key: str, stages: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:  # fmt: skip
    """All pipelines by key, the changed one with its stages; the others untouched by what is not named."""
    earlier = {each['key']: each for each in request.get('entities', {}).get(entity['x-key'], {}).get('x-pipelines', ())}
    made = []
    for each in entity.get('x-pipelines', ()):
        named = {**earlier.get(each['key'], {}), 'key': each['key'], **({'ref': each['ref']} if 'ref' in each else {})}
        if each['key'] == pipeline_key:
            named['stages'] = [dict(stage) for stage in stages]
        made.append(named)
    return made


def _stored(live: Document | None, ref: str | None) -> tuple[str, Document] | None:
    """Key and part of a field in the published version; None when only the draft knows it."""
    fields = (live or {}).get('properties', {})
    return next(((key, part) for key, part in fields.items() if ref and part.get('x-ref') == ref), None)


def _with(names: Sequence[str], key: str) -> list[str]:
    return list(names) if key in names else [*names, key]


def _pointer(*parts: str) -> str:
    return '/' + '/'.join(map(escape_pointer, parts))


def _remove(request: dict[str, Any], pointer: str) -> dict[str, Any]:
    """A removal takes those inside it along."""
    removed = [each for each in request.get('remove', ()) if not each.startswith(f'{pointer}/')]
    request['remove'] = removed if pointer in removed else [*removed, pointer]
    return request


def _unremove(request: dict[str, Any], pointer: str) -> dict[str, Any]:
    if pointer in request.get('remove', ()):
        request['remove'] = [each for each in request['remove'] if each != pointer]
    return request


def _keep(request: dict[str, Any], pointer: str) -> dict[str, Any]:
    """No removal of the part or of anything in it."""
    if 'remove' in request:
        request['remove'] = [each for each in request['remove'] if each != pointer and not each.startswith(f'{pointer}/')]
    return request


def _merge(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for name, part in new.items():
        before = merged.get(name)
        merged[name] = _merge(before, part) if isinstance(part, Mapping) and isinstance(before, Mapping) else part
    return merged


def _copy(request: Request) -> dict[str, Any]:
    return copy.deepcopy(dict(request))
