"""Edits of the schema an admin is drafting, as pure functions: each takes all documents and returns new ones; none checks them.

`forget…` and `put_remap`, `put_note` work on the plan request instead, for they undo or add what only the request knows.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from migrations.references import Moves, follow
from migrations.requests import KEPT_ON_TYPE_CHANGE
from modules.studio.answering import answers_with
from modules.studio.forms import Form
from schema.base.findings import escape_pointer
from schema.definitions import Document
from schema.fieldtypes.registry import FIELD_TYPES
from schema.loading import Documents

Request = Mapping[str, Any]
"""A plan request; see `migrations.service.Publisher.plan`."""
Schema = dict[tuple[str, str], Any]
LOGIC = ('x-required-if', 'x-visible-if', 'x-read-only-if')
EVERY_TYPE = KEPT_ON_TYPE_CHANGE | {*LOGIC, 'x-hidden-in'}


def put_entity(documents: Documents, key: str, keywords: Mapping[str, Any]) -> Schema:
    """Set keywords of an entity, made when there is none; a keyword that is None goes."""
    made = _copy(documents)
    document = made.setdefault(('entity', key), {})
    for name, value in keywords.items():
        _set(document, name, value)
    return made


def rename_entity(documents: Documents, key: str, new_key: str) -> Schema:
    """Give an entity another key; what named it follows."""
    moves = Moves()
    moves.entities[key] = new_key
    return rekeyed(documents, 'entity', moves, key, new_key)


def rekeyed(documents: Documents, kind: str, moves: Moves, key: str, new_key: str) -> Schema:
    """A document under another key, in its place; what named it follows `moves`."""
    made: Schema = {(kind, new_key) if name == (kind, key) else name: part for name, part in _copy(documents).items()}
    made[kind, new_key]['x-key'] = new_key
    follow(made, moves)
    return made


def remove_entity(documents: Documents, key: str) -> Schema:
    """Take an entity out; what named it is left for the checks to show."""
    made = _copy(documents)
    del made['entity', key]
    return made


def put_field(
    documents: Documents, entity: str, former_key: str | None, key: str, part: Mapping[str, Any], *, required: bool
) -> Schema:  # fmt: skip
    """Add or change a field; what is None in `part` goes, what it does not name stays unless only the former type knew it.

    With `former_key` other than `key` it is a rename: the part keeps its ref, and what named it follows.
    """
    made = _rename_field(documents, entity, former_key, key) if former_key and former_key != key else _copy(documents)
    document = made['entity', entity]
    fields = document.setdefault('properties', {})
    former = fields.get(key, {})
    fields[key] = changed_part(former, part)
    names = list(document.get('required', ()))
    if required and key not in names:
        _set(document, 'required', [*names, key])
    elif not required and key in names:
        _set(document, 'required', [name for name in names if name != key])
    return made


def changed_part(former: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """A property with some keywords changed; another type keeps what every type or the new one knows."""
    kind = part.get('x-type', former.get('x-type'))
    known = FIELD_TYPES.find(str(kind))
    kept = dict(former)
    if former and kind != former.get('x-type') and known is not None:
        kept = {name: value for name, value in former.items() if name in EVERY_TYPE or name in known.keywords}
    for name, value in part.items():
        _set(kept, name, value)
    if 'x-options' in kept and 'x-default' in kept and 'x-default' not in part and not _default_stays(kept):
        del kept['x-default']
    return kept


def remove_field(documents: Documents, entity: str, key: str, stored_key: str | None = None) -> Schema:
    """Take a field out with what lists it; its data goes to the shadow when the draft is published. One that the draft renamed
    from `stored_key` takes that key back first, so that what named it does again."""
    made = _copy(documents)
    if stored_key and stored_key != key:
        made, key = _rename_field(documents, entity, key, stored_key), stored_key
    document = made['entity', entity]
    document['properties'] = {name: part for name, part in document['properties'].items() if name != key}
    moves = Moves()
    moves.field(entity, key, None)
    follow(made, moves)
    return made


def move_field(documents: Documents, entity: str, key: str, after: str) -> Schema:
    """Put a field behind another one on the form, or first when `after` is blank; it goes to that one's section."""
    made = _copy(documents)
    document = made['entity', entity]
    layouts = document.setdefault('x-layouts', {})
    placed = {name for section in layouts.get('form', ()) for name in section['fields']}
    sections = [dict(section) for section in layouts.get('form', ())] or [{'fields': []}]
    loose = [name for name in document['properties'] if name not in placed]
    sections[-1]['fields'] = [*sections[-1]['fields'], *loose]
    for section in sections:
        section['fields'] = [name for name in section['fields'] if name != key]
    target = next((section for section in sections if after in section['fields']), None)
    if target is None:
        sections[0]['fields'] = [key, *sections[0]['fields']]
    else:
        place = target['fields'].index(after) + 1
        target['fields'] = [*target['fields'][:place], key, *target['fields'][place:]]
    layouts['form'] = sections
    return made


def put_layout(documents: Documents, entity: str, role: str, name: str, value: Any) -> Schema:
    """Set one layout for everybody, or for a role when one is named; None goes back to the common one, or to none."""
    made = _copy(documents)
    layouts = made['entity', entity].setdefault('x-layouts', {})
    holder = layouts.setdefault('roles', {}).setdefault(role, {}) if role else layouts
    _set(holder, name, value)
    if role and not holder:
        del layouts['roles'][role]
    if not layouts.get('roles', True):
        del layouts['roles']
    if not layouts:
        del made['entity', entity]['x-layouts']
    return made


def put_part(documents: Documents, entity: str, keyword: str, former_key: str | None, part: Mapping[str, Any]) -> Schema:
    """Change one entry of a list such as the rules in its place, or add it at the end."""
    made = _copy(documents)
    document = made['entity', entity]
    entries = list(document.get(keyword, ()))
    place = next((number for number, each in enumerate(entries) if each['key'] == former_key), None)
    if place is None:
        entries.append(dict(part))
    else:
        entry = dict(entries[place])
        for name, value in part.items():
            _set(entry, name, value)
        entries[place] = entry
    document[keyword] = [{name: value for name, value in each.items() if value is not None} for each in entries]
    return made


def remove_part(documents: Documents, entity: str, keyword: str, key: str) -> Schema:
    """Take one entry of a list out."""
    made = _copy(documents)
    document = made['entity', entity]
    _set(document, keyword, [each for each in document.get(keyword, ()) if each['key'] != key])
    return made


def reorder_parts(documents: Documents, entity: str, keyword: str, keys: Sequence[str]) -> Schema:
    """The entries of a list in the order of the keys; those not named stay behind them."""
    made = _copy(documents)
    entries = made['entity', entity].get(keyword, [])
    wanted = {key: place for place, key in enumerate(keys)}
    made['entity', entity][keyword] = sorted(entries, key=lambda each: wanted.get(each['key'], len(wanted)))
    return made


def put_stages(documents: Documents, entity: str, pipeline_key: str, changed: Mapping[str, Any]) -> Schema:
    """Set keywords of one pipeline: its label, groups, stages, maps. Stages take the order given; those left out go, also from
    what leads to them."""
    made = put_part(documents, entity, 'x-pipelines', pipeline_key, changed)
    _forget_ways(made['entity', entity]['x-pipelines'])
    return made


def remove_pipeline(documents: Documents, entity: str, pipeline_key: str) -> Schema:
    """Take a pipeline out, with what leads to its stages."""
    made = remove_part(documents, entity, 'x-pipelines', pipeline_key)
    _forget_ways(made['entity', entity]['x-pipelines'])
    return made


def _forget_ways(pipelines: Sequence[dict[str, Any]]) -> None:
    """Moves and maps from or to stages that are no longer there."""
    stages = {each['key']: {stage['key'] for stage in each['stages']} for each in pipelines}
    there = {key for keys in stages.values() for key in keys}
    for each in pipelines:
        for stage in each['stages']:
            if 'moves' in stage:
                stage['moves'] = [key for key in stage['moves'] if key in there]
        kept = {
            other: {old: new for old, new in pairs.items() if old in stages[each['key']] and new in stages[other]}
            for other, pairs in each.get('maps', {}).items()
            if other in stages
        }
        _set(each, 'maps', {other: pairs for other, pairs in kept.items() if pairs} or None)


def begin_stages(
    documents: Documents, entity: str, label: Mapping[str, str], pipeline: Mapping[str, Any], field: str = ''
) -> Schema:  # fmt: skip
    """Add a pipeline, with the stage field when the entity has none yet: a new one, or `field`, which becomes it."""
    made = _copy(documents)
    document = made['entity', entity]
    if field:
        document['properties'][field] = changed_part(document['properties'][field], {'x-type': 'stage'})
    elif not any(part.get('x-type') == 'stage' for part in document.get('properties', {}).values()):
        key = 'stage' if 'stage' not in document['properties'] else 'record_stage'
        document['properties'][key] = {'x-type': 'stage', 'x-label': dict(label)}
    document['x-pipelines'] = [*document.get('x-pipelines', ()), dict(pipeline)]
    return made


def put_alias(documents: Documents, ref: str, keyword: str, alias: str, *, keep: bool) -> Schema:
    """Let a former key or label of a part go, or stay after all."""
    made = _copy(documents)
    for part in parts_with(made, ref):
        names = [each for each in part.get(keyword, ()) if each != alias]
        _set(part, keyword, ([*names, alias] if keep else names) or None)
    return made


def parts_with(node: Any, ref: str) -> Iterator[dict[str, Any]]:
    """Every part with this identity; there is one."""
    if isinstance(node, dict):
        if ref in (node.get('x-ref'), node.get('ref')):
            yield node
        for part in node.values():
            yield from parts_with(part, ref)
    elif isinstance(node, list):
        for part in node:
            yield from parts_with(part, ref)


def put_remap(request: Request, ref: str, target_key: str | None) -> dict[str, Any]:
    """Where records of a removed option or stage go; None leaves them blank."""
    made = copy.deepcopy(dict(request))
    made.setdefault('remap', {})[ref] = target_key
    return made


def put_answers(request: Request, pointer: str, part: Document, form: Form, locale: str) -> dict[str, Any]:
    """What becomes of values of a field that cannot be read, and of its blanks."""
    made = copy.deepcopy(dict(request))
    made['answers'] = answers_with(made.get('answers') or {}, pointer, part, form, locale)
    if not made['answers']:
        del made['answers']
    return made


def put_note(request: Request, note: str) -> dict[str, Any]:
    """The words for everyone that stand beside the version in the history."""
    made = copy.deepcopy(dict(request))
    made['note'] = note
    return made


def forget(request: Request, live: Document | None, entity: str) -> dict[str, Any]:
    """Undo what the draft says of an entity, its removal and its new key included."""
    made = copy.deepcopy(dict(request))
    made.get('entities', {}).pop(entity, None)
    return _keep(made, _pointer('entities', (live or {}).get('x-key', entity)))


def forget_keyword(request: Request, live: Document, entity: str, keyword: str) -> dict[str, Any]:
    """Undo what the draft says of one keyword of an entity, such as its pipelines or layouts."""
    made = copy.deepcopy(dict(request))
    made.get('entities', {}).get(entity, {}).pop(keyword, None)
    return _keep(made, _pointer('entities', live['x-key'], keyword))


def forget_field(request: Request, live: Document | None, entity: Document, key: str) -> dict[str, Any]:
    """Undo what the draft says of one field, its removal and its new key included; one that only the draft knows goes."""
    fields = (live or {}).get('properties', {})
    part = entity.get('properties', {}).get(key)
    ref = part.get('x-ref') if part is not None else fields.get(key, {}).get('x-ref')
    stored = next((name for name, each in fields.items() if ref and each.get('x-ref') == ref), None)
    made = copy.deepcopy(dict(request))
    if stored != key:
        _follow_request(made, entity['x-key'], key, stored)
    fragment = made.get('entities', {}).get(entity['x-key'], {})
    fragment.get('properties', {}).pop(stored or key, None)
    if 'required' in fragment:
        needed = stored is not None and stored in (live or {}).get('required', ())
        names = [name for name in fragment['required'] if name not in (key, stored)]
        fragment['required'] = [*names, stored] if needed else names
    return _keep(made, _pointer('entities', (live or entity)['x-key'], 'properties', stored or key))


def on(edit: Callable[..., Schema], *args: Any, **options: Any) -> Callable[[Documents], Schema]:
    """An edit waiting for its documents: `on(remove_field, 'contact', 'phone')`."""
    return lambda documents: edit(documents, *args, **options)


def _rename_field(documents: Documents, entity: str, old: str, new: str) -> Schema:
    made = _copy(documents)
    document = made['entity', entity]
    document['properties'] = {new if name == old else name: part for name, part in document['properties'].items()}
    moves = Moves()
    moves.field(entity, old, new)
    follow(made, moves)
    return made


def _follow_request(request: dict[str, Any], entity: str, old: str, new: str | None) -> None:
    moves = Moves()
    moves.field(entity, old, new)
    fragments = {('entity', key): fragment for key, fragment in request.get('entities', {}).items()}
    fields = fragments.get(('entity', entity), {}).get('properties', {})
    part = fields.pop(old, None)
    if part is not None and new is not None:
        fields[new] = part
    follow(fragments, moves)


def _default_stays(part: Mapping[str, Any]) -> bool:
    """Whether the options still hold what new records begin with."""
    default = part['x-default']
    named = default if isinstance(default, list) else [default]
    return {each for each in named if isinstance(each, str)} <= {option['key'] for option in part['x-options']}


def _set(node: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        node.pop(name, None)
    else:
        node[name] = value


def _keep(request: dict[str, Any], pointer: str) -> dict[str, Any]:
    """No removal of the part or of anything in it."""
    if 'remove' in request:
        request['remove'] = [each for each in request['remove'] if each != pointer and not each.startswith(f'{pointer}/')]
    return request


def _pointer(*parts: str) -> str:
    return '/' + '/'.join(map(escape_pointer, parts))


def _copy(documents: Documents) -> Schema:
    return {name: copy.deepcopy(dict(document)) for name, document in documents.items()}
