"""Which texts of a schema are missing in which language, so that people read another one instead. Pure; changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schema.base.findings import Finding, escape_pointer
from schema.changes import KEYWORDS
from schema.definitions import Document, Texts, in_locale
from schema.loading import PLURALS, Documents

LOCALES = ('vi', 'en')
LANGUAGES: Mapping[str, Texts] = {
    'vi': {'en': 'Vietnamese', 'vi': 'tiếng Việt'},
    'en': {'en': 'English', 'vi': 'tiếng Anh'},
}
WORDS: Mapping[str, Texts] = {
    **KEYWORDS,
    'label': {'en': 'label', 'vi': 'nhãn'},
    'message': {'en': 'message', 'vi': 'thông báo'},
    'gate_message': {'en': 'message of the gate', 'vi': 'thông báo của cổng giai đoạn'},
    'subject': {'en': 'subject', 'vi': 'tiêu đề thư'},
    'html': {'en': 'content', 'vi': 'nội dung'},
    'text': {'en': 'plain content', 'vi': 'nội dung chữ thường'},
}
TEXT_KEYWORDS = ('x-label', 'label', 'x-plural', 'x-help', 'message', 'gate_message', 'subject', 'html', 'text')
NAMED_LISTS = ('x-options', 'x-pipelines', 'groups', 'stages', 'x-duplicates', 'x-rules', 'x-unique-keys', 'tabs')
"""Lists whose members people read by a label; a member without one is read by its key."""
OTHER_LISTS = ('form', 'steps')
"""Lists whose members may do without a label."""
SHOWN = 60


@dataclass(frozen=True)
class MissingText:
    """One text in one language. `trail` names the parts on the way to it, `shown` what people read instead, `keyword` which
    of the part's texts it is."""

    pointer: str
    trail: tuple[Texts, ...]
    keyword: str
    locale: str
    shown: str

    def place(self, locale: str) -> str:
        """`Contact › Status › New`."""
        return ' › '.join(in_locale(each, locale) for each in self.trail)

    def what(self, locale: str) -> str:
        return in_locale(WORDS[self.keyword], locale)

    def language(self, locale: str) -> str:
        return in_locale(LANGUAGES.get(self.locale, {'en': self.locale}), locale)

    def as_finding(self) -> Finding:
        """SCH-W110, a warning."""
        place = {locale: self.place(locale) for locale in LOCALES}
        about = {'place': place, 'what': WORDS[self.keyword], 'language': LANGUAGES.get(self.locale, {'en': self.locale})}
        return Finding('SCH-W110', self.pointer, {**about, 'shown': self.shown}, 'warning')


def missing_texts(documents: Documents, locales: Collection[str] = LOCALES) -> list[MissingText]:
    """Every text that some language lacks, in the order of the documents."""
    found: list[MissingText] = []
    for (kind, key), document in documents.items():
        pointer = f'/{PLURALS[kind]}/{escape_pointer(key)}'
        found += _of_part(document, pointer, (_name(document, key),), locales, named='x-label')
    return found


def _of_part(
    part: Document, pointer: str, trail: tuple[Texts, ...], locales: Collection[str], *, named: str = ''
) -> Iterator[MissingText]:
    """`named` is the keyword of the label that the part must have; empty when it may do without."""
    if named and not part.get(named):
        has_title = named == 'x-label' and bool(part.get('title'))
        lacking = [locale for locale in locales if not (has_title and locale == 'en')]
        yield from (MissingText(f'{pointer}/{named}', trail, named, locale, in_locale(trail[-1], locale)) for locale in lacking)
    for keyword in TEXT_KEYWORDS:
        texts = part.get(keyword)
        if isinstance(texts, Mapping) and any(texts.values()):
            lacking = [locale for locale in locales if not str(texts.get(locale) or '').strip()]
            for locale in lacking:
                yield MissingText(f'{pointer}/{keyword}', trail, keyword, locale, in_locale(texts, locale)[:SHOWN])
    yield from _below(part, pointer, trail, locales)


def _below(part: Document, pointer: str, trail: tuple[Texts, ...], locales: Collection[str]) -> Iterator[MissingText]:
    for key, child in _mapping(part, 'properties').items():
        yield from _of_part(
            child, f'{pointer}/properties/{escape_pointer(key)}', (*trail, _name(child, key)), locales, named='x-label'
        )
    for keyword in ('x-lines', 'x-layouts'):
        if child := _mapping(part, keyword):
            yield from _of_part(child, f'{pointer}/{keyword}', trail, locales)
    for key, child in _mapping(part, 'roles').items():
        yield from _of_part(child, f'{pointer}/roles/{escape_pointer(key)}', (*trail, {'en': key}), locales)
    for keyword in (*NAMED_LISTS, *OTHER_LISTS):
        for number, child in enumerate(_parts(part, keyword)):
            name = _name(child, str(child.get('key', number + 1)))
            label = 'label' if keyword in NAMED_LISTS else ''
            yield from _of_part(child, f'{pointer}/{keyword}/{number}', (*trail, name), locales, named=label)


def _name(part: Document, key: str) -> Texts:
    label = part.get('x-label') or part.get('label')
    if isinstance(label, Mapping) and label:
        return label
    return {'en': str(part.get('title') or key)}


def _mapping(part: Document, keyword: str) -> Mapping[str, Any]:
    found = part.get(keyword)
    return found if isinstance(found, Mapping) else {}


def _parts(part: Document, keyword: str) -> Sequence[Document]:
    found = part.get(keyword)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
