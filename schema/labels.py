"""Every text of a schema that people read, and what is missing in which language, so that people read another one instead.
Pure; changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
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
    'title': {'en': 'title', 'vi': 'tiêu đề'},
    'html': {'en': 'content', 'vi': 'nội dung'},
    'text': {'en': 'plain content', 'vi': 'nội dung chữ thường'},
}
TEXT_KEYWORDS = ('x-label', 'label', 'x-plural', 'x-help', 'message', 'gate_message', 'subject', 'title', 'html', 'text')
NAMED_LISTS = ('x-options', 'x-pipelines', 'groups', 'stages', 'x-duplicates', 'x-rules', 'x-unique-keys', 'tabs')
"""Lists whose members people read by a label; a member without one is read by its key."""
OTHER_LISTS = ('form', 'steps', 'cases', 'otherwise', 'on_timeout')
"""Lists whose members may do without a label."""
SHOWN = 60


@dataclass(frozen=True)
class Text:
    """What one keyword of a part says, by language; nothing when a label that the part should have is not there. `trail`
    names the parts on the way to it."""

    pointer: str
    trail: tuple[Texts, ...]
    keyword: str
    texts: Texts

    def missing(self, locales: Collection[str] = LOCALES) -> list[str]:
        return [locale for locale in locales if locale not in self.texts]

    def shown(self, locale: str) -> str:
        """What people of that language read."""
        return in_locale(self.texts or self.trail[-1], locale)

    def place(self, locale: str) -> str:
        """`Contact › Status › New`."""
        return ' › '.join(in_locale(each, locale) for each in self.trail)

    def what(self, locale: str) -> str:
        return in_locale(WORDS[self.keyword], locale)


@dataclass(frozen=True)
class MissingText:
    """One text in one language that it lacks. `shown` is what people read instead."""

    text: Text
    locale: str

    @property
    def pointer(self) -> str:
        return self.text.pointer

    @property
    def shown(self) -> str:
        return self.text.shown(self.locale)[:SHOWN]

    def as_finding(self) -> Finding:
        """SCH-W110, a warning."""
        place = {locale: self.text.place(locale) for locale in LOCALES}
        language = LANGUAGES.get(self.locale, {'en': self.locale})
        about = {'place': place, 'what': WORDS[self.text.keyword], 'language': language}
        return Finding('SCH-W110', self.pointer, {**about, 'shown': self.shown}, 'warning')


def missing_texts(documents: Documents, locales: Collection[str] = LOCALES) -> list[MissingText]:
    """Every text that some language lacks, in the order of the documents."""
    return [MissingText(each, locale) for each in texts_of(documents) for locale in each.missing(locales)]


def texts_of(documents: Documents) -> Iterator[Text]:
    """Every text that people read, in the order of the documents."""
    for (kind, key), document in documents.items():
        pointer = f'/{PLURALS[kind]}/{escape_pointer(key)}'
        yield from _of_part(document, pointer, (_name(document, key),), named='x-label')


def _of_part(part: Document, pointer: str, trail: tuple[Texts, ...], *, named: str = '') -> Iterator[Text]:
    """`named` is the keyword of the label that the part must have; empty when it may do without."""
    for keyword in TEXT_KEYWORDS:
        texts = {locale: str(text) for locale, text in _mapping(part, keyword).items() if str(text or '').strip()}
        if keyword == named and not texts and keyword == 'x-label' and part.get('title'):
            texts = {'en': str(part['title'])}
        if texts or keyword == named:
            yield Text(f'{pointer}/{keyword}', trail, keyword, texts)
    yield from _below(part, pointer, trail)


def _below(part: Document, pointer: str, trail: tuple[Texts, ...]) -> Iterator[Text]:
    for key, child in _mapping(part, 'properties').items():
        if isinstance(child, Mapping):
            place = f'{pointer}/properties/{escape_pointer(key)}'
            yield from _of_part(child, place, (*trail, _name(child, key)), named='x-label')
    for keyword in ('x-lines', 'x-layouts'):
        if child := _mapping(part, keyword):
            yield from _of_part(child, f'{pointer}/{keyword}', trail)
    for key, child in _mapping(part, 'roles').items():
        if isinstance(child, Mapping):
            yield from _of_part(child, f'{pointer}/roles/{escape_pointer(key)}', (*trail, {'en': key}))
    for keyword in (*NAMED_LISTS, *OTHER_LISTS):
        for number, child in _parts(part, keyword):
            name = _name(child, str(child.get('key', number + 1)))
            label = 'label' if keyword in NAMED_LISTS else ''
            yield from _of_part(child, f'{pointer}/{keyword}/{number}', (*trail, name), named=label)


def _name(part: Document, key: str) -> Texts:
    label = part.get('x-label') or part.get('label')
    if isinstance(label, Mapping) and label:
        return label
    return {'en': str(part.get('title') or key)}


def _mapping(part: Document, keyword: str) -> Mapping[str, Any]:
    found = part.get(keyword)
    return found if isinstance(found, Mapping) else {}


def _parts(part: Document, keyword: str) -> Iterator[tuple[int, Document]]:
    found = part.get(keyword)
    members = enumerate(found) if isinstance(found, list) else ()
    return ((number, each) for number, each in members if isinstance(each, Mapping))
