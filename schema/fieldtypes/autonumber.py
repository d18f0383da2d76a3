"""Numbers that Trellis gives out, such as KH-2026-00042. What the next one is stands in the database."""

from __future__ import annotations

import re
from datetime import datetime

from schema.base.findings import Finding, finding
from schema.definitions import FieldDef
from schema.fieldtypes.text import Text

LONGEST = 60
MARKS = {'{YYYY}': '%Y', '{YY}': '%y', '{MM}': '%m', '{DD}': '%d'}
_COUNTER = re.compile(r'\{(0+)\}')
_BRACED = re.compile(r'\{[^{}]*\}')
_PERIODS = (('{DD}', '%Y-%m-%d'), ('{MM}', '%Y-%m'), ('{YYYY}', '%Y'), ('{YY}', '%Y'))
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
        return [finding(problem, '/x-pattern', value=pattern[:60], limit=LONGEST - 15)] if problem else []

    def pattern(self, field: FieldDef) -> str:
        return str(field.document['x-pattern'])


def _problem(pattern: str) -> str | None:
    """The code of what is wrong with a pattern."""
    if len(_COUNTER.findall(pattern)) != 1 or len(pattern) > LONGEST - 15 or pattern != ' '.join(pattern.split()):
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
