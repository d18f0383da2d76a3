"""Effective rights of a set of roles over one catalog: widest scopes and field levels. Knows no person and no record."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from permissions.rules import narrowest, widest
from schema.catalog import Catalog, Entity
from schema.definitions import ACTIONS, RoleDef, Scope

T = TypeVar('T')
DEFAULTS = '*'
WRITES = ('create', 'update', 'import')
SEEN_FIRST = ('update', 'delete', 'export')  # nobody changes or takes out what they may not see
_ALWAYS_READABLE = frozenset({'uid'})  # a record that may be read has a name in links and addresses


@dataclass(frozen=True)
class EntityRights:
    """`scopes`: `{action: scope}`, `roles`: `{action: keys of the roles that grant this scope}`; field sets hold keys."""

    scopes: Mapping[str, Scope]
    roles: Mapping[str, tuple[str, ...]]
    readable: frozenset[str]
    writable: frozenset[str]


NOTHING = EntityRights(dict.fromkeys(ACTIONS, 'none'), {}, frozenset(), frozenset())


@dataclass(frozen=True, eq=False)
class Rights:
    """What a set of roles may do: `{entity key: EntityRights}` for every entity of the catalog."""

    entities: Mapping[str, EntityRights]
    role_defs: tuple[RoleDef, ...]

    @cached_property
    def studio(self) -> bool:
        return any(role.studio for role in self.role_defs)

    @cached_property
    def admin(self) -> bool:
        return any(role.admin for role in self.role_defs)


_cached: weakref.WeakKeyDictionary[Catalog, dict[frozenset[str], Rights]] = weakref.WeakKeyDictionary()


def rights_of(catalog: Catalog, roles: frozenset[str]) -> Rights:
    """The combined rights of roles (unknown keys grant nothing). Kept as long as the catalog lives."""
    known = _cached.setdefault(catalog, {})
    if (found := known.get(roles)) is None:
        found = known[roles] = _combine(catalog, [role for key, role in catalog.roles.items() if key in roles])
    return found


def unlimited(catalog: Catalog) -> Rights:
    """The rights of the system actor."""
    everything: Mapping[str, Scope] = dict.fromkeys(ACTIONS, 'all')
    return Rights(
        {
            key: EntityRights(
                everything,
                {},
                frozenset(entity.fields),
                frozenset(each.key for each in entity.fields.values() if each.writable),
            )
            for key, entity in catalog.entities.items()
        },
        (),
    )


def _combine(catalog: Catalog, roles: list[RoleDef]) -> Rights:
    grants = {role.key: _by_entity(catalog, role.grants) for role in roles}
    levels = {role.key: _by_entity(catalog, role.fields) for role in roles}
    return Rights({key: _entity_rights(entity, grants, levels) for key, entity in catalog.entities.items()}, tuple(roles))


def _by_entity(catalog: Catalog, parts: Mapping[str, T]) -> dict[str, T]:
    """Former entity keys count as the present ones; a present key wins over a former one."""
    found: dict[str, T] = {}
    for key, part in sorted(parts.items(), key=lambda pair: pair[0] in catalog.entities):
        entity = catalog.find_entity(key)
        found[entity.key if entity else key] = part
    return found


def _entity_rights(
    entity: Entity,
    grants: Mapping[str, Mapping[str, Mapping[str, Scope]]],
    levels: Mapping[str, Mapping[str, Mapping[str, str]]],
) -> EntityRights:
    granted = {role: _granted(each, entity.key) for role, each in grants.items()}
    offered = {action: widest('none', *(each[action] for each in granted.values())) for action in ACTIONS}
    scopes = {action: narrowest(scope, offered['read']) if action in SEEN_FIRST else scope for action, scope in offered.items()}
    roles = {
        action: tuple(role for role, each in granted.items() if scope != 'none' and widest(each[action], scope) == each[action])
        for action, scope in scopes.items()
    }
    field_levels = {role: _field_levels(entity, each) for role, each in levels.items()}
    readers = [field_levels[role] for role, each in granted.items() if each['read'] != 'none']
    writers = [field_levels[role] for role, each in granted.items() if any(each[action] != 'none' for action in WRITES)]
    readable = {key for key in entity.fields if any(level.get(key, 'write') != 'none' for level in readers)}
    writable = {
        key
        for key, each in entity.fields.items()
        if each.writable and any(level.get(key, 'write') == 'write' for level in writers)
    }
    always = _ALWAYS_READABLE if readers else frozenset()
    return EntityRights(scopes, roles, frozenset(readable) | always, frozenset(writable))


def _granted(grants: Mapping[str, Mapping[str, Scope]], entity_key: str) -> Mapping[str, Scope]:
    """An entity's own entry replaces the defaults as a whole: what it leaves out is not granted."""
    entry = grants[entity_key] if entity_key in grants else grants.get(DEFAULTS, {})
    return {action: entry.get(action, 'none') for action in ACTIONS}


def _field_levels(entity: Entity, fields: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    """`{present field key: none|read|write}` of what a role restricts; its `*` entry holds for every entity."""
    spelled = {**fields.get(DEFAULTS, {}), **fields.get(entity.key, {})}
    return {field.key: level for key, level in spelled.items() if (field := entity.find_field(key))}
