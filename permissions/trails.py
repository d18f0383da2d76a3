"""Why a record or a field is in reach or not: every reason that counts, role by role. Decides nothing and reads nothing.

Reasons are findings PRM-R…: level `warning` speaks for, `error` against. Params give ids of people and teams, which whoever
shows them turns into names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from permissions.granting import GrantRow
from permissions.grants import SEEN_FIRST, WRITES, field_level, granted, parts_of
from permissions.rules import Part, RecordFacts, RecordRule
from schema import conditions
from schema.base.actor import Actor
from schema.base.findings import Finding, finding
from schema.catalog import Catalog, Entity, Field
from schema.conditions import Binding, Condition
from schema.definitions import RoleDef, Texts
from schema.fieldtypes.base import Reading
from schema.role_changes import ACTION_WORDS, LOCALES

SCOPE_WORDS: Mapping[str, Texts] = {
    'own': {'en': 'own records', 'vi': 'hồ sơ mình phụ trách'},
    'team': {'en': 'records of own teams', 'vi': 'hồ sơ của nhóm mình'},
    'team_below': {'en': 'records of own teams and those below', 'vi': 'hồ sơ của nhóm mình và nhóm dưới'},
    'all': {'en': 'all records', 'vi': 'mọi hồ sơ'},
}
LEVEL_WORDS: Mapping[str, Texts] = {
    'none': {'en': 'hides', 'vi': 'ẩn'},
    'read': {'en': 'shows', 'vi': 'cho xem'},
    'write': {'en': 'lets change', 'vi': 'cho sửa'},
}
_GRANT_CODES = {'share': 'PRM-R034', 'former_owner': 'PRM-R035', 'pool': 'PRM-R036', 'calendar': 'PRM-R042'}


def reasons(
    catalog: Catalog, actor: Actor, entity: Entity, rule: RecordRule, action: str, facts: RecordFacts, binding: Binding
) -> tuple[Finding, ...]:
    """All reasons about one record; see `Policy.trail`."""
    if actor.is_system:
        return (finding('PRM-R001', value=actor.name, level='warning'),)
    names = {'action': ACTION_WORDS.get(action, action), 'entity': entity.definition.plural}
    held = [role for key, role in catalog.roles.items() if key in actor.roles]
    found = [_none('PRM-R026', **names)] if not held else []
    for role in held:
        found += _by_role(catalog, entity, role, rule, action, facts, binding)
    if actor.limit is not None:
        found += [_none('PRM-R037', **names)] if not actor.limit.allows(action, entity.ref) else []
    found += _standing(actor, facts)
    found += [_by_grant(each, rule, names) for each in facts.grants]
    if not rule.parts and action in SEEN_FIRST and any(granted(each, catalog, entity)[action].scope != 'none' for each in held):
        found.append(_none('PRM-R006', **names))
    return tuple(found)


def _by_role(
    catalog: Catalog, entity: Entity, role: RoleDef, rule: RecordRule, action: str, facts: RecordFacts, binding: Binding
) -> Iterator[Finding]:
    """What one role says of the action, and, when it must see first, of seeing."""
    for each in ('read', action) if action in SEEN_FIRST else (action,):
        names = {
            'role': role.label or {'en': role.key}, 'key': role.key, 'action': ACTION_WORDS.get(each, each),
            'entity': entity.definition.plural,
        }  # fmt: skip
        grant = granted(role, catalog, entity)[each]
        if grant.scope == 'none':
            yield _none('PRM-R027', **names)
            continue
        parts = parts_of(catalog, entity, grant)
        if not parts:
            yield _none('PRM-R033', **names)
        for part in parts:
            yield _by_part(part, rule, facts, binding, names | {'scope': SCOPE_WORDS[part.scope]})


def _by_part(part: Part, rule: RecordRule, facts: RecordFacts, binding: Binding, names: Mapping[str, Any]) -> Finding:
    if not rule.is_inside(part.scope, facts):
        return finding('PRM-R029', **names)
    if not part.conditions:
        return finding('PRM-R028', level='warning', **names)
    fits = part.fits(facts, binding)
    said = {each: ' · '.join(_said(condition, each) for condition in part.conditions) for each in LOCALES}
    found = {each: _found(part, facts, binding, each) for each in LOCALES}
    return finding(
        'PRM-R030' if fits else 'PRM-R031', '', level='warning' if fits else 'error', condition=said, found=found, **names
    )


def _said(condition: Condition, locale: str) -> str:
    return conditions.sentence(conditions.describe(condition.document, condition.entity, condition.catalog, locale))


def _found(part: Part, facts: RecordFacts, binding: Binding, locale: str) -> str:
    """What stood in the way, with what the record holds; empty when nothing did."""
    if facts.values is None:
        return ''
    reading, neighbours = Reading(locale, binding.zone, binding.now), facts.neighbours or (lambda hop, values: ())
    met = [why for each in part.conditions for why in conditions.explain(each, facts.values, binding, neighbours, reading)]
    return ' · '.join(f'{why.text} ({why.found or "–"})' for why in met)


def _standing(actor: Actor, facts: RecordFacts) -> Iterator[Finding]:
    """Whose the record is, as seen from the person."""
    if facts.owner_id is not None and facts.owner_id == actor.user_id:
        yield finding('PRM-R032', level='warning', user=facts.owner_id)
    kinds = (('belongs', actor.team_ids), ('leads', actor.led_team_ids), ('below', actor.below_team_ids))
    for kind, teams in kinds:
        if facts.team_id is not None and facts.team_id in teams:
            yield finding('PRM-R038', level='warning', team=facts.team_id, kind=kind)
            return


def _by_grant(row: GrantRow, rule: RecordRule, names: Mapping[str, Any]) -> Finding:
    counts = rule.reads_grants and row.level in rule.levels
    return finding(
        _GRANT_CODES[row.source], '', level='warning' if counts else 'error', right=row.level, principal=row.principal,
        source=row.source, user=row.by, at=row.at.isoformat(), **names,
    )  # fmt: skip


def field_reasons(catalog: Catalog, actor: Actor, entity: Entity, field: Field) -> tuple[Finding, ...]:
    """What each role says about a field; see `Policy.field_trail`."""
    if actor.is_system:
        return (finding('PRM-R001', value=actor.name, level='warning'),)
    names: dict[str, Any] = {'field': field.definition.label, 'entity': entity.definition.plural}
    held = [role for key, role in catalog.roles.items() if key in actor.roles]
    found = [_none('PRM-R026', action=ACTION_WORDS['read'], entity=entity.definition.plural)] if not held else []
    for role in held:
        grants = granted(role, catalog, entity)
        about = names | {'role': role.label or {'en': role.key}, 'key': role.key}
        if all(grants[action].scope == 'none' for action in ('read', *WRITES)):
            found.append(_none('PRM-R039', **about))
            continue
        level = field_level(catalog, role, entity, field)
        found.append(
            finding('PRM-R040', level='error' if level == 'none' else 'warning', right=level, word=LEVEL_WORDS[level], **about)
        )
    if not field.writable:
        found.append(_none('PRM-R041', **names))
    return tuple(found)


def _none(code: str, **params: Any) -> Finding:
    return finding(code, **params)
