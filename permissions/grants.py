"""Effective rights of a set of roles over one catalog: what they reach together, and field levels. Knows no person."""

from __future__ import annotations

import json
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cached_property
from typing import TypeVar

from permissions.rules import Part, narrowest, scope_of, simplest
from schema import conditions
from schema.base.errors import Invalid
from schema.catalog import Catalog, Entity, Field
from schema.conditions import Condition
from schema.definitions import ACTIONS, SCOPES, GrantDef, RoleDef, Scope
from schema.role_conditions import is_fit

T = TypeVar('T')
DEFAULTS = '*'
WRITES = ('create', 'update', 'import')
SEEN_FIRST = ('update', 'delete', 'export', 'assign', 'merge')  # nobody changes or takes out what they may not see
GIVEN = ('owner', 'team')  # what assigning sets
NOT_GRANTED = GrantDef('none')
_ALWAYS_READABLE = frozenset({'uid'})  # a record that may be read has a name in links and addresses


@dataclass(frozen=True)
class EntityRights:
    """`scopes`: `{action: scope}` in a word, `roles`: `{action: keys of the roles that grant it}`; field sets hold keys.
    `parts` say exactly what is in reach; they count only for actions whose scope is not `none`."""

    scopes: Mapping[str, Scope]
    roles: Mapping[str, tuple[str, ...]]
    readable: frozenset[str]
    writable: frozenset[str]
    parts: Mapping[str, tuple[Part, ...]] = dataclass_field(default_factory=dict)


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
                dict.fromkeys(ACTIONS, (Part('all'),)),
            )
            for key, entity in catalog.entities.items()
        },
        (),
    )


def granted(role: RoleDef, catalog: Catalog, entity: Entity) -> Mapping[str, GrantDef]:
    """`{action: grant}` of one role on one entity, as its document says.

    An entity's own entry replaces the defaults as a whole: what it leaves out is not granted. But assigning left out follows
    changing, and merging what both changing and deleting reach, so that documents older than these keep their meaning.
    """
    return _granted(_by_entity(catalog, role.grants), entity.key)


def parts_of(catalog: Catalog, entity: Entity, grant: GrantDef) -> tuple[Part, ...]:
    """What one grant reaches; nothing when its condition no longer fits the entity."""
    if grant.scope == 'none':
        return ()
    if grant.where is None:
        return (Part(grant.scope),)
    condition = _compiled(catalog, entity, grant)
    return () if condition is None else (Part(grant.scope, (condition,)),)


def field_level(catalog: Catalog, role: RoleDef, entity: Entity, field: Field) -> str:
    """none, read or write: what one role says of a field; what it does not name it lets change."""
    return _field_levels(entity, _by_entity(catalog, role.fields)).get(field.key, 'write')


def _compiled(catalog: Catalog, entity: Entity, grant: GrantDef) -> Condition | None:
    """Once for a catalog; the same condition in two roles is one, so that rules can tell."""
    known: dict[tuple[str, str], Condition | None] = catalog.kept.setdefault('role_conditions', {})
    key = entity.ref, json.dumps(grant.where, sort_keys=True)
    if key not in known:
        try:
            found = conditions.compile(grant.where, entity, catalog)
        except Invalid:
            known[key] = None
        else:
            known[key] = found if is_fit(found) else None
    return known[key]


def _combine(catalog: Catalog, roles: list[RoleDef]) -> Rights:
    grants = {role.key: _by_entity(catalog, role.grants) for role in roles}
    levels = {role.key: _by_entity(catalog, role.fields) for role in roles}
    entities = {key: _entity_rights(catalog, entity, grants, levels) for key, entity in catalog.entities.items()}
    return Rights(entities, tuple(roles))


def _by_entity(catalog: Catalog, parts: Mapping[str, T]) -> dict[str, T]:
    """Former entity keys count as the present ones; a present key wins over a former one."""
    found: dict[str, T] = {}
    for key, part in sorted(parts.items(), key=lambda pair: pair[0] in catalog.entities):
        entity = catalog.find_entity(key)
        found[entity.key if entity else key] = part
    return found


def _entity_rights(
    catalog: Catalog,
    entity: Entity,
    grants: Mapping[str, Mapping[str, Mapping[str, GrantDef]]],
    levels: Mapping[str, Mapping[str, Mapping[str, str]]],
) -> EntityRights:
    held = {role: _granted(each, entity.key) for role, each in grants.items()}
    parts = _reached(catalog, entity, held)
    scopes = {action: scope_of(parts[action]) for action in ACTIONS}
    roles = {
        action: tuple(role for role, each in held.items() if scope != 'none' and _grants(each[action], scope))
        for action, scope in scopes.items()
    }
    field_levels = {role: _field_levels(entity, each) for role, each in levels.items()}
    readers = [field_levels[role] for role, each in held.items() if each['read'].scope != 'none']
    writers = [field_levels[role] for role, each in held.items() if any(each[action].scope != 'none' for action in WRITES)]
    readable = {key for key in entity.fields if any(level.get(key, 'write') != 'none' for level in readers)}
    writable = {
        key
        for key, each in entity.fields.items()
        if each.writable and any(level.get(key, 'write') == 'write' for level in writers)
    }
    givers = [field_levels[role] for role, each in held.items() if each['assign'].scope != 'none']
    writable |= {key for key in GIVEN if any(level.get(key, 'write') == 'write' for level in givers)}
    always = _ALWAYS_READABLE if readers else frozenset()
    return EntityRights(scopes, roles, frozenset(readable) | always, frozenset(writable), parts)


def _reached(
    catalog: Catalog, entity: Entity, held: Mapping[str, Mapping[str, GrantDef]]
) -> dict[str, tuple[Part, ...]]:  # fmt: skip
    """The union of what the roles reach, by action; what is seen first is cut down to what may be seen."""
    offered = {
        action: simplest(part for each in held.values() for part in parts_of(catalog, entity, each[action]))
        for action in ACTIONS
    }
    seen = offered['read']
    return {
        action: simplest(part.met(other) for part in parts for other in seen) if action in SEEN_FIRST else parts
        for action, parts in offered.items()
    }


def _grants(grant: GrantDef, scope: Scope) -> bool:
    """Whether a role's grant is as wide as the scope that all roles make together."""
    return SCOPES.index(grant.scope) >= SCOPES.index(scope) and (grant.where is None or scope != 'all')


def _granted(grants: Mapping[str, Mapping[str, GrantDef]], entity_key: str) -> Mapping[str, GrantDef]:
    entry = grants[entity_key] if entity_key in grants else grants.get(DEFAULTS, {})
    found = {action: entry.get(action, NOT_GRANTED) for action in ACTIONS}
    if 'assign' not in entry:
        found['assign'] = found['update']
    if 'merge' not in entry:
        found['merge'] = _both(found['update'], found['delete'])
    return found


def _both(first: GrantDef, second: GrantDef) -> GrantDef:
    wheres = [each.where for each in (first, second) if each.where is not None]
    where = None if not wheres else wheres[0] if len(wheres) == 1 or wheres[0] == wheres[1] else {'all': wheres}
    return GrantDef(narrowest(first.scope, second.scope), where)


def _field_levels(entity: Entity, fields: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    """`{present field key: none|read|write}` of what a role restricts; its `*` entry holds for every entity."""
    spelled = {**fields.get(DEFAULTS, {}), **fields.get(entity.key, {})}
    return {field.key: level for key, level in spelled.items() if (field := entity.find_field(key))}
