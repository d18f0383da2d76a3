"""Which documents a rollback aims at: the structure of an older version, with today's roles and workflows unless ticked."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from migrations.physical import Physical
from migrations.plans import Impact
from schema.base.findings import escape_pointer, finding
from schema.definitions import Document
from schema.loading import Documents
from schema.versions import SchemaVersion

STRUCTURE = frozenset({'entity'})


def documents_of(past: SchemaVersion, present: SchemaVersion, include: Collection[str]) -> dict[tuple[str, str], Document]:
    """`include` names further kinds that go back too. Parts keep their refs and columns, so their data is found again."""
    kinds = STRUCTURE | set(include)
    kept = {name: each for name, each in present.documents.items() if name[0] not in kinds}
    gone = {name: _with_former_keys(each, present) for name, each in past.documents.items() if name[0] in kinds}
    return {**gone, **_roles_that_fit(kept, gone if 'entity' in kinds else present.documents)}


def _with_former_keys(document: Document, present: SchemaVersion) -> Document:
    """Keys that parts were given since then stay usable, unless another part has the key in the older version."""
    today = next((each for each in present.documents.values() if each['x-ref'] == document['x-ref']), None)
    if today is None or 'properties' not in document:
        return document
    parts, now = document['properties'], {each['x-ref']: each for each in today.get('properties', {}).values()}
    taken = {*parts, *(alias for each in parts.values() for alias in each.get('x-aliases', ()))}
    kept = {key: _with_aliases(each, now.get(each['x-ref'], {}), taken) for key, each in parts.items()}
    return {**_with_aliases(document, today, {document['x-key']}), 'properties': kept}


def _with_aliases(part: Document, now: Document, taken: Collection[str]) -> Document:
    added = [each for each in now.get('x-aliases', ()) if each not in part.get('x-aliases', ()) and each not in taken]
    return {**part, 'x-aliases': [*part.get('x-aliases', ()), *added]} if added else part


def _roles_that_fit(kept: Documents, entities: Documents) -> dict[tuple[str, str], Document]:
    """Rights over what the older structure does not have are left out; they return with a plan that brings it back."""
    fields = {key: frozenset(each.get('properties', {})) for (kind, key), each in entities.items() if kind == 'entity'}
    return {name: _fitting(each, fields) if name[0] == 'role' else each for name, each in kept.items()}


def _fitting(role: Document, fields: Mapping[str, frozenset[str]]) -> Document:
    fitted = dict(role)
    if 'grants' in role:
        fitted['grants'] = {key: each for key, each in role['grants'].items() if key == '*' or key in fields}
    if 'fields' in role:
        known = {key: each for key, each in role['fields'].items() if key in fields}
        fitted['fields'] = {
            key: {name: right for name, right in each.items() if name in fields[key]} for key, each in known.items()
        }
    return fitted


def cleared_fields(
    past: Documents, present: Documents, physical: Physical, emptied: Collection[tuple[str, str]]
) -> list[Impact]:
    """Fields that return without their data, because the reaper has dropped or emptied their columns."""
    there = {part['x-ref'] for (kind, _), each in present.items() if kind == 'entity' for part in each['properties'].values()}
    found = []
    for (kind, key), document in past.items():
        if kind != 'entity':
            continue
        for name, part in document.get('properties', {}).items():
            if part['x-ref'] in there:
                continue
            table, column = part.get('x-table', document['x-table']), part.get('x-column', '')
            if 'x-table' in part:
                lost = not physical.columns_of(table)
            else:
                lost = bool(column) and (column not in physical.columns_of(table) or (table, column) in emptied)
            if lost:
                place = f'/entities/{escape_pointer(key)}/properties/{escape_pointer(name)}'
                label = part.get('x-label', {'en': name})
                found.append(Impact(finding('MIG-W007', place, level='warning', label=label), 0))
    return found
