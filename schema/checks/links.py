"""Links between entities: they lead somewhere, can be filled, and related lists point back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schema.base.findings import Finding, escape_pointer, finding
from schema.checks.target import EntityView, Target, mapping, numbered_parts, numbered_texts, shown


def check(target: Target) -> Iterator[Finding]:
    for entity in target.entities.values():
        for key, part in entity.properties.items():
            yield from target.unknown('entity', part.get('x-target'), f'{entity.at(key)}/x-target')
            for number, name in numbered_texts(part.get('x-targets')):
                yield from target.unknown('entity', name, f'{entity.at(key)}/x-targets/{number}')
        yield from _check_related(target, entity)
    yield from _check_circles(target)


def _check_related(target: Target, entity: EntityView) -> Iterator[Finding]:
    layouts, pointer = mapping(entity.document.get('x-layouts')), f'{entity.pointer}/x-layouts'
    yield from _check_lists(target, entity, layouts, pointer)
    for role, own in mapping(layouts.get('roles')).items():
        yield from _check_lists(target, entity, mapping(own), f'{pointer}/roles/{escape_pointer(role)}')


def _check_lists(target: Target, entity: EntityView, layouts: dict[str, Any], base: str) -> Iterator[Finding]:
    for number, related in numbered_parts(layouts.get('related')):
        pointer = f'{base}/related/{number}'
        name, field = related.get('entity'), related.get('field')
        yield from target.unknown('entity', name, f'{pointer}/entity')
        other = target.entities.get(name) if isinstance(name, str) else None
        if other is None or not isinstance(field, str):
            continue
        unknown = other.unknown(field, f'{pointer}/field')
        yield from unknown
        if not unknown and other.has_fields and entity.key not in other.targets(field):
            yield finding('SCH-E053', f'{pointer}/field', value=shown(field), other=shown(other.key), entity=shown(entity.key))


def _check_circles(target: Target) -> Iterator[Finding]:
    """A required link needs a record that exists before: entities that wait for each other never hold a first one."""
    stuck = _never_filled(target)
    reported: set[str] = set()
    for key in sorted(stuck):
        ring = _ring_from(key, stuck)
        if reported.isdisjoint(ring):
            reported.update(ring)
            first = min(ring)
            turned = ring[ring.index(first) :] + ring[: ring.index(first)]
            pointer = target.entities[first].at(stuck[first][0])
            path = ' → '.join([*(f'{each}.{stuck[each][0]}' for each in turned), first])
            yield finding('SCH-E052', pointer, path=path[:500])


def _never_filled(target: Target) -> dict[str, tuple[str, str]]:
    """Entities that can never hold a first record: `{entity key: (a required link in the way, the entity it waits for)}`."""
    waiting = set(target.entities)
    while True:
        blocked = {key: block for key in waiting if (block := _block(target.entities[key], waiting))}
        if len(blocked) == len(waiting):
            return blocked
        waiting = set(blocked)


def _block(entity: EntityView, waiting: set[str]) -> tuple[str, str] | None:
    for key in sorted(entity.required):
        targets = entity.targets(key)
        if targets and all(each in waiting for each in targets):
            return key, targets[0]
    return None


def _ring_from(start: str, stuck: dict[str, tuple[str, str]]) -> list[str]:
    """Following what each waits for, the ring one ends in."""
    path: list[str] = []
    seen: set[str] = set()
    here = start
    while here not in seen:
        path.append(here)
        seen.add(here)
        here = stuck[here][1]
    return path[path.index(here) :]
