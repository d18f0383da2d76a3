"""What all of Studio's forms share: texts by language, keys, numbers, conditions. Refuses nothing: that is the checks' work."""

from __future__ import annotations

import json
from collections.abc import Container
from typing import Any

from werkzeug.datastructures import MultiDict

from schema.base.ids import key_from

Form = MultiDict[str, str]
LOCALES = ('vi', 'en')
UNREADABLE = '?'
REMEMBERED = ('x-aliases', 'x-former-labels')  # no form shows them, every form keeps them


def texts(form: Form, name: str) -> dict[str, str]:
    """`<name>.vi` and `<name>.en`; a blank language is left out."""
    return {locale: text for locale in LOCALES if (text := form.get(f'{name}.{locale}', '').strip())}


def pair(vi: str, en: str) -> dict[str, str]:
    """Texts of one row of a table."""
    return {locale: text.strip() for locale, text in (('vi', vi), ('en', en)) if text.strip()}


def kept_texts(form: Form, name: str, former: Any) -> dict[str, str] | None:
    """As `texts`, with the languages that the form does not show; None when nothing is left."""
    others = {locale: text for locale, text in (former or {}).items() if locale not in LOCALES}
    return {**texts(form, name), **others} or None


def new_key(form: Form, taken: Container[str], stem: str = 'field') -> str:
    """The key typed, else one made from a label and not taken yet."""
    typed = form.get('key', '').strip()
    return typed or key_of(texts(form, 'label'), taken, stem)


def key_of(label: dict[str, str], taken: Container[str], stem: str) -> str:
    """A key made from a label, not taken yet."""
    return free(key_from(label.get('en') or label.get('vi') or '') or stem, taken)


def free(stem: str, taken: Container[str]) -> str:
    key, count = stem, 1
    while key in taken:
        count += 1
        key = f'{stem}_{count}'
    return key


def number(text: str) -> Any:
    """A number, or the text as typed, which the checks then refuse at its place. None for a blank."""
    stripped = text.strip()
    if not stripped:
        return None
    plain = stripped.replace(',', '.')
    if plain.lstrip('-').isdecimal() and len(plain) < 16:
        return int(plain)
    digits = plain.lstrip('-').split('.')
    return float(plain) if len(digits) == 2 and all(each.isdecimal() for each in digits) and len(plain) < 17 else stripped


def condition(text: str) -> Any:
    """A condition as the builder sends it: JSON, None for none. What is no JSON stays a text, which the checks refuse."""
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def rows(form: Form, stem: str, names: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a table: one mapping for each, from `<stem>.<name>` given once a row, in order."""
    columns = [form.getlist(f'{stem}.{name}') for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=False)]


def hue(text: str) -> int | None:
    """A colour number; None for no colour."""
    return int(text) if text.isdecimal() and text != '0' else None


def given(**parts: Any) -> dict[str, Any]:
    """The parts that are not None."""
    return {name: part for name, part in parts.items() if part is not None}
