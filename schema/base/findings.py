"""Findings: what is wrong, where, and what to do. Texts live in `errors.json` files; this module knows no rule."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

Level = Literal['error', 'warning']

_texts: dict[str, Mapping[str, Mapping[str, str]]] = {}


def load_texts(path: Path) -> None:
    """Add one `errors.json`: `{code: {locale: {"problem": …, "hint": …}}}`. Loading a file twice is harmless.

    Raises: ValueError when a code already has other texts.
    """
    for code, texts in json.loads(path.read_text(encoding='utf-8')).items():
        if _texts.setdefault(code, texts) != texts:
            raise ValueError(f'{code} has two texts; the second is in {path.name}')


def known_codes() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Every code with its texts by locale."""
    return _texts


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return '…'


def _render(template: str, params: Mapping[str, Any], locale: str) -> str:
    return template.format_map(_Blank({name: _word(value, locale) for name, value in params.items()})).strip()


def _word(value: Any, locale: str) -> Any:
    """Texts by locale become one text, sequences a list in words."""
    if isinstance(value, Mapping):
        return value.get(locale) or value.get('en') or next(iter(value.values()), '')
    if isinstance(value, (list, tuple)):
        return ', '.join(str(_word(part, locale)) for part in value)
    return value


@dataclass(frozen=True)
class Finding:
    """One problem at one place.

    `code` names an entry of the catalogue, `pointer` is a JSON pointer into what was submitted (`''` is the whole),
    `params` fill the texts; a param may itself be `{locale: text}`.
    """

    code: str
    pointer: str = ''
    params: Mapping[str, Any] = field(default_factory=dict)
    level: Level = 'error'

    @property
    def problem(self) -> str:
        """What is wrong, in English, for developers and logs."""
        return self.text('en')

    @property
    def hint(self) -> str:
        """What to do next, in English; empty when the problem says it."""
        return self.hint_text('en')

    def text(self, locale: str) -> str:
        return self._part(locale, 'problem') or self.code

    def hint_text(self, locale: str) -> str:
        return self._part(locale, 'hint')

    def _part(self, locale: str, part: str) -> str:
        texts = _texts.get(self.code, {})
        chosen = texts.get(locale) or texts.get('en') or {}
        return _render(chosen.get(part, ''), self.params, locale)

    def at(self, prefix: str) -> Finding:
        """The same finding inside a larger document."""
        return Finding(self.code, prefix + self.pointer, self.params, self.level)

    def as_wire(self, locale: str) -> dict[str, Any]:
        """`{code, pointer, level, detail, hint}` for the API."""
        wire = {'code': self.code, 'pointer': self.pointer, 'level': self.level, 'detail': self.text(locale)}
        if hint := self.hint_text(locale):
            wire['hint'] = hint
        return wire

    def __str__(self) -> str:
        return ' '.join(filter(None, (self.code, self.pointer or '/', self.problem, self.hint)))


def finding(code: str, pointer: str = '', *, level: Level = 'error', **params: Any) -> Finding:
    """Shorthand that keeps call sites readable."""
    return Finding(code, pointer, params, level)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sorted by place, then code, so that a person reads them top to bottom."""
    return tuple(sorted(findings, key=lambda each: (each.pointer, each.code)))


def nearest(word: str, choices: Iterable[str]) -> Mapping[str, str]:
    """A hint by locale: the name that was probably meant, else the choices when there are eight or fewer, else nothing."""
    names = sorted(choices)
    if close := get_close_matches(word, names, n=1):
        return {'en': f"Did you mean '{close[0]}'?", 'vi': f"Có phải là '{close[0]}'?"}
    if not names or len(names) > 8:
        return {}
    listed = ', '.join(names)
    return {'en': f'Choices: {listed}.', 'vi': f'Có thể chọn: {listed}.'}


def escape_pointer(part: str | int) -> str:
    """One reference token of a JSON pointer (RFC 6901, section 3)."""
    return str(part).replace('~', '~0').replace('/', '~1')
