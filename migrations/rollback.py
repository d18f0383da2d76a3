"""Which documents a rollback aims at: the structure of an older version, with today's roles and workflows unless ticked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from migrations.neighbours import LEADING
from migrations.physical import Physical
from migrations.plans import Impact
from migrations.role_following import roles_as_named_in
from migrations.steps.shadow import WHOLE_TABLE
from schema.base.findings import escape_pointer, finding
from schema.catalog import SYSTEM_FACES
from schema.conditions.condition import fields_read
from schema.definitions import Document
from schema.derived import DERIVED
from schema.loading import Documents
from schema.role_changes import EVERY
from schema.versions import SchemaVersion

STRUCTURE = frozenset({'entity'})


def documents_of(past: SchemaVersion, present: SchemaVersion, include: Collection[str]) -> dict[tuple[str, str], Document]:
    """`include` names further kinds that go back too. Parts keep their refs and columns, so their data is found again."""
    kinds = STRUCTURE | set(include)
    kept = {name: each for name, each in present.documents.items() if name[0] not in kinds}
    gone = {name: _with_former_keys(each, present) for name, each in past.documents.items() if name[0] in kinds}
    roles = roles_as_named_in(kept, present.documents, gone)  # a right that names nothing any more would fall back to others
    return {**gone, **_roles_that_fit({**kept, **roles}, gone)}


def answers_again(past: Documents, present: Documents, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was decided when values became what the older version holds, by pointer, of fields that turn into that again. Those
    that name records are left out, for these may be gone. `given` is by ref."""
    places = {part['x-ref']: _columns_of(part) for _, part in _fields_of(present)}
    return {
        pointer: given[part['x-ref']] for pointer, part in _fields_of(past)
        if given.get(part['x-ref']) and part['x-type'] not in LEADING
        and places.get(part['x-ref'], _columns_of(part)) != _columns_of(part)
    }  # fmt: skip


def _fields_of(documents: Documents) -> Iterator[tuple[str, Document]]:
    """Every field with its pointer, those of lines too."""
    for (kind, key), document in documents.items():
        for name, part in document.get('properties', {}).items() if kind == 'entity' else ():
            pointer = f'/entities/{escape_pointer(key)}/properties/{escape_pointer(name)}'
            yield pointer, part
            for column, each in part.get('x-lines', {}).get('properties', {}).items():
                yield f'{pointer}/x-lines/properties/{escape_pointer(column)}', each


def _with_former_keys(document: Document, present: SchemaVersion) -> Document:
    """Keys that parts were given since then stay usable, unless another part has the key in the older version."""
    today = next((each for each in present.documents.values() if each['x-ref'] == document['x-ref']), None)
    if today is None or 'properties' not in document:
        return document
    kept: dict[str, Any] = {**_with_aliases(document, today, {document['x-key']}), 'properties': _parts(document, today)}
    if 'x-pipelines' in document:
        stages = {stage['ref']: stage for each in today.get('x-pipelines', ()) for stage in each.get('stages', ())}
        taken = _taken(stage for each in document['x-pipelines'] for stage in each.get('stages', ()))
        kept['x-pipelines'] = [
            {**each, 'stages': [_with_aliases(stage, stages.get(stage['ref'], {}), taken) for stage in each.get('stages', ())]}
            for each in document['x-pipelines']
        ]
    return kept


def _parts(document: Document, today: Document) -> dict[str, Document]:
    """Fields with their options and, of lines, their fields."""
    parts, now = document['properties'], {each['x-ref']: each for each in today.get('properties', {}).values()}
    taken = {*parts, *_taken(parts.values())}
    kept: dict[str, Document] = {}
    for key, each in parts.items():
        since = now.get(each['x-ref'], {})
        part: dict[str, Any] = dict(_with_aliases(each, since, taken))
        kept[key] = part
        if 'x-options' in each:
            options = {option['ref']: option for option in since.get('x-options', ())}
            held = _taken(each['x-options'])
            part['x-options'] = [_with_aliases(option, options.get(option['ref'], {}), held) for option in each['x-options']]
        if 'properties' in each.get('x-lines', {}):
            part['x-lines'] = {**each['x-lines'], 'properties': _parts(each['x-lines'], since.get('x-lines', {}))}
    return kept


def _taken(parts: Iterable[Document]) -> set[str]:
    """Keys and former keys that parts have already."""
    return {name for each in parts for name in (each.get('key', ''), *each.get('x-aliases', ()))}


def _with_aliases(part: Document, now: Document, taken: Collection[str]) -> Document:
    added = [each for each in now.get('x-aliases', ()) if each not in part.get('x-aliases', ()) and each not in taken]
    labels = dict.fromkeys([*part.get('x-former-labels', ()), *now.get('x-former-labels', ())])
    return {
        **part,
        **({'x-aliases': [*part.get('x-aliases', ()), *added]} if added else {}),
        **({'x-former-labels': [*labels]} if labels else {}),
    }


def _roles_that_fit(kept: Documents, entities: Documents) -> dict[tuple[str, str], Document]:
    """Rights over what the older structure does not have are left out; they return with a plan that brings it back."""
    fields = {key: each.get('properties', {}) for (kind, key), each in entities.items() if kind == 'entity'}
    return {name: _fitting(each, fields) if name[0] == 'role' else each for name, each in kept.items()}


def _fitting(role: Document, fields: Mapping[str, Mapping[str, Document]]) -> Document:
    fitted = dict(role)
    if 'grants' in role:
        known = {key: each for key, each in role['grants'].items() if key == EVERY or key in fields}
        fitted['grants'] = {
            key: {action: _grant(grant, key, fields) for action, grant in each.items()} for key, each in known.items()
        }
    if 'fields' in role:
        there = {key: each for key, each in role['fields'].items() if key in fields}
        fitted['fields'] = {
            key: {name: right for name, right in each.items() if name in fields[key]} for key, each in there.items()
        }
    return fitted


def _grant(grant: Any, entity: str, fields: Mapping[str, Mapping[str, Document]]) -> Any:
    """Nothing rather than everything where a condition reads what is gone."""
    where = grant.get('where') if isinstance(grant, Mapping) else None
    return 'none' if where and not all(_is_there(path, entity, fields) for path in fields_read(where)) else grant


def _is_there(path: str, entity: str, fields: Mapping[str, Mapping[str, Document]]) -> bool:
    """A field of the entity, or of what one of its links points at."""
    key, _, behind = path.partition('.')
    if key in SYSTEM_FACES:
        return True
    part = fields.get(entity, {}).get(key)
    if part is None:
        return False
    targets = part.get('x-targets') or [part.get('x-target')]
    return not behind or any(behind in SYSTEM_FACES or behind in fields.get(str(each), {}) for each in targets)


def _columns_of(part: Document) -> frozenset[str]:
    """Where a field's values stand; of links and lines what every such table has, none for what is only read."""
    if 'x-table' in part:
        return frozenset({'id'})
    return frozenset(part.get('x-columns', {}).values() or filter(None, [part.get('x-column')]))


def cleared_fields(
    past: Documents, present: Documents, physical: Physical, emptied: frozenset[tuple[str, str]]
) -> list[Impact]:
    """Fields that return without their data, because the reaper has dropped or emptied their columns."""
    there = {part['x-ref'] for (kind, _), each in present.items() if kind == 'entity' for part in each['properties'].values()}
    found = []
    for (kind, key), document in past.items():
        if kind != 'entity':
            continue
        for name, part in document.get('properties', {}).items():
            if part['x-ref'] in there or part['x-type'] in DERIVED:
                continue
            table = part.get('x-table', document['x-table'])
            stands, wanted = physical.columns_of(table), _columns_of(part)
            if wanted and (not wanted <= stands or emptied & {(table, each) for each in (*wanted, WHOLE_TABLE)}):
                place = f'/entities/{escape_pointer(key)}/properties/{escape_pointer(name)}'
                label = part.get('x-label', {'en': name})
                found.append(Impact(finding('MIG-W007', place, level='warning', label=label), 0))
    return found
