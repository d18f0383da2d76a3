"""Keys, refs and minted names: well formed, free, unique. Labels are free text and not looked at here."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from schema.base.findings import Finding, escape_pointer, finding
from schema.base.ids import is_key, key_from
from schema.base.text import fold
from schema.checks.target import SYSTEM_TYPES, EntityView, Target, mapping, numbered_parts, numbered_texts, place, shown
from schema.loading import SYSTEM_COLUMNS

KEY_LENGTH = 63
# Words that stand in addresses where an entity's key would; a test holds them against the routes. Some are for what may come.
DEFAULT_RESERVED = frozenset({
    'new', 'board', 'studio', 'login', 'logout', 'api', 'static', 'user', 'users', 'team', 'teams', 'role', 'roles', 'settings',
    'home', 'index', 'calendar', 'healthz', 'readyz', 'metrics', 'search', 'imports', 'exports', 'import', 'export', 'files',
    'events', 'assets', 'lang', 'permissions', 'profile', 'account', 'register', 'admin', 'help', 'docs', 'schema', 'packs',
    'workflows', 'templates', 'reports', 'views', 'audit', 'security', 'operations', 'trash', 'tokens', 'me', 'all',
    'back', 'language', 'mail', 'menu', 'people', 'resetmypassword', 'resetpassword', 'userinfoeditview', 'aliases', 'bin',
    'assignment', 'away', 'certificate', 'conditions', 'leaving', 'messages', 'notices', 'notifications', 'offline', 'pools',
    'sessions', 'deliveries', 'hooks', 'unsubscribe', 'uploads', 'webhooks', 'why',
})  # fmt: skip
RULES = ('x-duplicates', 'x-rules', 'x-unique-keys')
SYSTEM_KEYS = frozenset({'id', 'deleted_at', *SYSTEM_TYPES})

_BLANKS = re.compile(r'[\W_]+')

Place = tuple[str, str]
"""A key or name with its pointer."""


def check(target: Target, reserved: Collection[str]) -> Iterator[Finding]:
    yield from _check_documents(target, reserved)
    yield from _check_refs(target)
    for entity in target.entities.values():
        yield from check_fields(entity)
        yield from _check_lists(entity)
        for lines in filter(None, map(entity.lines, entity.properties)):
            yield from _check_options(lines)
    yield from _unique(_tables(target), 'SCH-E027')
    for _, pointer, document in target.of_kind('workflow'):
        steps = list(_step_keys(document.get('steps'), f'{pointer}/steps'))
        yield from _check_forms(steps)
        yield from _unique(steps, 'SCH-E021', folding=True)


def _check_documents(target: Target, reserved: Collection[str]) -> Iterator[Finding]:
    by_kind: dict[str, list[Place]] = {}
    for kind, key in target.documents:
        by_kind.setdefault(kind, []).append((key, place(kind, key)))
    for kind, places in by_kind.items():
        yield from _check_forms(places)
        yield from _unique([*_document_aliases(target, kind), *places], 'SCH-E021', folding=True)
        for key, pointer, document in target.of_kind(kind):
            if kind == 'entity' and key in reserved:
                yield finding('SCH-E022', pointer, key=key)
            for keyword, expected in (('x-key', key), ('x-kind', kind)):
                if isinstance(document.get(keyword), str) and document[keyword] != expected:
                    yield finding('SCH-E024', f'{pointer}/{keyword}', value=shown(document[keyword]), expected=shown(expected))


def _step_keys(steps: Any, pointer: str) -> Iterator[Place]:
    """Keys of steps and of those inside them: a run finds its step by the key alone."""
    yield from _keys_of(steps, pointer)
    for number, step in numbered_parts(steps):
        for way in ('otherwise', 'on_timeout', 'steps'):
            yield from _step_keys(step.get(way), f'{pointer}/{number}/{way}')
        for case, part in numbered_parts(step.get('cases')):
            yield from _step_keys(part.get('steps'), f'{pointer}/{number}/cases/{case}/steps')


def _document_aliases(target: Target, kind: str) -> list[Place]:
    return [each for _, pointer, document in target.of_kind(kind) for each in _aliases(document, pointer)]


def check_fields(entity: EntityView) -> Iterator[Finding]:
    """Keys, former keys and columns of an entity's fields, or of a line's."""
    yield from _check_columns(entity)
    places = [(key, entity.at(key)) for key in entity.properties]
    yield from _check_forms(places)
    aliases = [each for key, part in entity.properties.items() for each in _aliases(part, entity.at(key))]
    yield from _unique([*aliases, *places], 'SCH-E021', folding=True)
    for key, pointer in [*places, *aliases]:
        if key in SYSTEM_KEYS:
            yield finding('SCH-E022', pointer, key=key)


def _check_lists(entity: EntityView) -> Iterator[Finding]:
    """Parts that carry their key inside: options, pipelines, groups, stages, rules. Stages are unique over all pipelines."""
    yield from _check_options(entity)
    document, base = entity.document, entity.pointer
    lists = [_keys_of(document.get('x-pipelines'), f'{base}/x-pipelines')]
    lists.extend(_keys_of(document.get(keyword), f'{base}/{keyword}') for keyword in RULES)
    layouts = mapping(document.get('x-layouts'))
    lists.append(_keys_of(layouts.get('tabs'), f'{base}/x-layouts/tabs'))
    for role, own in mapping(layouts.get('roles')).items():
        lists.append(_keys_of(mapping(own).get('tabs'), f'{base}/x-layouts/roles/{escape_pointer(role)}/tabs'))
    lists.extend(_keys_of(pipeline.get('groups'), f'{pointer}/groups') for pointer, pipeline in entity.pipelines)
    stages = [(stage['key'], f'{pointer}/key') for pointer, stage in entity.stages if isinstance(stage.get('key'), str)]
    lists.append([*(each for pointer, stage in entity.stages for each in _aliases(stage, pointer)), *stages])
    yield from _check_each(lists)


def _check_options(entity: EntityView) -> Iterator[Finding]:
    """Of an entity's fields, or of a line's."""
    fields = entity.properties.items()
    yield from _check_each(_with_aliases(part.get('x-options'), f'{entity.at(key)}/x-options') for key, part in fields)


def _check_each(lists: Iterable[list[Place]]) -> Iterator[Finding]:
    for places in lists:
        yield from _check_forms(places)
        yield from _unique(places, 'SCH-E021', folding=True)


def _check_columns(entity: EntityView) -> Iterator[Finding]:
    places: list[Place] = []
    for key, part in entity.properties.items():
        if isinstance(part.get('x-column'), str):
            places.append((part['x-column'], f'{entity.at(key)}/x-column'))
    yield from _unique(places, 'SCH-E027')
    for name, pointer in places:
        if name in SYSTEM_COLUMNS:
            yield finding('SCH-E026', pointer, value=name)


def _check_refs(target: Target) -> Iterator[Finding]:
    places: list[Place] = []
    for kind, key in target.documents:
        document = mapping(target.documents[kind, key])
        places.extend(_text_at(document, 'x-ref', place(kind, key)))
    for entity in target.entities.values():
        for key, part in entity.properties.items():
            places.extend(_text_at(part, 'x-ref', entity.at(key)))
            places.extend(_option_refs(part, entity.at(key)))
            if lines := entity.lines(key):
                for name, inner in lines.properties.items():
                    places.extend([*_text_at(inner, 'x-ref', lines.at(name)), *_option_refs(inner, lines.at(name))])
        for keyword in RULES:
            for number, rule in numbered_parts(entity.document.get(keyword)):
                places.extend(_text_at(rule, 'ref', f'{entity.pointer}/{keyword}/{number}'))
        for pointer, part in (*entity.pipelines, *entity.stages):
            places.extend(_text_at(part, 'ref', pointer))
    yield from _unique(places, 'SCH-E027')


def _option_refs(part: dict[str, Any], pointer: str) -> Iterator[Place]:
    for number, option in numbered_parts(part.get('x-options')):
        yield from _text_at(option, 'ref', f'{pointer}/x-options/{number}')


def _tables(target: Target) -> list[Place]:
    places: list[Place] = []
    for entity in target.entities.values():
        places += _text_at(entity.document, 'x-table', entity.pointer)
        for key, part in entity.properties.items():
            places += _text_at(part, 'x-table', entity.at(key))
    return places


def _text_at(part: dict[str, Any], keyword: str, pointer: str) -> list[Place]:
    return [(part[keyword], f'{pointer}/{keyword}')] if isinstance(part.get(keyword), str) else []


def _aliases(part: dict[str, Any], pointer: str) -> list[Place]:
    return [(alias, f'{pointer}/x-aliases/{number}') for number, alias in numbered_texts(part.get('x-aliases'))]


def _with_aliases(parts: Any, pointer: str) -> list[Place]:
    former = (each for number, part in numbered_parts(parts) for each in _aliases(part, f'{pointer}/{number}'))
    return [*former, *_keys_of(parts, pointer)]


def _keys_of(parts: Any, pointer: str) -> list[Place]:
    return [
        (part['key'], f'{pointer}/{number}/key') for number, part in numbered_parts(parts) if isinstance(part.get('key'), str)
    ]


def _check_forms(places: Iterable[Place]) -> Iterator[Finding]:
    for key, pointer in places:
        if len(key) > KEY_LENGTH:
            yield finding('SCH-E023', pointer, key=shown(key), length=len(key), limit=KEY_LENGTH)
        elif not is_key(key) or '__' in key or key.endswith(('_', '\n')):
            suggestion = key_from(key)
            yield finding('SCH-E020', pointer, key=shown(key), hint=f"'{suggestion}'?" if suggestion else '')


def _unique(places: Iterable[Place], code: str, *, folding: bool = False) -> Iterator[Finding]:
    """The second and later places of a name; `folding` is blind to case, marks and the kind of blanks."""
    seen: dict[str, str] = {}
    for name, pointer in places:
        folded = (_BLANKS.sub('_', fold(name)).strip('_') or name) if folding else name
        if folded in seen:
            owner, former, _ = seen[folded].partition('/x-aliases/')
            if former and '/x-aliases/' not in pointer:  # free again as soon as an admin retires it
                yield finding('SCH-E028', pointer, value=shown(name), other=owner, remove=f'{owner}/x-aliases/{name}')
                continue
            yield finding(code, pointer, value=shown(name), other=seen[folded])
        else:
            seen[folded] = pointer
