"""What derived fields give: the result type of rollups, the face of fields read through links. Pure; reads documents only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from schema.definitions import Document, EntityDef, FieldDef

DERIVED = ('formula', 'rollup', 'through')
FUNCTIONS = ('count', 'sum', 'min', 'max', 'avg')
KEPT = ('x-scale', 'x-currency', 'x-max', 'x-target', 'x-targets', 'x-columns', 'x-many')
"""Keywords of a source field that decide how its values look."""
SYSTEM: Mapping[str, str] = {
    'owner': 'user', 'team': 'team', 'created_at': 'datetime', 'created_by': 'user', 'changed_at': 'datetime',
    'changed_by': 'user', 'revision': 'integer',
}  # fmt: skip
MOST_HOPS = 8
KIND_OF: Mapping[str, str] = {
    'text': 'text', 'long_text': 'text', 'email': 'text', 'phone': 'text', 'url': 'text', 'autonumber': 'text',
    'picklist': 'text', 'stage': 'text', 'multi_picklist': 'texts', 'tags': 'texts', 'integer': 'number', 'decimal': 'number',
    'percent': 'number', 'money': 'number', 'rating': 'number', 'duration': 'number', 'boolean': 'boolean', 'date': 'moment',
    'datetime': 'moment',
}  # fmt: skip
"""What a formula reads from a field of each plain type: options by key, money by its amount, durations in hours."""
STAGE_PARTS: Mapping[str, str] = {'probability': 'number', 'category': 'text'}
"""What a formula reads of the present stage: `stage.probability` in percent, `stage.category` open, won or lost."""

Properties = Mapping[str, Mapping[str, Any]]
Face = tuple[str, dict[str, Any]]
"""The key of a plain field type and the keywords that decide how its values look."""


def mint_results(documents: Iterable[Document]) -> None:
    """Write into every rollup what it gives, so that its column can be made from its own document. In place; again harmless."""
    entities = {document['x-key']: document.get('properties', {}) for document in documents}
    for key, properties in entities.items():
        for part in properties.values():
            if isinstance(part, dict) and part.get('x-type') == 'rollup':
                kind, keywords = face_of(part, key, entities)
                part['x-result'] = kind
                part.pop('x-result-scale', None)
                if 'x-scale' not in part and 'x-scale' in keywords:
                    part['x-result-scale'] = keywords['x-scale']


def complete(definitions: Iterable[EntityDef]) -> list[EntityDef]:
    """The same definitions, with derived fields that know the options, scale and targets of what they show."""
    known = list(definitions)
    if not any(part.type in {'rollup', 'through'} for each in known for part in each.fields):
        return known
    entities = {each.key: {part.key: part.document for part in each.fields} for each in known}
    fields = {(each.key, part.key): part for each in known for part in each.fields}
    return [
        replace(each, fields=tuple(_completed(each.key, part, entities, fields) for part in each.fields))
        if any(part.type in DERIVED for part in each.fields)
        else each
        for each in known
    ]


def face_of(part: Mapping[str, Any], entity: str, entities: Mapping[str, Properties], hops: int = 0) -> Face:
    """What a field gives; decimal, for what cannot be found out. `entities` are properties by entity key."""
    kind = str(part.get('x-type'))
    own = {keyword: part[keyword] for keyword in KEPT if keyword in part}
    if kind == 'formula':
        return str(part.get('x-result', 'decimal')), own
    if kind not in DERIVED or hops > MOST_HOPS:
        return (kind if kind not in DERIVED else 'decimal'), own
    if kind == 'through':
        found = source_of_through(part, entity, entities)
        shown = face_of(found[1], found[0], entities, hops + 1) if found else ('text', {})
        return ('picklist', shown[1]) if shown[0] == 'stage' else shown  # a record has one stage, its own
    return _rollup_face(part, own, entity, entities, hops)


def _rollup_face(
    part: Mapping[str, Any], own: dict[str, Any], entity: str, entities: Mapping[str, Properties], hops: int
) -> Face:
    rollup = part.get('x-rollup')
    rollup = rollup if isinstance(rollup, Mapping) else {}
    function = rollup.get('function')
    if function == 'count':
        return 'integer', {}
    owner, properties = related_properties(rollup, entity, entities)
    name = str(rollup.get('of'))
    source: Any = properties.get(name)
    if not isinstance(source, Mapping):  # the properties of lines stand as written
        source = {'x-type': SYSTEM.get(name, 'decimal')}
    kind, keywords = face_of(source, owner, entities, hops + 1)
    if function == 'avg' and kind in {'integer', 'rating', 'duration'}:
        kind = 'decimal' if kind != 'duration' else kind
    elif function == 'sum' and kind == 'rating':
        kind = 'integer'
    return kind, {**keywords, **own}


def related_properties(rollup: Mapping[str, Any], entity: str, entities: Mapping[str, Properties]) -> tuple[str, Properties]:
    """The key and the properties of what a rollup looks at: another entity, or own lines."""
    if isinstance(rollup.get('lines'), str):
        lines = entities.get(entity, {}).get(rollup['lines'], {}).get('x-lines')
        found = lines.get('properties') if isinstance(lines, Mapping) else None
        return f'{entity}.{rollup["lines"]}', found if isinstance(found, Mapping) else {}
    other = str(rollup.get('entity'))
    return other, entities.get(other, {})


def source_of_through(
    part: Mapping[str, Any], entity: str, entities: Mapping[str, Properties]
) -> tuple[str, Mapping[str, Any]] | None:
    """`(entity key, property)` of the field that a `through` field shows."""
    through = part.get('x-through')
    if not isinstance(through, Mapping):
        return None
    link = entities.get(entity, {}).get(str(through.get('link')), {})
    target, name = str(link.get('x-target')), str(through.get('field'))
    if link.get('x-type') != 'link' or target not in entities:
        return None
    if name in entities[target]:
        return target, entities[target][name]
    return (target, {'x-type': SYSTEM[name]}) if name in SYSTEM else None


def _completed(
    entity: str, part: FieldDef, entities: Mapping[str, Properties], fields: Mapping[tuple[str, str], FieldDef]
) -> FieldDef:
    if part.type not in {'rollup', 'through'}:
        return part
    kind, keywords = face_of(part.document, entity, entities)
    document = {**part.document, **keywords, 'x-result': kind}
    if part.type == 'rollup' and 'x-result-scale' in part.document:
        document['x-scale'] = part.document['x-result-scale']
    source = _shown_by(part, entity, entities, fields)
    if source is None:
        return replace(part, document=document)
    return replace(part, document=document, options=source.options, targets=source.targets)


def _shown_by(
    part: FieldDef, entity: str, entities: Mapping[str, Properties], fields: Mapping[tuple[str, str], FieldDef]
) -> FieldDef | None:
    found = source_of_through(part.document, entity, entities) if part.type == 'through' else None
    return fields.get((found[0], str(part.document['x-through']['field']))) if found else None
