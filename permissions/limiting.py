"""Rights cut down by the limit of an API token: the intersection, made in this one place. Knows no person and no record."""

from __future__ import annotations

from dataclasses import replace
from weakref import WeakKeyDictionary

from permissions.grants import NOTHING, WRITES, EntityRights, Rights
from schema.base.limits import Limit
from schema.catalog import Catalog
from schema.definitions import ACTIONS

_cached: WeakKeyDictionary[Rights, dict[Limit, Rights]] = WeakKeyDictionary()
KEPT = 200


def limited(rights: Rights, limit: Limit | None, catalog: Catalog) -> Rights:
    """The rights that a limit leaves; never more than there were. Kept as long as the rights live."""
    if limit is None:
        return rights
    known = _cached.setdefault(rights, {})
    if (found := known.get(limit)) is None:
        if len(known) >= KEPT:
            known.clear()
        entities = {key: _left(each, limit, catalog.entities[key].ref) for key, each in rights.entities.items()}
        found = known[limit] = Rights(entities, ())
    return found


def _left(rights: EntityRights, limit: Limit, ref: str) -> EntityRights:
    left = {action for action in ACTIONS if limit.allows(action, ref)}
    if 'read' not in left:
        return NOTHING
    return replace(
        rights,
        scopes={action: scope if action in left else 'none' for action, scope in rights.scopes.items()},
        roles={action: roles for action, roles in rights.roles.items() if action in left},
        writable=rights.writable if left & {*WRITES} else frozenset(),
    )
