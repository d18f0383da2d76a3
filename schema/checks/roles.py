"""Roles: entities and fields they name exist, and somebody stays able to administer."""

from __future__ import annotations

from collections.abc import Iterator

from schema.base.findings import Finding, escape_pointer, finding
from schema.checks.target import Target, mapping

EVERY = '*'


def check(target: Target) -> Iterator[Finding]:
    for _, pointer, role in target.of_kind('role'):
        for name in mapping(role.get('grants')):
            if name != EVERY:
                yield from target.unknown('entity', name, f'{pointer}/grants/{escape_pointer(name)}')
        for name, rights in mapping(role.get('fields')).items():
            place = f'{pointer}/fields/{escape_pointer(name)}'
            yield from target.unknown('entity', name, place)
            if entity := target.entities.get(name):
                for field in mapping(rights):
                    yield from entity.unknown(field, f'{place}/{escape_pointer(field)}')
    readable = [role for _, _, role in target.of_kind('role')]
    if len(readable) == len(target.names['role']) and not any(role.get('admin') is True for role in readable):
        yield finding('SCH-E090', '/roles')
