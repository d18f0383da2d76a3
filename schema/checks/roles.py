"""Roles: entities and fields they name exist, grants can be read, and somebody stays able to administer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from schema.base.findings import Finding, escape_pointer, finding
from schema.checks.target import Target, mapping, shown
from schema.conditions.condition import read as read_condition
from schema.conditions.tree import Node, Test, walk
from schema.definitions import SCOPES, EntityDef, LayoutsDef
from schema.role_conditions import reaches_too_far

EVERY = '*'


def check(target: Target) -> Iterator[Finding]:
    for _, pointer, role in target.of_kind('role'):
        for name, entry in mapping(role.get('grants')).items():
            place = f'{pointer}/grants/{escape_pointer(name)}'
            if name != EVERY:
                yield from target.unknown('entity', name, place)
            for action, grant in mapping(entry).items():
                if isinstance(grant, str) and grant not in SCOPES:
                    hint = target.hints.nearest(grant[:60], SCOPES)
                    yield finding('SCH-E013', f'{place}/{escape_pointer(action)}', value=shown(grant), hint=hint)
        for name, rights in mapping(role.get('fields')).items():
            place = f'{pointer}/fields/{escape_pointer(name)}'
            yield from target.unknown('entity', name, place)
            if entity := target.entities.get(name):
                for field in mapping(rights):
                    yield from entity.unknown(field, f'{place}/{escape_pointer(field)}')
    readable = [role for _, _, role in target.of_kind('role')]
    if len(readable) == len(target.names['role']) and not any(role.get('admin') is True for role in readable):
        yield finding('SCH-E090', '/roles')


def check_conditions(target: Target) -> Iterator[Finding]:
    """Conditions of grants. They are typed by whole entities: call it only when no entity has a finding."""
    source = {**target.definitions, EVERY: _ANY_ENTITY}
    for _, pointer, role in target.of_kind('role'):
        for name, entry in mapping(role.get('grants')).items():
            for action, grant in mapping(entry).items():
                if name in source and isinstance(where := mapping(grant).get('where'), dict):
                    place = f'{pointer}/grants/{escape_pointer(name)}/{escape_pointer(action)}/where'
                    yield from (each.at(place) for each in _check_condition(where, name, source))


def _check_condition(where: Mapping[str, Any], entity_key: str, source: Mapping[str, EntityDef]) -> list[Finding]:
    root, findings = read_condition(where, entity_key, source)
    return findings if findings or root is None else [_refused(each) for each in walk(root) if reaches_too_far(each)]


def _refused(node: Node) -> Finding:
    if isinstance(node, Test) and len(node.path) < 2 and not node.field.definition.table:
        return finding('SCH-E161', f'{node.pointer}/value')
    return finding('SCH-E160', node.pointer)


_WORD = {'en': 'any record', 'vi': 'mọi hồ sơ'}
_ANY_ENTITY = EntityDef(
    ref=EVERY, key=EVERY, label=_WORD, plural=_WORD, table='', icon='', hue=0, group='', order=0, title_field='uid',
    subtitle_field=None, fields=(), pipelines=(), duplicates=(), layouts=LayoutsDef((), (), (), (), ()), indexes=(),
    document={},
)  # fmt: skip
"""What all entities have in common: system fields."""
