"""Lengths of time, in whole seconds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from schema.base.text import fold
from schema.definitions import FieldDef
from schema.fieldtypes.base import BLANK, EQUALITY, ORDER, FieldType, Reading, Refused, refuse_unless

PATTERN = '^P([0-9]{1,5}W)?([0-9]{1,6}D)?(T([0-9]{1,8}H)?([0-9]{1,9}M)?([0-9]{1,10}S)?)?$'
LONGEST = 100 * 366 * 86_400
_ISO = re.compile(r'P(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,8})H)?(?:(\d{1,9})M)?(?:(\d{1,10})S)?)?', re.ASCII)
_SIZES = (7 * 86_400, 86_400, 3600, 60, 1)
_CLOCK = re.compile(r'(\d{1,8}):(\d{2})(?::(\d{2}))?', re.ASCII)
_WORDS = {
    'w': 0, 'week': 0, 'weeks': 0, 'tuan': 0, 'd': 1, 'day': 1, 'days': 1, 'ngay': 1, 'h': 2, 'hr': 2, 'hrs': 2, 'hour': 2,
    'hours': 2, 'g': 2, 'gio': 2, 'tieng': 2, 'm': 3, 'min': 3, 'mins': 3, 'minute': 3, 'minutes': 3, 'p': 3, 'ph': 3,
    'phut': 3, 's': 4, 'sec': 4, 'secs': 4, 'second': 4, 'seconds': 4, 'giay': 4,
}  # fmt: skip
_PART = re.compile(r'(\d{1,10}(?:[.,]\d{1,4})?)\s*([a-z]*)\s*', re.ASCII)
_UNITS = {'vi': (' giờ', ' phút', ' giây'), 'en': (' h', ' min', ' s')}


class Duration(FieldType):
    """How long something takes. Wire ISO 8601 (`PT1H30M`; a day has 24 hours), value and column whole seconds."""

    key = 'duration'
    widget = 'duration'
    icon = 'hourglass'
    operators = EQUALITY + ORDER + BLANK
    keywords = frozenset({'type'})

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: sa.BigInteger()}

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> int | None:
        if wire is None or wire == '':
            return None
        found = _ISO.fullmatch(wire) if isinstance(wire, str) else None
        if found is None or not any(found.groups()):
            raise Refused('REC-E057', value=str(wire)[:60])
        seconds = sum(int(number or 0) * size for number, size in zip(found.groups(), _SIZES, strict=True))
        refuse_unless(seconds <= LONGEST, 'REC-E057', value=wire)
        return seconds

    def wire(self, field: FieldDef, value: Any) -> Any:
        return None if value is None else as_iso(value)

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        if value is None:
            return ''
        units = _UNITS.get(reading.locale, _UNITS['en'])
        numbers = (value // 3600, value // 60 % 60, value % 60)
        said = [f'{number}{unit}' for number, unit in zip(numbers, units, strict=True) if number]
        return ' '.join(said) or f'0{units[1]}'

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        text = text.strip()
        seconds = parse_duration(text)
        return as_iso(seconds) if seconds is not None else (text or None)

    def cell(self, field: FieldDef, value: Any, reading: Reading) -> Any:
        """Hours and minutes, as people put them into spreadsheets."""
        return None if value is None else as_clock(value)

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return {'type': 'string', 'pattern': PATTERN}


def as_iso(seconds: int) -> str:
    """The one spelling of the wire: hours, minutes, seconds, without those that are none."""
    parts = ((seconds // 3600, 'H'), (seconds // 60 % 60, 'M'), (seconds % 60, 'S'))
    return 'PT' + (''.join(f'{number}{letter}' for number, letter in parts if number) or '0M')


def as_clock(seconds: int) -> str:
    """`1:30`, or `1:30:05`."""
    tail = f':{seconds % 60:02}' if seconds % 60 else ''
    return f'{seconds // 3600}:{seconds // 60 % 60:02}{tail}'


def parse_duration(text: str) -> int | None:
    """Seconds of `1:30`, `1h30`, `90 phút`, `1,5 giờ`, `2 ngày`; a bare number is minutes. None when it is no duration."""
    if clock := _CLOCK.fullmatch(text):
        return int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3] or 0)
    rest, total, last = fold(text), Decimal(0), 2
    while rest:
        part = _PART.match(rest)
        if part is None:
            return None
        number, word = Decimal(part[1].replace(',', '.')), part[2]
        unit = _WORDS.get(word, -1) if word else last + 1  # `1h30` is half past; a number alone counts minutes
        if not 0 <= unit < len(_SIZES):
            return None
        total, last, rest = total + number * _SIZES[unit], unit, rest[part.end() :]
    return int(total) if text else None
