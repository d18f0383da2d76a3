"""Setting what a schema says, by language, many texts at once. Pure; which texts there are is known by `schema.labels`."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from schema.definitions import Texts
from schema.labels import LOCALES, Text
from schema.loading import PLURALS, Documents

SEPARATOR = '|'


def typed_texts(form: Mapping[str, str], text: Text) -> dict[str, str]:
    """What the text says once `<locale>|<pointer>` of the form are taken over; blanks take a language away."""
    typed = {locale: _clean(form[name]) for locale in LOCALES if (name := f'{locale}{SEPARATOR}{text.pointer}') in form}
    return {locale: words for locale, words in {**said(text), **typed}.items() if words}


def said(text: Text) -> dict[str, str]:
    """What the text says, as a form would send it back untouched."""
    return {locale: _clean(words) for locale, words in text.texts.items()}


def _clean(words: str) -> str:
    return words.replace('\r\n', '\n').strip()


def put_texts(documents: Documents, changed: Mapping[str, Texts]) -> dict[tuple[str, str], Any]:
    """Set texts by pointer; a text without any language goes."""
    made = {name: copy.deepcopy(dict(document)) for name, document in documents.items()}
    kinds = {plural: kind for kind, plural in PLURALS.items()}
    for pointer, texts in changed.items():
        section, key, *inner = [each.replace('~1', '/').replace('~0', '~') for each in pointer.split('/')[1:]]
        part: Any = made[kinds[section], key]
        for token in inner[:-1]:
            part = part[int(token)] if isinstance(part, list) else part[token]
        if texts:
            part[inner[-1]] = dict(texts)
        else:
            part.pop(inner[-1], None)
    return made
