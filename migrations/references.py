"""Keys that name fields and entities inside other parts follow when these are renamed, and go when they are removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Renames = Mapping[str, str | None]


@dataclass
class Moves:
    """Former key to new key, or to None when it is gone. `fields` are by the entity's new key."""

    entities: dict[str, str | None] = field(default_factory=dict)
    fields: dict[str, dict[str, str | None]] = field(default_factory=dict)

    def field(self, entity: str, old: str, new: str | None) -> None:
        self.fields.setdefault(entity, {})[old] = new


def follow(documents: dict[tuple[str, str], Any], moves: Moves) -> None:
    """Rewrite in place. Templates, titles and rules that name a removed field are left: the checks show them to the admin."""
    gone = {old: new for old, new in moves.entities.items() if new is not None or ('entity', old) not in documents}
    moves = Moves(gone, moves.fields)
    for entity, renames in moves.fields.items():
        if isinstance(document := documents.get(('entity', entity)), dict):
            _follow_in_entity(document, _still_gone(renames, document))
    for (kind, _), document in documents.items():
        if not isinstance(document, dict):
            continue
        if kind == 'entity':
            _follow_targets(document, moves)
        elif kind == 'role':
            _follow_in_role(document, moves)
        elif kind in {'workflow', 'template'}:
            _follow_in_workflow(document, moves)


def _still_gone(renames: Renames, document: Mapping[str, Any]) -> dict[str, str | None]:
    """A removed key that a new part took over in the same request is there again."""
    return {old: new for old, new in renames.items() if new is not None or old not in document.get('properties', {})}


def _names(names: Any, renames: Renames) -> Any:
    if not isinstance(names, list):
        return names
    moved = [renames.get(each, each) if isinstance(each, str) else each for each in names]
    return [each for each in moved if each is not None]


def _rename(part: Any, keyword: str, renames: Renames) -> None:
    """A single name follows a rename; when its target is gone it stays for the checks to report."""
    if isinstance(part, dict) and isinstance(part.get(keyword), str):
        part[keyword] = renames.get(part[keyword]) or part[keyword]


def _parts(node: Any, keyword: str) -> list[dict[str, Any]]:
    listed = node.get(keyword) if isinstance(node, dict) else None
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _follow_in_entity(document: dict[str, Any], renames: Renames) -> None:
    if 'required' in document:
        document['required'] = _names(document['required'], renames)
    _rename(document, 'x-title-field', renames)
    _rename(document, 'x-subtitle-field', renames)
    if document.get('x-subtitle-field') in {old for old, new in renames.items() if new is None}:
        del document['x-subtitle-field']
    for rule in _parts(document, 'x-duplicates'):
        for test in _parts(rule, 'match'):
            _rename(test, 'field', renames)
    for pipeline in _parts(document, 'x-pipelines'):
        for stage in _parts(pipeline, 'stages'):
            if 'requires' in stage:
                stage['requires'] = _names(stage['requires'], renames)
    layouts = document.get('x-layouts')
    if isinstance(layouts, dict):
        for name in ('list', 'card', 'quick'):
            if name in layouts:
                layouts[name] = _names(layouts[name], renames)
        for section in _parts(layouts, 'form'):
            section['fields'] = _names(section.get('fields', []), renames)
    if isinstance(indexes := document.get('x-indexes'), list):
        moved = [_names(each, renames) for each in indexes]
        document['x-indexes'] = [each for each in moved if each]


def _follow_targets(document: dict[str, Any], moves: Moves) -> None:
    """Links and related lists of one entity, whatever they point at."""
    for part in document.get('properties', {}).values():
        if not isinstance(part, dict):
            continue
        _rename(part, 'x-target', moves.entities)
        if 'x-targets' in part:
            part['x-targets'] = _names(part['x-targets'], moves.entities)
        if isinstance(columns := part.get('x-columns'), dict):
            part['x-columns'] = {moves.entities.get(key) or key: name for key, name in columns.items()}
    layouts = document.get('x-layouts')
    related = _parts(layouts, 'related')
    if not related or not isinstance(layouts, dict):
        return
    kept = []
    for each in related:
        entity = moves.entities.get(each.get('entity', ''), each.get('entity'))
        name = moves.fields.get(entity or '', {}).get(each.get('field', ''), each.get('field'))
        if entity is not None and name is not None:
            kept.append({**each, 'entity': entity, 'field': name})
    layouts['related'] = kept


def _follow_in_role(document: dict[str, Any], moves: Moves) -> None:
    for part in ('grants', 'fields'):
        rights = document.get(part)
        if isinstance(rights, dict):
            document[part] = _keys(rights, moves.entities)
    fields = document.get('fields')
    if isinstance(fields, dict):
        for entity, renames in moves.fields.items():
            if isinstance(fields.get(entity), dict):
                fields[entity] = _keys(fields[entity], renames)


def _keys(rights: dict[str, Any], renames: Renames) -> dict[str, Any]:
    moved = {renames.get(key, key): value for key, value in rights.items()}
    return {key: value for key, value in moved.items() if key is not None}


def _follow_in_workflow(document: dict[str, Any], moves: Moves) -> None:
    _rename(document, 'entity', moves.entities)
    entity = document.get('entity')
    renames = moves.fields.get(entity, {}) if isinstance(entity, str) else {}
    if renames:
        for name in ('trigger', 'condition', 'steps'):
            _follow_paths(document.get(name), renames)


def _follow_paths(node: Any, renames: Renames) -> None:
    """`field` holds a key or a dotted path that starts with one; `user` names a user field."""
    if isinstance(node, list):
        for each in node:
            _follow_paths(each, renames)
    if isinstance(node, dict):
        for name in ('field', 'user'):
            if isinstance(path := node.get(name), str):
                head, dot, rest = path.partition('.')
                node[name] = (renames.get(head) or head) + dot + rest
        for each in node.values():
            _follow_paths(each, renames)
