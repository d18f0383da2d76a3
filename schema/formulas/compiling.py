"""Checks and computes formulas. The one file that knows the engine, Google's CEL runtime; it is swapped here or nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cel_expr_python import cel

from schema.base.findings import Finding
from schema.definitions import Texts
from schema.formulas.functions import EXACT_DIGITS, FUNCTIONS, MOST_TEXT, Failed
from schema.formulas.text import KINDS, MOST_DEPTH, MOST_FIELDS, Rewritten, Scope, at, rewrite

TYPES: Mapping[str, Any] = {
    'number': cel.Type.DOUBLE,
    'text': cel.Type.STRING,
    'boolean': cel.Type.BOOL,
    'moment': cel.Type.TIMESTAMP,
    'texts': cel.Type.List(cel.Type.STRING),
}
KIND_WORDS: Mapping[str, Texts] = {
    'number': {'en': 'a number', 'vi': 'số'},
    'text': {'en': 'text', 'vi': 'chữ'},
    'boolean': {'en': 'yes or no', 'vi': 'có hoặc không'},
    'moment': {'en': 'a date', 'vi': 'ngày'},
    'texts': {'en': 'a list of texts', 'vi': 'danh sách chữ'},
    'span': {'en': 'a stretch of time', 'vi': 'khoảng thời gian'},
}
NAMES = {
    'double': 'number', 'int': 'number', 'string': 'text', 'bool': 'boolean', 'timestamp': 'moment', 'list(string)': 'texts',
    'duration': 'span', 'google.protobuf.Timestamp': 'moment', 'google.protobuf.Duration': 'span',
}  # fmt: skip
SIGNS = {'_?_:_': '? :', '@in': 'in', '!_': '!', '-_': '-'}
PROBLEM = re.compile(r'ERROR: <input>:\d+:(\d+): (.*)')
OVERLOAD = re.compile(r"no matching overload for '([^']*)' applied to '\((.*)\)'")
ABSENT = 'UNKNOWN: No value with name'
DIVISION = 'divide by zero'


@dataclass(frozen=True)
class Outcome:
    """What a record's formula gave: `value` is None when an operand is blank or when `problem`, a finding's code, tells why."""

    value: Any
    problem: str | None = None


@dataclass(frozen=True, eq=False)
class Formula:
    """A checked expression. `fields` are the names it reads; `kind` is what it gives. Safe to share between threads."""

    expression: str
    kind: str
    fields: tuple[str, ...]
    _variables: Mapping[str, tuple[str, str]]
    _compiled: Any

    def compute(self, values: Mapping[str, Any]) -> Outcome:
        """The result for one record; about 5 µs. `values` hold `float`, `str`, `bool`, aware `datetime`, `list[str]` or None by
        name, each as `operand` makes them."""
        given: dict[str, Any] = {}
        for name, (variable, presence) in self._variables.items():
            value = values.get(name)
            given[presence] = value is not None
            if value is not None:
                given[variable] = value
        found = self._compiled.eval(data=given)
        value = found.value()
        if isinstance(value, str) and found.type() == cel.Type.ERROR:
            return Outcome(None, _why(value))
        if isinstance(value, float) and not abs(value) < 10**EXACT_DIGITS:
            return Outcome(None, 'REC-W051' if value in (float('inf'), float('-inf')) or value != value else 'REC-W052')
        if isinstance(value, str) and len(value) > MOST_TEXT:
            return Outcome(None, 'REC-W054')
        return Outcome(value)


def compile_formula(expression: str, scope: Scope, expected: str | None = None) -> tuple[Formula | None, list[Finding]]:
    """The formula, or what is wrong with it, each finding with its place in the text. `expected` is the kind it must give."""
    written, findings = rewrite(expression, scope, FUNCTIONS)
    if findings:
        return None, findings
    try:
        compiled = _environment().compile(written.text)
    except (RuntimeError, TypeError, UnicodeError) as error:  # TypeError: half of a surrogate pair in a string
        return None, list(_problems(str(error), expression, written))
    gives = NAMES.get(str(compiled.return_type()).lower(), '')
    if gives not in KINDS or (expected is not None and gives != expected):
        kinds = {
            'found': KIND_WORDS.get(gives, {'en': str(compiled.return_type())}),
            'expected': KIND_WORDS[expected or 'text'],
        }
        return None, [at(expression, 0, 'SCH-E315', **kinds)]
    variables = {name: (variable, f's{variable[1:]}') for name, variable in written.fields.items()}
    return Formula(expression, gives, tuple(variables), variables, compiled), []


@lru_cache(maxsize=1)
def _environment() -> Any:
    """One for all formulas: variables are numbered, so that formulas of any entity share it."""
    variables = {f'{letter}{number}': TYPES[kind] for kind, letter in KINDS.items() for number in range(MOST_FIELDS)}
    variables.update({f's{number}': cel.Type.BOOL for number in range(MOST_FIELDS)})
    declared = [
        cel.FunctionDecl(
            f'{each.key}',
            [
                cel.Overload(
                    f'{each.key}_{number}', return_type=TYPES[each.gives], parameters=[TYPES[kind] for kind in kinds],
                    impl=_guarded(each.compute),
                )
                for number, kinds in enumerate(each.takes)
            ],
        )
        for each in FUNCTIONS.values()
    ]  # fmt: skip
    return cel.NewEnv(variables=variables, functions=declared)


def _guarded(compute: Any) -> Any:
    """A Python function as the engine calls it; what fails says its finding's code."""

    def call(*arguments: Any) -> Any:
        try:
            return compute(*arguments)
        except Failed:
            raise
        except (ArithmeticError, ValueError) as error:
            raise Failed('REC-W052') from error

    return call


def _why(message: str) -> str | None:
    """The finding's code for what the engine says; None when a blank operand is the reason."""
    if message.startswith(ABSENT):
        return None
    if found := re.search(r'REC-W\d{3}', message):
        return found.group()
    return 'REC-W051' if DIVISION in message else 'REC-W052'


def _problems(message: str, expression: str, written: Rewritten) -> Iterator[Finding]:
    """The engine's words as ours; only the first of what is written wrong, for the rest follows from it."""
    found = [(int(column), text) for column, text in PROBLEM.findall(message)]
    if not found:
        yield at(expression, 0, 'SCH-E303', limit=MOST_DEPTH)
        return
    told: set[int] = set()
    for column, text in found[:8]:
        place = written.origin(column - 1)
        if place in told or '*error*' in text:
            continue
        told.add(place)
        if overload := OVERLOAD.search(text):
            yield _mismatch(expression, place, *overload.groups())
        else:
            yield at(expression, place, 'SCH-E313')
            return


def _mismatch(expression: str, place: int, operator: str, kinds: str) -> Finding:
    sign = SIGNS.get(operator, operator.strip('_'))
    words = [KIND_WORDS.get(NAMES.get(each.strip(), ''), {'en': each.strip()}) for each in _split(kinds)]
    return at(expression, place, 'SCH-E314', sign=sign, kinds=words)


def _split(kinds: str) -> list[str]:
    """`double, list(string)` by its outer commas; a list of lists is rare enough to be shown as it is."""
    return re.findall(r'[^,(]+(?:\([^)]*\))?', kinds)
