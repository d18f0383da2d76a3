"""Documents against the metaschemas: jsonschema's errors as findings, one for each place. Knows no rule across documents."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

from schema.base.findings import Finding, escape_pointer, finding
from schema.checks.missing import missing
from schema.checks.target import Hints, Target, place, shown
from schema.definitions import KINDS
from schema.upgraders.registry import FORMATS

FOLDER = Path(__file__).parent.parent / 'metaschema'
# What JSON Schema knows and Trellis does not read: said in so many words, since a nearest name would mislead.
FOREIGN = frozenset({
    '$anchor', '$defs', '$dynamicAnchor', '$dynamicRef', '$id', '$ref', '$vocabulary', 'additionalItems',
    'additionalProperties', 'allOf', 'anyOf', 'const', 'contains', 'contentEncoding', 'contentMediaType',
    'contentSchema', 'definitions', 'dependencies', 'dependentRequired', 'dependentSchemas', 'deprecated', 'else',
    'enum', 'if', 'items', 'maxContains', 'maxItems', 'maxProperties', 'minContains', 'minItems', 'minProperties',
    'multipleOf', 'not', 'oneOf', 'patternProperties', 'prefixItems', 'properties', 'propertyNames', 'required', 'then',
    'unevaluatedItems', 'unevaluatedProperties', 'uniqueItems', 'writeOnly', '$comment',
})  # fmt: skip
KEYWORD_CODES = frozenset({'SCH-E010', 'SCH-E019'})


SOUND_KEPT = 2_000
SEEN = r'\S'  # a label of blanks alone would be none


class _Sound:
    """Documents that were found in order, by content: a draft is checked on every page of Studio, but changes in few places."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def knows(self, digest: bytes) -> bool:
        with self._lock:
            if digest not in self._seen:
                return False
            self._seen.move_to_end(digest)
            return True

    def add(self, digest: bytes) -> None:
        with self._lock:
            self._seen[digest] = None
            if len(self._seen) > SOUND_KEPT:
                self._seen.popitem(last=False)


_sound = _Sound()


def _digest(name: str, document: Any) -> bytes:
    return hashlib.sha256(f'{name} {json.dumps(document)}'.encode()).digest()


@cache
def load_metaschemas() -> Mapping[str, dict[str, Any]]:
    """Every metaschema by name: the kinds, `pack`, and the shared `common`."""
    return {path.stem: json.loads(path.read_text(encoding='utf-8')) for path in sorted(FOLDER.glob('*.json'))}


@cache
def _validator(name: str) -> Draft202012Validator:
    resources = ((each['$id'], Resource.from_contents(each)) for each in load_metaschemas().values())
    return Draft202012Validator(load_metaschemas()[name], registry=Registry().with_resources(resources))


def check(target: Target) -> Iterator[Finding]:
    for (kind, key), document in target.documents.items():
        pointer = place(kind, key)
        yield from FORMATS.check(document, pointer)
        if kind in load_metaschemas():
            yield from _check_against(kind, document, pointer, target.hints)
        else:
            kinds = [each for each in KINDS if each in load_metaschemas()]
            yield finding('SCH-E007', pointer, value=shown(kind), choices=kinds)


def check_against(name: str, document: Any, pointer: str = '') -> list[Finding]:
    """Findings of one sound JSON document against the metaschema of a kind, or of `pack`."""
    return _check_against(name, document, pointer, Hints())


def _check_against(name: str, document: Any, pointer: str, hints: Hints) -> list[Finding]:
    digest = _digest(name, document)
    if _sound.knows(digest):
        return []
    first: dict[str, Finding] = {}
    for error in _validator(name).iter_errors(document):
        for each in _from_error(error, pointer, hints):
            if each.pointer not in first or each.code in KEYWORD_CODES:
                first[each.pointer] = each
    if not first:
        _sound.add(digest)
    return list(first.values())


def _from_error(error: ValidationError, prefix: str, hints: Hints) -> list[Finding]:
    pointer = prefix + ''.join(f'/{escape_pointer(part)}' for part in error.absolute_path)
    if 'propertyNames' in error.absolute_schema_path:
        pointer = f'{pointer}/{escape_pointer(error.instance)}'
    keyword, instance, rule = str(error.validator), error.instance, error.validator_value
    if keyword == 'additionalProperties':
        return _unknown_keywords(error, pointer, hints)
    if keyword == 'required':
        # one error for each missing name; the message opens with the name in quotes
        return [
            missing(f'{pointer}/{name}', name)
            for name in rule
            if name not in instance and error.message.startswith(f'{name!r} ')
        ]
    if keyword == 'type':
        return [_wrong_type(rule, instance, pointer)]
    if keyword in {'enum', 'const'}:
        choices = [str(each) for each in (rule if keyword == 'enum' else [rule])]
        return [finding('SCH-E013', pointer, value=shown(instance), hint=hints.nearest(str(instance)[:60], choices))]
    return [_BY_KEYWORD[keyword](pointer, instance, rule)]


def _unknown_keywords(error: ValidationError, pointer: str, hints: Hints) -> list[Finding]:
    known = error.schema.get('properties', {}) if isinstance(error.schema, dict) else {}
    findings = []
    for name in error.instance:
        if name in known:
            continue
        code = 'SCH-E019' if name in FOREIGN else 'SCH-E010'
        hint = '' if name in FOREIGN else hints.nearest(name, known)
        findings.append(finding(code, f'{pointer}/{escape_pointer(name)}', keyword=shown(name), hint=hint))
    return findings


_WORDS = {
    'object': {'en': 'a JSON object {…}', 'vi': 'một đối tượng JSON {…}'},
    'array': {'en': 'a list […]', 'vi': 'một danh sách […]'},
    'string': {'en': 'a text', 'vi': 'một chuỗi chữ'},
    'integer': {'en': 'a whole number', 'vi': 'một số nguyên'},
    'number': {'en': 'a number', 'vi': 'một con số'},
    'boolean': {'en': 'true or false', 'vi': 'true hoặc false'},
    'null': {'en': 'null', 'vi': 'null'},
}
_PYTHON = {dict: 'object', list: 'array', str: 'string', int: 'integer', float: 'number', bool: 'boolean', type(None): 'null'}


def _wrong_type(expected: str | list[str], instance: Any, pointer: str) -> Finding:
    name = expected if isinstance(expected, str) else expected[0]
    return finding('SCH-E011', pointer, expected=_WORDS[name], actual=_WORDS[_PYTHON.get(type(instance), 'object')])


def _too_long(pointer: str, instance: Any, rule: Any) -> Finding:
    return finding('SCH-E014', pointer, length=len(instance), limit=rule)


def _too_short(pointer: str, instance: Any, rule: Any) -> Finding:
    return finding('SCH-E015', pointer, length=len(instance), limit=rule)


def _unlike(pointer: str, instance: Any, rule: Any) -> Finding:
    if rule == SEEN:
        return _too_short(pointer, '', 1)
    return finding('SCH-E017', pointer, value=shown(instance), pattern=rule)


_BY_KEYWORD: dict[str, Callable[[str, Any, Any], Finding]] = {
    'maxLength': _too_long,
    'maxItems': _too_long,
    'maxProperties': _too_long,
    'minLength': _too_short,
    'minItems': _too_short,
    'minProperties': _too_short,
    'minimum': lambda pointer, instance, rule: finding('SCH-E016', pointer, value=instance, bound=f'≥ {rule}'),
    'maximum': lambda pointer, instance, rule: finding('SCH-E016', pointer, value=instance, bound=f'≤ {rule}'),
    'pattern': _unlike,
    'uniqueItems': lambda pointer, _instance, _rule: finding('SCH-E018', pointer),
}
