"""Edits of roles an admin is drafting, as pure functions on all documents; none checks them. Knows no form and no page."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from migrations.references import Moves, follow
from modules.studio.editing import Request, Schema, rekeyed
from schema.base.findings import escape_pointer
from schema.definitions import Document
from schema.loading import Documents, bare
from schema.role_changes import EVERY

DEFAULT_LEVEL = 'write'
SECTION = 'roles'


def put_role(documents: Documents, key: str, keywords: Mapping[str, Any]) -> Schema:
    """Set keywords of a role, made when there is none; a keyword that is None goes."""
    made = _copy(documents)
    document = made.setdefault(('role', key), {'grants': {EVERY: {}}})
    for name, value in keywords.items():
        if value is None:
            document.pop(name, None)
        else:
            document[name] = value
    return made


def copy_role(documents: Documents, source: str, key: str, label: Mapping[str, str]) -> Schema:
    """A new role that may do what another one may, and sees its layouts."""
    made = _copy(documents)
    taken = copy.deepcopy(bare(documents['role', source]))
    left_out = ('x-key', 'x-ref', 'x-aliases', 'x-label', 'x-help')
    made['role', key] = {name: part for name, part in taken.items() if name not in left_out} | {'x-label': dict(label)}
    for (kind, _), document in made.items():
        own = document.get('x-layouts', {}).get('roles', {}) if kind == 'entity' else {}
        if source in own:
            own[key] = copy.deepcopy(own[source])
    return made


def rename_role(documents: Documents, key: str, new_key: str) -> Schema:
    """Give a role another key; layouts that name it follow."""
    moves = Moves()
    moves.roles[key] = new_key
    return rekeyed(documents, 'role', moves, key, new_key)


def remove_role(documents: Documents, key: str) -> Schema:
    """Take a role out, with the layouts that only its people saw."""
    made = _copy(documents)
    del made['role', key]
    moves = Moves()
    moves.roles[key] = None
    follow(made, moves)
    return made


def put_grants(documents: Documents, key: str, grants: Mapping[str, Mapping[str, Any]], switches: Mapping[str, bool]) -> Schema:
    """The whole matrix, and what the role opens beside records."""
    made = _copy(documents)
    made['role', key] |= {'grants': {entity: dict(row) for entity, row in grants.items()}, **switches}
    return made


def put_grant(documents: Documents, key: str, place: tuple[str, str], grant: Any, row: Mapping[str, Any]) -> Schema:
    """One cell, `place` being entity and action. `row` is what the entity gets when it has no entry of its own yet."""
    made = _copy(documents)
    entity, action = place
    grants = made['role', key].setdefault('grants', {})
    grants.setdefault(entity, dict(row))[action] = grant
    return made


def put_field_levels(documents: Documents, key: str, entity: str, levels: Mapping[str, str]) -> Schema:
    """Rights on the fields of one entity; those that may be changed, as all may without a word, are not written down."""
    made = _copy(documents)
    document = made['role', key]
    narrowed = {field: level for field, level in levels.items() if level != DEFAULT_LEVEL}
    rest = {name: part for name, part in document.get('fields', {}).items() if name != entity}
    document['fields'] = {**rest, entity: narrowed} if narrowed else rest
    return made


def forget_role(request: Request, live: Document, key: str) -> dict[str, Any]:
    """Undo what the draft says of a published role, its removal and its new key included."""
    made = copy.deepcopy(dict(request))
    made.get(SECTION, {}).pop(key, None)
    pointer = f'/{SECTION}/{escape_pointer(live["x-key"])}'
    if 'remove' in made:
        made['remove'] = [each for each in made['remove'] if each != pointer and not each.startswith(f'{pointer}/')]
    made.get('remap', {}).pop(live['x-ref'], None)
    return made


def _copy(documents: Documents) -> Schema:
    return {name: copy.deepcopy(dict(document)) for name, document in documents.items()}
