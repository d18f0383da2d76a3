"""Numbers that Trellis gives out, such as KH-2026-00042. What the next one is stands in the database."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from schema.base.findings import Finding, finding
from schema.base.text import plain
from schema.definitions import FieldDef
from schema.fieldtypes.text import Text

LONGEST = 60
DIGITS = 15  # of the longest number that a code may hold
MARKS = {'{YYYY}': '%Y', '{YY}': '%y', '{MM}': '%m', '{DD}': '%d'}
_COUNTER = re.compile(r'\{(0+)\}')
_BRACED = re.compile(r'\{[^{}]*\}')
_PERIODS = (('{DD}', '%Y-%m-%d'), ('{MM}', '%Y-%m'), ('{YYYY}', '%Y'), ('{YY}', '%Y'))
_READ = {'{YYYY}': ('Y', r'\d{4}'), '{YY}': ('y', r'\d{2}'), '{MM}': ('m', r'\d{2}'), '{DD}': ('d', r'\d{2}')}
_NEEDS = {'{DD}': ('{MM}',), '{MM}': ('{YYYY}', '{YY}')}


class Autonumber(Text):
    """A text by `x-pattern`: letters as they are, dates, and one counter of as many digits as it has zeros.

    The counter starts again with the finest date in the pattern. Always unique; nobody writes it.
    """

    key = 'autonumber'
    widget = 'autonumber'
    icon = 'hash'
    computed = True
    keywords = frozenset({'type', 'x-pattern'})
    longest = LONGEST

    def check_definition(self, field: FieldDef) -> list[Finding]:
        pattern = field.document.get('x-pattern')
        if not isinstance(pattern, str):  # its absence is told by the check of needed keywords
            return [] if pattern is None else [finding('SCH-E151', '/x-pattern', value=str(pattern)[:60])]
        problem = _problem(pattern)
        return [finding(problem, '/x-pattern', value=pattern[:60], limit=LONGEST - DIGITS)] if problem else []

    def pattern(self, field: FieldDef) -> str:
        return str(field.document['x-pattern'])


def _problem(pattern: str) -> str | None:
    """The code of what is wrong with a pattern."""
    if len(_COUNTER.findall(pattern)) != 1 or len(pattern) > LONGEST - DIGITS or pattern != ' '.join(pattern.split()):
        return 'SCH-E151'
    marks = _BRACED.findall(pattern)
    rest = _BRACED.sub('', pattern)
    if '{' in rest or '}' in rest or any(mark not in MARKS and not _COUNTER.fullmatch(mark) for mark in marks):
        return 'SCH-E152'
    if any(mark in marks and not any(other in marks for other in needed) for mark, needed in _NEEDS.items()):
        return 'SCH-E153'
    return None


def period_of(pattern: str, moment: datetime) -> str:
    """What a counter belongs to: the day, month or year of a local moment; empty when it never starts again."""
    return next((moment.strftime(form) for mark, form in _PERIODS if mark in pattern), '')


def spell(pattern: str, moment: datetime, number: int) -> str:
    """The text for a number given out at a local moment. A number with more digits than zeros keeps them all."""
    for mark, form in MARKS.items():
        pattern = pattern.replace(mark, moment.strftime(form))
    return _COUNTER.sub(lambda zeros: str(number).zfill(len(zeros[1])), pattern)


def read_number(pattern: str, text: str) -> tuple[str, int] | None:
    """`(period, number)` of a text that the pattern spells, whatever the case of its letters; None of any other."""
    found = _reader(pattern).fullmatch(plain(text))
    if found is None:
        return None
    parts = found.groupdict()
    year = int(parts['Y']) if 'Y' in parts else 2000 + int(parts.get('y', '0'))
    try:
        moment = datetime(year, int(parts.get('m', '1')), int(parts.get('d', '1')))  # noqa: DTZ001 - its day alone is asked for
    except ValueError:
        return None
    return period_of(pattern, moment), int(parts['n'])


@lru_cache(maxsize=64)
def _reader(pattern: str) -> re.Pattern[str]:
    """A mark that stands twice says the same twice."""
    said: list[str] = []
    met: set[str] = set()
    for part in re.split(f'({_BRACED.pattern})', pattern):
        zeros = _COUNTER.fullmatch(part)
        name, digits = ('n', rf'\d{{{len(zeros[1])},{DIGITS}}}') if zeros else _READ.get(part, ('', ''))
        said.append(re.escape(plain(part)) if not name else f'(?P={name})' if name in met else f'(?P<{name}>{digits})')
        met.add(name)
    return re.compile(''.join(said))
