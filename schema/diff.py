"""Compares two settled document sets by ref, so that a rename is a rename. Pure; knows no database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from schema.base.findings import escape_pointer
from schema.base.text import fold
from schema.changes import (
    KEYWORDS,
    NOUNS,
    PART_KEYWORDS,
    TYPE_WORDS,
    AddEntity,
    AddField,
    AddPart,
    Change,
    ChangeEntity,
    ChangeField,
    ChangePart,
    ChangeType,
    DropEntity,
    DropField,
    DropPart,
    DropUnique,
    MakeOptional,
    MakeRequired,
    MakeUnique,
    RenameEntity,
    RenameField,
    RenamePart,
    ReorderParts,
    RetireKey,
    RetireLabel,
)
from schema.definitions import KINDS, Document, Texts
from schema.loading import PLURALS, Documents

_OWN_WORDS = {'x-ref', 'x-key', 'x-kind', 'x-table', 'x-column', 'x-columns', 'x-aliases', 'x-former-labels',
              'x-format', '$schema'}  # fmt: skip
_ENTITY_PARTS = {*_OWN_WORDS, 'properties', 'required', 'x-pipelines', 'x-duplicates', 'x-rules', 'x-unique-keys'}
_FIELD_PARTS = {*_OWN_WORDS, 'x-type', 'x-unique', 'x-options', 'x-lines', 'x-result-scale'}


def diff(old: Documents, new: Documents) -> list[Change]:
    """What turns `old` into `new`: entities first, in the order of `new`, drops after what stays."""
    return [*_diff_entities(old, new), *_diff_others(old, new)]


def _by_ref(documents: Documents, kind: str) -> dict[str, tuple[str, Document]]:
    return {document['x-ref']: (key, document) for (each, key), document in documents.items() if each == kind}


def _diff_entities(old: Documents, new: Documents) -> Iterator[Change]:
    before, after = _by_ref(old, 'entity'), _by_ref(new, 'entity')
    for ref, (key, document) in after.items():
        pointer = f'/entities/{escape_pointer(key)}'
        if ref not in before:
            yield AddEntity(pointer, ref, _label(key, document))
            continue
        old_key, former = before[ref]
        if old_key != key:
            yield RenameEntity(pointer, _label(key, document), old_key, key)
        yield from _retired_keys(pointer, former, document, _label(key, document))
        yield from _diff_keywords(pointer, former, document)
        yield from _diff_fields(pointer, former, document)
        yield from _diff_lists(pointer, former, document)
    for ref in before.keys() - after.keys():
        key, document = before[ref]
        yield DropEntity(f'/entities/{escape_pointer(key)}', ref, _label(key, document))


def _diff_keywords(pointer: str, former: Document, document: Document) -> Iterator[Change]:
    label = _label(document['x-key'], document)
    for keyword in _changed(former, document, _ENTITY_PARTS):
        yield ChangeEntity(f'{pointer}/{escape_pointer(keyword)}', label, _keyword(keyword))
    stayed = [ref for ref in _field_refs(former) if ref in _field_refs(document)]
    if stayed != [ref for ref in _field_refs(document) if ref in stayed]:
        yield ChangeEntity(f'{pointer}/properties', label, KEYWORDS['properties'])


def _retired_keys(pointer: str, former: Document, part: Document, place: Texts) -> Iterator[Change]:
    """Former keys that are taken away; one that became the key again is still in use."""
    key = pointer.rsplit('/', 1)[-1]
    for alias in former.get('x-aliases', ()):
        if alias != key and alias not in part.get('x-aliases', ()):
            yield RetireKey(f'{pointer}/x-aliases', part['x-ref'], _label(key, part), alias, place)
    said = {fold(text) for text in (*part.get('x-former-labels', ()), *part.get('x-label', {}).values())}
    for text in former.get('x-former-labels', ()):
        if fold(text) not in said:
            yield RetireLabel(f'{pointer}/x-former-labels', part['x-ref'], _label(key, part), text, place)


def _field_refs(document: Document) -> list[str]:
    return [part['x-ref'] for part in document.get('properties', {}).values()]


def _diff_fields(pointer: str, former: Document, document: Document) -> Iterator[Change]:
    before = {part['x-ref']: (key, part) for key, part in former.get('properties', {}).items()}
    after = {part['x-ref']: (key, part) for key, part in document.get('properties', {}).items()}
    entity = _label(document['x-key'], document)
    for ref, (key, part) in after.items():
        place = f'{pointer}/properties/{escape_pointer(key)}'
        about = (place, document['x-ref'], ref, entity, _label(key, part))
        if ref not in before:
            yield AddField(*about, _type(part))
            continue
        old_key, old = before[ref]
        if old_key != key:
            yield RenameField(*about, old_key, key)
        yield from _retired_keys(place, old, part, entity)
        required = (old_key in former.get('required', ()), key in document.get('required', ()))
        yield from _diff_field(about, old, part, required)
    for ref in before.keys() - after.keys():
        key, part = before[ref]
        yield DropField(f'{pointer}/properties/{escape_pointer(key)}', document['x-ref'], ref, entity, _label(key, part))


_About = tuple[str, str, str, Texts, Texts]


def _diff_field(about: _About, old: Document, part: Document, required: tuple[bool, bool]) -> Iterator[Change]:
    if old['x-type'] != part['x-type']:
        yield ChangeType(*about, _type(old), _type(part))
    if required[0] != required[1]:
        yield (MakeRequired if required[1] else MakeOptional)(*about)
    if bool(old.get('x-unique')) != bool(part.get('x-unique')):
        yield (MakeUnique if part.get('x-unique') else DropUnique)(*about)
    for keyword in _changed(old, part, _FIELD_PARTS):
        yield ChangeField(*about, _keyword(keyword), old.get(keyword), part.get(keyword))
    place = {locale: f'{entity}, {about[4].get(locale, "")}' for locale, entity in about[3].items()}
    yield from _diff_parts('option', f'{about[0]}/x-options', old.get('x-options', ()), part.get('x-options', ()), place)
    if 'x-lines' in old and 'x-lines' in part:
        yield from _diff_lines(about, place, old, part)


def _diff_lines(about: _About, label: Texts, old: Document, part: Document) -> Iterator[Change]:
    """The fields of lines, as those of an entity that is called after both."""
    key = f'{about[0].split("/")[2]}.{about[0].split("/")[-1]}'
    former, document = ({'x-key': key, 'x-ref': about[2], 'x-label': label, **each['x-lines']} for each in (old, part))
    yield from _diff_fields(f'{about[0]}/x-lines', former, document)
    stayed = [ref for ref in _field_refs(former) if ref in _field_refs(document)]
    if former.get('label') != document.get('label'):
        yield ChangeEntity(f'{about[0]}/x-lines/label', label, KEYWORDS['x-label'])
    if stayed != [ref for ref in _field_refs(document) if ref in stayed]:
        yield ChangeEntity(f'{about[0]}/x-lines/properties', label, KEYWORDS['properties'])


def _diff_lists(pointer: str, former: Document, document: Document) -> Iterator[Change]:
    place = _label(document['x-key'], document)
    old_lines, new_lines = former.get('x-pipelines', ()), document.get('x-pipelines', ())
    yield from _diff_parts('pipeline', f'{pointer}/x-pipelines', _without_stages(old_lines), _without_stages(new_lines), place)
    yield from _diff_parts('stage', f'{pointer}/x-pipelines', _stages(old_lines), _stages(new_lines), place)
    for noun, keyword in (('duplicate_rule', 'x-duplicates'), ('rule', 'x-rules'), ('unique_key', 'x-unique-keys')):
        yield from _diff_parts(noun, f'{pointer}/{keyword}', former.get(keyword, ()), document.get(keyword, ()), place)


def _without_stages(pipelines: Iterable[Document]) -> list[Document]:
    return [{name: value for name, value in each.items() if name != 'stages'} for each in pipelines]


def _stages(pipelines: Iterable[Document]) -> list[Document]:
    """Each with the pipeline it stands in: moving to another one is a change."""
    return [{**stage, 'pipeline': each['ref']} for each in pipelines for stage in each.get('stages', ())]


def _diff_parts(
    noun: str, pointer: str, former: Iterable[Document], parts: Iterable[Document], place: Texts
) -> Iterator[Change]:
    before, after = {each['ref']: each for each in former}, {each['ref']: each for each in parts}
    for ref, part in after.items():
        about = (f'{pointer}/{escape_pointer(part["key"])}', NOUNS[noun], ref, _label(part['key'], part), place)
        old = before.get(ref)
        if old is None:
            yield AddPart(*about)
            continue
        renamed = old['key'] != part['key']
        if renamed:
            yield RenamePart(*about, old['key'], part['key'])
        told = {'key', *(['x-aliases'] if renamed else []), *(['x-former-labels'] if _newly_called(old, part) else [])}
        if changed := _changed(old, part, told):
            yield ChangePart(*about, _told(changed))
    stayed = [ref for ref in before if ref in after]
    if stayed != [ref for ref in after if ref in before]:
        yield ReorderParts(pointer, NOUNS[noun], place)
    for ref in before.keys() - after.keys():
        part = before[ref]
        yield DropPart(f'{pointer}/{escape_pointer(part["key"])}', NOUNS[noun], ref, _label(part['key'], part), place)


_SYSTEM: Texts = {'en': 'System', 'vi': 'Hệ thống'}


def _diff_others(old: Documents, new: Documents) -> Iterator[Change]:
    """Roles, workflows, templates and the rest, each as a whole."""
    for kind in KINDS:
        if kind == 'entity':
            continue
        before, after = _by_ref(old, kind), _by_ref(new, kind)
        for ref, (key, document) in after.items():
            about = (f'/{PLURALS[kind]}/{escape_pointer(key)}', NOUNS[kind], ref, _label(key, document), _SYSTEM)
            if ref not in before:
                yield AddPart(*about)
                continue
            if before[ref][0] != key:
                yield RenamePart(*about, before[ref][0], key)
            yield from _retired_keys(about[0], before[ref][1], document, _SYSTEM)
            if changed := _changed(before[ref][1], document, {'x-key', 'x-aliases'}):
                yield ChangePart(*about, _told(changed))
        for ref in before.keys() - after.keys():
            key, document = before[ref]
            yield DropPart(f'/{PLURALS[kind]}/{escape_pointer(key)}', NOUNS[kind], ref, _label(key, document), _SYSTEM)


def _newly_called(old: Document, part: Document) -> bool:
    """Whether the part's label changed, which is told; that the former one is remembered need not be told as well."""
    return bool(old.get('label') != part.get('label'))


def _changed(old: Mapping[str, Any], new: Mapping[str, Any], apart: set[str]) -> list[str]:
    names = dict.fromkeys([*old, *new])
    return [name for name in names if name not in apart and old.get(name) != new.get(name)]


def _told(keywords: Iterable[str]) -> Texts:
    words = [PART_KEYWORDS[name] for name in keywords if name in PART_KEYWORDS]
    listed = {locale: ', '.join(dict.fromkeys(each[locale] for each in words)) for locale in ('en', 'vi')}
    return {locale: f': {text}' if text else '' for locale, text in listed.items()}


def _label(key: str, part: Document) -> Texts:
    label = part.get('x-label') or part.get('label') or {'en': key}
    return {'en': key, **label}


def _type(part: Document) -> Texts:
    return TYPE_WORDS.get(part['x-type'], {'en': part['x-type']})


def _keyword(name: str) -> Texts:
    return KEYWORDS.get(name, {'en': name})
