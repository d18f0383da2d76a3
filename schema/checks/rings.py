"""Workflows that may start each other for ever, by their documents alone. Warns; what runs is stopped by the loop guard.

A ring whose steps only ever write one and the same constant to each field comes to rest by itself and is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from schema.checks.target import mapping
from schema.definitions import Document

ANY = '*'
WAYS = ('otherwise', 'on_timeout', 'steps')
MOVES = ('stage_entered', 'stage_left', 'owner_changed')
MOST = 20
Documents = Mapping[tuple[str, str], Document]


@dataclass(frozen=True)
class Ring:
    """Keys of workflows of which each starts the next, and the last the first; one alone starts itself."""

    workflows: tuple[str, ...]


@dataclass(frozen=True)
class _Write:
    """What a step does to records of an entity: `kind` created, updated or deleted; `fields` `{key: constant}`, None where it
    is not constant."""

    entity: str
    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settles(self) -> bool:
        """Whether doing it again changes nothing."""
        return self.kind == 'updated' and all(value is not None for value in self.fields.values())


def rings(documents: Documents) -> list[Ring]:
    """Rings of enabled workflows, each once, at most `MOST`; shorter ones first."""
    known = {key: each for (kind, key), each in documents.items() if kind == 'workflow' and each.get('enabled')}
    writes = {key: list(_writes(each, documents)) for key, each in known.items()}
    calls = {key: set(_called(each.get('steps'))) for key, each in known.items()}
    edges: dict[str, dict[str, list[_Write]]] = {key: {} for key in known}
    for one in known:
        for other, document in known.items():
            causes = [write for write in writes[one] if _starts(write, document, documents)]
            if causes or other in calls[one]:
                edges[one][other] = causes
    found: dict[frozenset[str], Ring] = {}
    for start in sorted(known):
        for path in _paths(edges, start, (start,)):
            if frozenset(path) not in found and not _rests(edges, calls, path):
                found[frozenset(path)] = Ring(path)
    return sorted(found.values(), key=lambda each: (len(each.workflows), each.workflows))[:MOST]


def _paths(edges: Mapping[str, Mapping[str, Any]], start: str, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Ways that lead back to the start, over workflows that come after it in order, so that each ring is met once."""
    for following in sorted(edges[path[-1]]):
        if following == start:
            yield path
        elif following > start and following not in path and len(path) < 6:
            yield from _paths(edges, start, (*path, following))


def _rests(edges: Mapping[str, Mapping[str, list[_Write]]], calls: Mapping[str, set[str]], path: tuple[str, ...]) -> bool:
    """Whether the ring comes to rest: every turn writes the same constants again, and then nothing changes any more."""
    held: dict[tuple[str, str], set[str]] = {}
    for number, one in enumerate(path):
        other = path[(number + 1) % len(path)]
        if other in calls[one] or not all(write.settles for write in edges[one][other]):
            return False
        for write in edges[one][other]:
            for name, value in write.fields.items():
                held.setdefault((write.entity, name), set()).add(repr(value))
    return all(len(values) == 1 for values in held.values())


def _starts(write: _Write, document: Document, documents: Documents) -> bool:
    """Whether what was written may be what another workflow waits for."""
    trigger, entity = mapping(document.get('trigger')), document.get('entity')
    if write.entity not in {entity, ANY}:
        return False
    kind = trigger.get('type')
    if kind in {'created', 'deleted', 'restored'}:
        return bool(write.kind == kind)
    if kind == 'updated':
        watched = set(trigger.get('fields') or ())
        return bool(write.kind == 'updated' and (not watched or ANY in write.fields or not watched.isdisjoint(write.fields)))
    if kind not in MOVES:
        return False
    name = 'owner' if kind == 'owner_changed' else _stage_field(documents, str(entity))
    if write.kind == 'created':
        return bool(kind == 'stage_entered')
    if name not in write.fields:
        return False
    wanted, value = trigger.get('stages'), write.fields[name]
    return bool(kind != 'stage_entered' or not wanted or value is None or value in wanted)


def _stage_field(documents: Documents, entity: str) -> str:
    properties = mapping(mapping(documents.get(('entity', entity))).get('properties'))
    return next((key for key, each in properties.items() if mapping(each).get('x-type') == 'stage'), '')


def _steps(steps: Any, entity: str, documents: Documents) -> Iterator[tuple[Document, str]]:
    """All steps with the entity whose record they are carried out on."""
    for each in steps if isinstance(steps, list | tuple) else ():
        step = mapping(each)
        yield step, entity
        inside = _looped(step, entity, documents) if step.get('type') == 'for_each' else entity
        for case in step.get('cases') or ():
            yield from _steps(mapping(case).get('steps'), inside, documents)
        for way in WAYS:
            yield from _steps(step.get(way), inside, documents)


def _looped(step: Document, entity: str, documents: Documents) -> str:
    related = mapping(step.get('related'))
    if 'entity' in related:
        return str(related['entity'])
    properties = mapping(mapping(documents.get(('entity', entity))).get('properties'))
    return str(mapping(properties.get(str(related.get('field')))).get('x-target', ANY))


def _writes(document: Document, documents: Documents) -> Iterator[_Write]:
    for step, entity in _steps(document.get('steps'), str(document.get('entity')), documents):
        kind = step.get('type')
        if kind == 'update_record':
            yield _Write(entity, 'updated', {key: _constant(value) for key, value in mapping(step.get('values')).items()})
        elif kind == 'move_stage':
            yield _Write(entity, 'updated', {_stage_field(documents, entity): step.get('stage')})
        elif kind == 'tag':
            yield _Write(entity, 'updated', {str(step.get('field')): repr((step.get('add'), step.get('remove')))})
        elif kind == 'assign':
            yield _Write(entity, 'updated', {'owner': None})
        elif kind == 'relate':
            yield _Write(entity, 'updated', {str(step.get('field')): None})
        elif kind == 'delete_record':
            yield _Write(entity, 'deleted')
        elif kind == 'create_record':
            yield _Write(str(step.get('entity')), 'created')
        elif kind in {'create_task', 'create_appointment'}:
            yield _Write('task' if kind == 'create_task' else 'appointment', 'created')


def _constant(value: Any) -> Any:
    """What a step writes whenever it runs; None when that differs. Today is the same all day."""
    if isinstance(value, Mapping) and 'from' in value:
        return None
    return '' if value is None else value


def _called(steps: Any) -> Iterator[str]:
    for step, _entity in _steps(steps, ANY, {}):
        if step.get('type') == 'start_workflow':
            yield str(step.get('workflow'))
