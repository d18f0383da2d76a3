"""What a role could do before and may do after a change, as facts and in words. Pure; knows no person, compiles nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from schema.definitions import ACTIONS, SCOPES, Document, Texts, in_locale
from schema.loading import Documents

EVERY = '*'
LEVELS = ('none', 'read', 'write')
SWITCHES = ('studio', 'admin')
ACTION_WORDS: Mapping[str, Texts] = {
    'read': {'en': 'see', 'vi': 'xem'},
    'create': {'en': 'create', 'vi': 'tạo'},
    'update': {'en': 'change', 'vi': 'sửa'},
    'delete': {'en': 'delete', 'vi': 'xóa'},
    'import': {'en': 'import', 'vi': 'nhập'},
    'export': {'en': 'export', 'vi': 'xuất'},
    'assign': {'en': 'assign', 'vi': 'giao'},
    'merge': {'en': 'merge', 'vi': 'gộp'},
}
SCOPE_WORDS: Mapping[str, Texts] = {
    'none': {'en': 'none', 'vi': 'không'},
    'own': {'en': 'own', 'vi': 'của mình'},
    'team': {'en': 'of the team', 'vi': 'của nhóm'},
    'team_below': {'en': 'of the team and below', 'vi': 'của nhóm và nhóm dưới'},
    'all': {'en': 'all', 'vi': 'tất cả'},
}
LEVEL_WORDS: Mapping[str, Texts] = {
    'none': {'en': 'hidden', 'vi': 'ẩn'},
    'read': {'en': 'read only', 'vi': 'chỉ xem'},
    'write': {'en': 'change', 'vi': 'sửa'},
}
SWITCH_WORDS: Mapping[str, Texts] = {
    'studio': {'en': 'Studio', 'vi': 'Studio'},
    'admin': {'en': 'administration', 'vi': 'quản trị hệ thống'},
}
ON: Mapping[bool, Texts] = {True: {'en': 'yes', 'vi': 'có'}, False: {'en': 'no', 'vi': 'không'}}
EVERY_OTHER: Texts = {'en': 'all other records', 'vi': 'mọi hồ sơ khác'}
CONDITION: Texts = {'en': 'on a condition', 'vi': 'theo điều kiện'}
LOCALES = ('en', 'vi')


@dataclass(frozen=True)
class RightChange:
    """One difference. `wider` is None when neither reaches what the other does, as between two conditions.

    `entity` is a key, `*`, or empty for a switch; `what` is an action, a field or a switch.
    """

    entity: str
    what: str
    old: Any
    new: Any
    wider: bool | None
    said: Texts


def granted(role: Document, entity: str) -> dict[str, Any]:
    """`{action: scope or tree}` of one entity, `*` included: its own entry, which replaces the general one as a whole. What an
    entry leaves out is not granted, but for assigning, which follows changing, and merging, which needs changing and deleting.
    """
    grants = role.get('grants', {})
    entry = grants.get(entity, grants.get(EVERY, {}))
    found = {action: entry.get(action, 'none') for action in ACTIONS}
    if 'assign' in found and 'assign' not in entry:
        found['assign'] = found['update']
    if 'merge' in found and 'merge' not in entry:
        found['merge'] = min(found['update'], found['delete'], key=_width)
    return found


def right_changes(old: Document, new: Document, base: Documents, target: Documents) -> list[RightChange]:
    """What a role gains and loses: by entity that either version names, for all others together, by field, and by switch."""
    return [*_switches(old, new), *_grants(old, new, base, target), *_fields(old, new, base, target)]


def is_wider(old: Any, new: Any) -> bool | None:
    """Whether a grant reaches more than another; None when neither holds the other."""
    same = _where(old) == _where(new)
    if same or _width(old) == 0 or _width(new) == 0:
        return _width(new) > _width(old)
    if _where(new) is None and _width(new) >= _width(old):
        return True
    if _where(old) is None and _width(old) >= _width(new):
        return False
    return None


def scope_word(grant: Any, locale: str) -> str:
    """A scope or a tree in a few words."""
    if isinstance(grant, Mapping):
        reach = in_locale(SCOPE_WORDS.get(grant.get('scope', 'all'), {}), locale)
        return f'{reach}, {in_locale(CONDITION, locale)}' if grant.get('where') else reach
    return in_locale(SCOPE_WORDS.get(grant, {'en': str(grant)}), locale)


def _switches(old: Document, new: Document) -> Iterator[RightChange]:
    for name in SWITCHES:
        before, after = old.get(name) is True, new.get(name) is True
        if before != after:
            said = {each: f'{in_locale(SWITCH_WORDS[name], each)}: {_arrow(ON, before, after, each)}' for each in LOCALES}
            yield RightChange('', name, before, after, after, said)


def _grants(old: Document, new: Document, base: Documents, target: Documents) -> Iterator[RightChange]:
    named = dict.fromkeys([*old.get('grants', {}), *new.get('grants', {})])
    for entity in sorted(named, key=lambda key: key != EVERY):
        if entity != EVERY and ('entity', entity) not in target:
            continue  # it went with its entity
        before, after = granted(old, entity), granted(new, entity)
        for action in ACTIONS:
            if before[action] != after[action]:
                said = {each: _grant_said(entity, action, (before[action], after[action]), target, each) for each in LOCALES}
                wider = is_wider(before[action], after[action])
                yield RightChange(entity, action, before[action], after[action], wider, said)


def _fields(old: Document, new: Document, base: Documents, target: Documents) -> Iterator[RightChange]:
    before, after = old.get('fields', {}), new.get('fields', {})
    for entity in dict.fromkeys([*before, *after]):
        document = target.get(('entity', entity))
        if document is None:
            continue
        parts = document.get('properties', {})
        for key in dict.fromkeys([*before.get(entity, {}), *after.get(entity, {})]):
            levels = before.get(entity, {}).get(key, 'write'), after.get(entity, {}).get(key, 'write')
            if levels[0] != levels[1]:
                label = parts.get(key, {}).get('x-label') or {'en': key}
                said = {each: _field_said(entity, label, levels, target, each) for each in LOCALES}
                yield RightChange(entity, key, *levels, LEVELS.index(levels[1]) > LEVELS.index(levels[0]), said)


def _grant_said(entity: str, action: str, grants: tuple[Any, Any], target: Documents, locale: str) -> str:
    before, after = (scope_word(each, locale) for each in grants)
    change = f'{before} → {after}' if before != after else {'en': 'another condition', 'vi': 'điều kiện khác'}[locale]
    return f'{in_locale(ACTION_WORDS[action], locale)} {_entity_word(entity, target, locale)}: {change}'


def _field_said(entity: str, label: Texts, levels: tuple[str, str], target: Documents, locale: str) -> str:
    return f'{_entity_word(entity, target, locale)}, {in_locale(label, locale)}: {_arrow(LEVEL_WORDS, *levels, locale)}'


def _entity_word(entity: str, documents: Documents, locale: str) -> str:
    if entity == EVERY:
        return in_locale(EVERY_OTHER, locale)
    return in_locale(documents.get(('entity', entity), {}).get('x-label', {}), locale) or entity


def _arrow(words: Mapping[Any, Texts], before: Any, after: Any, locale: str) -> str:
    return f'{in_locale(words[before], locale)} → {in_locale(words[after], locale)}'


def _where(grant: Any) -> Any:
    return grant.get('where') or None if isinstance(grant, Mapping) else None


def _width(grant: Any) -> int:
    scope = grant.get('scope', 'all') if isinstance(grant, Mapping) else grant
    return SCOPES.index(scope) if scope in SCOPES else 0
