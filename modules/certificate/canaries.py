"""Values that occur nowhere else: made for one field of one record, and found again in whatever leaves. Knows no table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz'
_FIRST_DAY = date(1931, 1, 1)  # nobody else's dates: birthdays of the very old apart, and those are planted by nobody
_GROUPED = re.compile(r'(?<=\d)[.,\s\u00a0\u202f](?=\d)')
_TOKEN = re.compile(r'zq([0-9a-z]{5})qz', re.IGNORECASE)
_NUMBER = re.compile(r'73105(\d{5})')
_PHONE = re.compile(r'97310(\d{4})')
_ISO_DAY = re.compile(r'(19[3-9]\d)-(\d\d)-(\d\d)')
_LOCAL_DAY = re.compile(r'(?<!\d)(\d{1,2})/(\d{1,2})/(19[3-9]\d)(?!\d)')


@dataclass(frozen=True)
class Mark:
    """Where a planted value stands: a field of one record. `former` ones stand in its history alone."""

    entity: str
    record: str
    field: str
    former: bool = False


class Canaries:
    """Mints values and knows whose they are. Texts, numbers, phones and days have rows of their own."""

    def __init__(self) -> None:
        self._marks: dict[tuple[str, int], Mark] = {}
        self._next = {'t': 0, 'n': 0, 'p': 0, 'd': 0}

    def word(self, mark: Mark) -> str:
        return f'zq{_base36(self._mint("t", mark))}qz'

    def number(self, mark: Mark) -> int:
        """Ten digits."""
        return 7_310_500_000 + self._mint('n', mark)

    def phone(self, mark: Mark) -> str:
        return f'+8497310{self._mint("p", mark):04d}'

    def day(self, mark: Mark) -> date:
        return _FIRST_DAY + timedelta(days=self._mint('d', mark))

    def found_in(self, text: str) -> set[Mark]:
        """Whose values a text holds, however numbers and days are written."""
        return {self._marks[key] for key in _keys(text) if key in self._marks}

    def _mint(self, kind: str, mark: Mark) -> int:
        number = self._next[kind] = self._next[kind] + 1
        self._marks[kind, number] = mark
        return number


def _keys(text: str) -> Iterator[tuple[str, int]]:
    yield from (('t', int(found, 36)) for found in _TOKEN.findall(text))
    joined = _GROUPED.sub('', text)
    yield from (('n', int(found)) for found in _NUMBER.findall(joined))
    yield from (('p', int(found)) for found in _PHONE.findall(joined))
    yield from _days(_ISO_DAY.findall(text))
    yield from _days((year, month, day) for day, month, year in _LOCAL_DAY.findall(text))


def _days(found: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, int]]:
    for year, month, day in found:
        try:
            yield 'd', (date(int(year), int(month), int(day)) - _FIRST_DAY).days
        except ValueError:
            continue


def _base36(number: int) -> str:
    digits = ''
    for _ in range(5):
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits
