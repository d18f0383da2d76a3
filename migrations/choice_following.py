"""What names an option or a stage by its key follows when that key moves: conditions, defaults, formulas, steps. Ways to and
from stages go with them. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from migrations.references import Place, Walk
from schema.formulas import fields_of, reword
from schema.loading import Documents

Choices = Mapping[tuple[str, str], Mapping[str, str]]
"""`{(entity key, field key): {former option key: new option key}}`; the entity key of lines is `quote.items`."""


def moved_choices(base: Documents, target: Mapping[tuple[str, str], Any]) -> Choices:
    """Which options and stages, found by their refs, have another key in the target. A key that a new one took stays."""
    former = {document['x-ref']: document for (kind, _), document in base.items() if kind == 'entity'}
    moved: dict[tuple[str, str], Mapping[str, str]] = {}
    for (kind, key), document in target.items():
        ref = document.get('x-ref') if kind == 'entity' and isinstance(document, dict) else None
        before = former.get(ref) if isinstance(ref, str) else None
        if before is not None:
            moved |= dict(_of_fields(key, before, document))
    return moved


def follow_choices(documents: Mapping[tuple[str, str], Any], moved: Choices) -> None:
    """Rewrite in place what stands for an option by its former key."""
    if moved:
        _Following(documents, moved).run()


def _of_fields(entity: str, before: Any, after: Any) -> Iterator[tuple[tuple[str, str], Mapping[str, str]]]:
    fields = {part.get('x-ref'): part for part in before.get('properties', {}).values()}
    for key, part in _mapping(after.get('properties')).items():
        ref = _mapping(part).get('x-ref')
        old = fields.get(ref) if isinstance(ref, str) else None
        if old is None:
            continue
        staged = part.get('x-type') == 'stage'
        keys = _moved(_stages(before), _stages(after)) if staged else _moved(_refs(old), _refs(part))
        if keys:
            yield (entity, key), keys
        if 'x-lines' in old and 'x-lines' in part:
            yield from _of_fields(f'{entity}.{key}', old['x-lines'], _mapping(part['x-lines']))


def _moved(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    fresh = {key for ref, key in after.items() if ref not in before}
    return {key: after[ref] for ref, key in before.items() if ref in after and after[ref] != key and key not in fresh}


def _refs(part: Any) -> dict[str, str]:
    """`{ref: key}` of options or stages; what has no ref yet is new."""
    named = _listed(part.get('x-options', part.get('stages')))
    return {str(each.get('ref', f'new {each.get("key")}')): str(each.get('key')) for each in named}


def _listed(parts: Any) -> list[dict[str, Any]]:
    return [each for each in parts if isinstance(each, dict)] if isinstance(parts, list) else []


def _stages(document: Any) -> dict[str, str]:
    pipelines = document.get('x-pipelines')
    found = [_refs(each) for each in pipelines if isinstance(each, dict)] if isinstance(pipelines, list) else []
    return {ref: key for refs in found for ref, key in refs.items()}


def _mapping(node: Any) -> dict[str, Any]:
    return node if isinstance(node, dict) else {}


def forget_stages(base: Documents, target: Mapping[tuple[str, str], Any]) -> None:
    """Take in place out of moves and maps what led from or to stages and pipelines that are no longer there. What the base did
    not name stays, for the checks to refuse."""
    former = {document['x-ref']: document for (kind, _), document in base.items() if kind == 'entity'}
    for (kind, _), document in target.items():
        ref = document.get('x-ref') if kind == 'entity' and isinstance(document, dict) else None
        before = former.get(ref) if isinstance(ref, str) else None
        pipelines = document.get('x-pipelines') if before is not None else None
        if before is not None and isinstance(pipelines, list):
            _forget_in([each for each in pipelines if isinstance(each, dict)], before.get('x-pipelines', ()))


def _forget_in(pipelines: Sequence[dict[str, Any]], before: Sequence[Mapping[str, Any]]) -> None:
    stages = {str(each.get('key')): {*_refs(each).values()} for each in pipelines}
    there = {key for keys in stages.values() for key in keys}
    moves = {(stage['ref'], key) for each in before for stage in each['stages'] for key in stage.get('moves', ())}
    maps = {
        (each['ref'], name, old, new) for each in before for name, pairs in each.get('maps', {}).items()
        for old, new in pairs.items()
    }  # fmt: skip
    for each in pipelines:
        for stage in _listed(each.get('stages')):
            if isinstance(listed := stage.get('moves'), list):
                stage['moves'] = [key for key in listed if str(key) in there or (str(stage.get('ref')), str(key)) not in moves]
        here = stages[str(each.get('key'))]
        for name, pairs in [*_mapping(each.get('maps')).items()]:
            gone = {
                old for old, new in _mapping(pairs).items()
                if (str(each.get('ref')), name, old, str(new)) in maps and not (old in here and new in stages.get(name, ()))
            }  # fmt: skip
            if gone and not (kept := {old: new for old, new in pairs.items() if old not in gone}):
                del each['maps'][name]
            elif gone:
                each['maps'][name] = kept


class _Same:
    """Names stay as they are."""

    def entity(self, key: str, place: Place) -> str:
        return key

    def field(self, entity: str, key: str, place: Place) -> str:
        return key

    def role(self, key: str, place: Place) -> str:
        return key


class _Following(Walk):
    def __init__(self, documents: Mapping[tuple[str, str], Any], moved: Choices) -> None:
        super().__init__(documents, _Same())
        self._moved = moved

    def choices(self, part: Any, keyword: Any, entity: str, path: str) -> None:
        keys, value = self._new_keys(entity, path), part.get(keyword)
        if keys and isinstance(value, list):
            part[keyword] = [keys.get(each, each) if isinstance(each, str) else each for each in value]
        elif keys and isinstance(value, str):
            part[keyword] = keys.get(value, value)

    def words(self, part: dict[str, Any], keyword: str, entity: str) -> None:
        named = {name: keys for name in fields_of(part[keyword]) if (keys := self._new_keys(entity, name))}
        if named:
            part[keyword] = reword(part[keyword], named)

    def _new_keys(self, entity: str, path: str) -> Mapping[str, str]:
        head, dot, rest = path.partition('.')
        if not dot:
            return self._moved.get((entity, head), {})
        target = self._target(entity, head)
        return self._new_keys(target, rest) if target else {}
