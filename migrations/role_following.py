"""Roles of one version in the keys of another: what was renamed between them keeps its rights under the other name. Pure."""

from __future__ import annotations

import copy
from typing import Any

from migrations.references import Moves, follow
from schema.loading import Documents


def roles_as_named_in(holder: Documents, base: Documents, target: Documents) -> dict[tuple[str, str], Any]:
    """The roles of `holder`, which speak of entities and fields by their keys in `base`, by those in `target`."""
    roles: dict[tuple[str, str], Any] = {
        name: copy.deepcopy(dict(document)) for name, document in holder.items() if name[0] == 'role'
    }
    follow(roles, moves_between(base, target))
    return roles


def moves_between(base: Documents, target: Documents) -> Moves:
    """What was renamed from one version to another; what was removed is left alone."""
    after = {each['x-ref']: (key, each) for (kind, key), each in target.items() if kind == 'entity'}
    moves = Moves()
    for (kind, key), document in base.items():
        new_key, new = after.get(document['x-ref'], (key, None)) if kind == 'entity' else (key, None)
        if new is None:
            continue
        if new_key != key:
            moves.entities[key] = new_key
        names = {part['x-ref']: name for name, part in new.get('properties', {}).items()}
        for name, part in document.get('properties', {}).items():
            if names.get(part['x-ref'], name) != name:
                moves.field(new_key, name, names[part['x-ref']])
    return moves
