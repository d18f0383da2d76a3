"""Which parts a person's first page has and in which order: what their roles say, else the usual ones. Reads no record."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from schema.definitions import RoleDef

MAIN = ('agenda', 'overdue', 'waiting', 'given', 'mentions')
SIDE = ('pipeline', 'team_pipeline', 'birthdays', 'recent')
USUAL = ('agenda', 'overdue', 'waiting', 'given', 'mentions', 'pipeline', 'birthdays', 'recent')


def parts_of(roles: Mapping[str, RoleDef], held: Collection[str]) -> tuple[str, ...]:
    """By the first role of the person, in the order of roles, that says what its first page holds."""
    own = sorted((roles[key] for key in held if key in roles), key=lambda role: (role.order, role.key))
    chosen = next((role.document['x-home'] for role in own if role.document.get('x-home')), USUAL)
    return tuple(dict.fromkeys(part for part in chosen if part in (*MAIN, *SIDE)))
