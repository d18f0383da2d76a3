"""The text of a formula: words, what they name, renaming, and rewriting into what the engine takes. Runs nothing.

The language is CEL (https://github.com/google/cel-spec) without what could loop: no lists to walk through, no maps, no macros.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from schema.base.findings import Finding, finding, nearest

MOST_CHARACTERS, MOST_WORDS, MOST_DEPTH, MOST_FIELDS = 2_000, 400, 20, 48
METHODS = frozenset({'contains', 'startsWith', 'endsWith'})
WORDS = frozenset({'true', 'false', 'in'})
UNSTABLE = frozenset({'now', 'today', 'random', 'rand', 'me', 'uuid', 'user', 'timestamp_now'})
LOOPS = frozenset({'map', 'filter', 'all', 'exists', 'exists_one', 'has', 'bind', 'cel'})
LENIENT = frozenset({'coalesce', 'blank', 'join'})
KINDS: Mapping[str, str] = {'number': 'n', 'text': 't', 'boolean': 'b', 'moment': 'd', 'texts': 'l'}
"""Kinds of value a formula reads, with the letter of the engine's variables for it."""
EMPTY: Mapping[str, str] = {'number': '0.0', 'text': '""', 'boolean': 'false'}

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\s*\.\s*[A-Za-z_][A-Za-z0-9_]*)*)
      | (?P<number>(?:\d+\.\d+|\d+)(?:[eE][+-]?\d{1,3})?(?![A-Za-z_0-9.]))
      | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<sign>&&|\|\||[<>=!]=|[-+*/<>!?:(),\[\]]|%)
      | (?P<method>\.\s*(?:contains|startsWith|endsWith)\b)
    """,
    re.VERBOSE | re.ASCII,
)


class Scope(Protocol):
    """What names mean to a formula."""

    def kind(self, name: str) -> str | None:
        """The kind of a field or of `link.field`; None when there is none. Raises: Unreadable."""

    def names(self, name: str) -> Iterable[str]:
        """Names to suggest instead of an unknown one."""


class Unreadable(Exception):
    """A name that exists but that a formula cannot read. `code` and `params` make the finding."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int
    """Place in the formula, counted from 0."""


@dataclass
class Rewritten:
    """`text` for the engine, `fields` by name with the engine's variable, and where each piece of `text` came from."""

    text: str = ''
    fields: dict[str, str] = field(default_factory=dict)
    starts: list[int] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)

    def add(self, text: str, origin: int) -> None:
        self.starts.append(len(self.text))
        self.origins.append(origin)
        self.text += text + ' '

    def origin(self, place: int) -> int:
        """Where in the formula a place of the rewritten text came from."""
        index = bisect_right(self.starts, max(place, 0)) - 1
        return self.origins[index] if 0 <= index < len(self.origins) else 0


def fields_of(expression: str) -> tuple[str, ...]:
    """Fields and `link.field` pairs that a formula names, in order, each once. Broken text gives what can be read."""
    tokens = [each for each in _tokens(expression) if each.kind != 'space']
    return tuple(dict.fromkeys(_subject(each, after)[0] for each, after in _pairs(tokens) if _is_field(each, after)))


def rename(expression: str, names: Mapping[str, str]) -> str:
    """The same formula with other names: `{'company': 'customer', 'company.phone': 'customer.mobile'}`.

    A dotted name is looked up whole first, then its link alone. Strings, functions and spacing stay as they are.
    """
    tokens = list(_tokens(expression))
    solid = [each for each in tokens if each.kind != 'space']
    moved = {each.start: _renamed(each, after, names) for each, after in _pairs(solid) if _is_field(each, after)}
    return ''.join(moved.get(each.start, each.text) for each in tokens)


def reword(expression: str, words: Mapping[str, Mapping[str, str]]) -> str:
    """The same formula with other option keys: `{'stage': {'won': 'closed'}}` where a text is compared with that field, by
    `==`, `!=` or `in`, on either side.
    """
    solid = [each for each in _tokens(expression) if each.kind != 'space']
    moved = {}
    for number, token in enumerate(solid):
        new = words.get(_compared(solid, number), {}).get(token.text[1:-1]) if token.kind == 'string' else None
        if new is not None:
            moved[token.start] = f'{token.text[0]}{new}{token.text[0]}'
    return ''.join(moved.get(each.start, each.text) for each in _tokens(expression))


def _compared(tokens: list[Token], number: int) -> str:
    """The name that the text at this place is compared with; '' for none."""
    first = number
    while first > 0 and tokens[first - 1].text == ',' and tokens[first - 2].kind == 'string':
        first -= 2
    listed = first > 0 and tokens[first - 1].text == '['
    before = tokens[first - 2 :: -1] if listed else tokens[number - 1 :: -1] if number else []
    after = tokens[number + 1 :]
    for signs, side in ((('in',) if listed else ('==', '!='), before), (() if listed else ('==', '!=', 'in'), after)):
        if len(side) > 1 and side[0].text in signs and side[1].kind == 'name':
            return _plain(side[1].text)
    return ''


def rewrite(expression: str, scope: Scope, functions: Mapping[str, Any]) -> tuple[Rewritten, list[Finding]]:
    """Names become variables of the engine, whole numbers decimals, `coalesce`, `blank` and `join` tests for blanks."""
    if len(expression) > MOST_CHARACTERS:
        return Rewritten(), [finding('SCH-E301', count=len(expression), limit=MOST_CHARACTERS)]
    writer = _Writer(expression, scope, functions)
    writer.run()
    first = {(each.code, each.params.get('position')): each for each in reversed(writer.findings)}
    return writer.out, list(reversed(first.values()))  # a word that is looked at twice is told of once


def at(expression: str, place: int, code: str, **params: Any) -> Finding:
    """A finding at a place in a formula; people count from 1."""
    return finding(code, position=place + 1, near=expression[place : place + 30].split('\n')[0], **params)


def _tokens(expression: str) -> Iterable[Token]:
    place = 0
    while place < len(expression):
        match = _TOKEN.match(expression, place)
        if match is None:
            yield Token('other', expression[place], place)
            place += 1
        else:
            yield Token(str(match.lastgroup), match.group(), place)
            place = match.end()


def _pairs(tokens: list[Token]) -> Iterable[tuple[Token, str]]:
    for number, each in enumerate(tokens):
        yield each, tokens[number + 1].text if number + 1 < len(tokens) else ''


def _plain(name: str) -> str:
    return ''.join(name.split())


def _is_field(token: Token, after: str) -> bool:
    if token.kind != 'name' or token.text in WORDS | {'null'}:
        return False
    return after != '(' or bool(_subject(token, after)[1])  # `name.contains(` reads `name`


def _subject(token: Token, after: str) -> tuple[str, str]:
    """The field that a word names, and the method called on it, if any, with its dot."""
    name = _plain(token.text)
    subject, dot, method = name.rpartition('.')
    return (subject, dot + method) if after == '(' and method in METHODS else (name, '')


def _renamed(token: Token, after: str, names: Mapping[str, str]) -> str:
    name, method = _subject(token, after)
    if name in names:
        return names[name] + method
    first, dot, rest = name.partition('.')
    return names[first] + dot + rest + method if first in names else token.text


class _Writer:
    """One pass over the words; a call of a lenient function looks ahead for the fields of its arguments."""

    def __init__(self, expression: str, scope: Scope, functions: Mapping[str, Any]) -> None:
        self.expression, self.scope, self.functions = expression, scope, functions
        self.tokens = [each for each in _tokens(expression) if each.kind != 'space']
        self.out = Rewritten()
        self.findings: list[Finding] = []
        self.place = 0

    def run(self) -> None:
        if not self.tokens:
            self.findings.append(at(self.expression, 0, 'SCH-E300'))
        elif len(self.tokens) > MOST_WORDS:
            self.findings.append(finding('SCH-E302', count=len(self.tokens), limit=MOST_WORDS))
        elif not self._check_nesting():
            self._write(len(self.tokens))

    def _check_nesting(self) -> bool:
        depth = unary = 0
        for each in self.tokens:
            depth += (each.text in '([') - (each.text in ')]')
            unary = unary + 1 if each.text in {'!', '-', '?', ':'} else 0
            if depth > MOST_DEPTH or unary > MOST_DEPTH:
                self._refuse(each, 'SCH-E303', limit=MOST_DEPTH)
                return True
        return False

    def _refuse(self, token: Token, code: str, **params: Any) -> None:
        self.findings.append(at(self.expression, token.start, code, **params))

    def _write(self, end: int) -> None:
        while self.place < end:
            token = self.tokens[self.place]
            after = self.tokens[self.place + 1].text if self.place + 1 < len(self.tokens) else ''
            self.place += 1
            if token.kind == 'name' and token.text not in WORDS:
                self._name(token, after)
            elif token.kind == 'number':
                plain = token.text if '.' in token.text or 'e' in token.text.lower() else f'{token.text}.0'
                self.out.add(plain, token.start)
            elif token.kind == 'other' or token.text == '%':
                self._refuse(token, 'SCH-E304', value=token.text)
            else:
                self.out.add(token.text, token.start)

    def _name(self, token: Token, after: str) -> None:
        name, method = _subject(token, after)
        if method:
            self._field(token, name)
            self.out.add(method, token.start)
        elif after == '(':
            self._function(token, name)
        elif name == 'null':
            self._refuse(token, 'SCH-E305')
        else:
            self._field(token, name)

    def _function(self, token: Token, name: str) -> None:
        if name in LENIENT:
            self._lenient(token, name)
        elif name in self.functions:
            self.out.add(name, token.start)
        elif name in UNSTABLE:
            self._refuse(token, 'SCH-E306', value=name)
        elif name.rpartition('.')[2] in LOOPS:
            self._refuse(token, 'SCH-E307', value=name)
        else:
            known = (*self.functions, *LENIENT)
            self._refuse(token, 'SCH-E308', value=name[:60], hint=nearest(name[:60], known))

    def _field(self, token: Token, name: str) -> None:
        if variable := self._variable(token, name):
            self.out.add(variable, token.start)

    def _variable(self, token: Token, name: str) -> str | None:
        if known := self.out.fields.get(name):
            return known
        try:
            kind = self.scope.kind(name)
        except Unreadable as refused:
            self._refuse(token, refused.code, value=name[:60], **refused.params)
            return None
        if kind is None:
            unstable = name in UNSTABLE
            hint = nearest(name[:60], self.scope.names(name))
            self._refuse(token, 'SCH-E306' if unstable else 'SCH-E309', value=name[:60], **({} if unstable else {'hint': hint}))
            return None
        if len(self.out.fields) >= MOST_FIELDS:
            self._refuse(token, 'SCH-E310', limit=MOST_FIELDS)
            return None
        self.out.fields[name] = variable = f'{KINDS[kind]}{len(self.out.fields)}'
        return variable

    def _lenient(self, token: Token, name: str) -> None:
        """`coalesce(a, b)` becomes `(a is there ? (a) : (b))`, and so on; what is inside is written by the same rules."""
        spans = self._arguments()
        if spans is None:
            self._refuse(token, 'SCH-E311', value=name)
            self.place = len(self.tokens)
            return
        end = spans[-1][1]
        if len(spans) > 9 or (name == 'blank' and len(spans) != 1) or (name != 'blank' and len(spans) < 2):
            self._refuse(token, 'SCH-E312', value=name, count=len(spans))
            self.place = end + 1
            return
        if name == 'blank':
            self.out.add(f'(!({self._presence(*spans[0])}))', token.start)
        elif name == 'coalesce':
            self._coalesce(token, spans)
        else:
            self._join(token, spans)
        self.place = end + 1

    def _coalesce(self, token: Token, spans: list[tuple[int, int]]) -> None:
        for start, end in spans[:-1]:
            self.out.add(f'(({self._presence(start, end)}) ? (', token.start)
            self._span(start, end)
            self.out.add(') : ', token.start)
        self.out.add('(', token.start)
        self._span(*spans[-1])
        self.out.add(')' * len(spans), token.start)

    def _join(self, token: Token, spans: list[tuple[int, int]]) -> None:
        self.out.add('join(', token.start)
        for number, (start, end) in enumerate(spans):
            self.out.add(', (' if number else '(', token.start)
            if number and (presence := self._presence(start, end)) != 'true':
                self.out.add(f'({presence}) ? (', token.start)
                self._span(start, end)
                self.out.add(') : ""', token.start)
            else:
                self._span(start, end)
            self.out.add(')', token.start)
        self.out.add(')', token.start)

    def _span(self, start: int, end: int) -> None:
        self.place = start
        self._write(end)

    def _arguments(self) -> list[tuple[int, int]] | None:
        """Token ranges of a call's arguments, the opening bracket being next; None when it is not closed or empty."""
        depth, begun, spans = 0, self.place + 1, []
        for number in range(self.place, len(self.tokens)):
            text = self.tokens[number].text
            depth += (text in '([') - (text in ')]')
            if depth == 0 or (text == ',' and depth == 1):
                if number == begun:
                    return None
                spans.append((begun, number))
                begun = number + 1
            if depth == 0:
                return spans
        return None

    def _presence(self, start: int, end: int) -> str:
        """Whether a part can be computed: every field outside `coalesce`, `blank` and `join` is filled."""
        number, tests = start, []
        while number < end:
            token = self.tokens[number]
            after = self.tokens[number + 1].text if number + 1 < end else ''
            if token.kind == 'name' and token.text in LENIENT and after == '(':
                held, self.place = self.place, number + 1
                spans, self.place = self._arguments(), held
                if spans and token.text == 'coalesce':
                    tests.append('(' + ' || '.join(f'({self._presence(*span)})' for span in spans) + ')')
                number = spans[-1][1] if spans else number
            elif _is_field(token, after) and (variable := self._variable(token, _subject(token, after)[0])):
                tests.append(f's{variable[1:]}')
            number += 1
        return ' && '.join(dict.fromkeys(tests)) or 'true'
