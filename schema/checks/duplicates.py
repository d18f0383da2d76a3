"""Duplicate rules: their fields exist and each comparer fits its field."""

from __future__ import annotations

from collections.abc import Iterator

from schema.base.findings import Finding, finding
from schema.checks.fields import has_comparable
from schema.checks.target import EntityView, Target, numbered_parts, shown

TYPES_OF = {'email': ('email',), 'phone': ('phone',), 'name': ('text',), 'company_name': ('text',)}
"""Field types by comparer; `exact` fits every type that one column stands for."""


def check(target: Target) -> Iterator[Finding]:
    for entity in target.entities.values():
        for number, rule in numbered_parts(entity.document.get('x-duplicates')):
            yield from _check_rule(entity, rule, f'{entity.pointer}/x-duplicates/{number}')


def _check_rule(entity: EntityView, rule: dict[str, object], pointer: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for number, test in numbered_parts(rule.get('match')):
        place, name, compare = f'{pointer}/match/{number}', test.get('field'), test.get('compare', 'exact')
        yield from entity.unknown(name, f'{place}/field')
        if not isinstance(name, str) or not isinstance(compare, str):
            continue
        if name in seen:
            yield finding('SCH-E073', f'{place}/field', value=shown(name))
        seen.add(name)
        kind = entity.type_of(name)
        if kind and not _fits(compare, kind.key, entity, name):
            yield finding('SCH-E072', f'{place}/compare', value=compare, type=kind.key, field=shown(name))


def _fits(compare: str, kind: str, entity: EntityView, name: str) -> bool:
    if compare == 'exact':
        return has_comparable(entity.type_of(name))
    return kind in TYPES_OF.get(compare, (kind,))
