"""Calendar days, and instants stored in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa
from babel.dates import format_date, format_datetime

from schema.base.tables import UtcDateTime
from schema.definitions import FieldDef
from schema.fieldtypes.base import BLANK, EQUALITY, ORDER, FieldType, Reading, Refused

DAY_PATTERNS = {'vi': 'dd/MM/yyyy', 'en': 'd MMM yyyy'}
SPELLINGS = ('%Y-%m-%d', '%d/%m/%Y', '%d-%m-%Y', '%d.%m.%Y', '%Y/%m/%d', '%d/%m/%y', '%d %b %Y', '%d %B %Y', '%b %d, %Y')
FIRST, LAST = date(1, 1, 1), date(9999, 12, 31)


YEARLY = '__yearly'


def yearly(day: date) -> int:
    """Month and day as one number, 229 for 29 February, so that birthdays are found through an index."""
    return day.month * 100 + day.day


class Date(FieldType):
    """A calendar day, with its month and day in a second column for yearly dates."""

    key = 'date'
    widget = 'date'
    icon = 'calendar'
    operators = EQUALITY + ORDER + BLANK
    keywords = frozenset({'type', 'format'})

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: sa.Date(), field.column + YEARLY: sa.SmallInteger()}

    def to_columns(self, field: FieldDef, value: Any) -> dict[str, Any]:
        return {field.column: value, field.column + YEARLY: None if value is None else yearly(value)}

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> date | None:
        if wire is None or wire == '':
            return None
        try:
            return date.fromisoformat(wire)
        except (TypeError, ValueError):
            raise Refused('REC-E010', value=str(wire)[:60]) from None

    def wire(self, field: FieldDef, value: Any) -> Any:
        return None if value is None else value.isoformat()

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        return '' if value is None else format_date(value, DAY_PATTERNS.get(reading.locale, 'medium'), locale=reading.locale)

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        text = text.strip()
        return (parse_day(text) or text) if text else None

    def cell(self, field: FieldDef, value: Any, reading: Reading) -> Any:
        return value

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return {'type': 'string', 'format': 'date'}


class DateTime(FieldType):
    """An instant. Wire RFC 3339; without an offset it is read in the person's zone. Microseconds are dropped."""

    key = 'datetime'
    widget = 'datetime'
    icon = 'clock'
    operators = EQUALITY + ORDER + BLANK
    keywords = frozenset({'type', 'format'})

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: UtcDateTime()}

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> datetime | None:
        if wire is None or wire == '':
            return None
        try:
            instant = datetime.fromisoformat(wire)
            if instant.tzinfo is None:
                instant = instant.replace(tzinfo=reading.zone)
            return instant.astimezone(UTC).replace(microsecond=0)
        except (TypeError, ValueError, OverflowError):
            raise Refused('REC-E012', value=str(wire)[:60]) from None

    def wire(self, field: FieldDef, value: Any) -> Any:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None).isoformat() + 'Z'

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        if value is None:
            return ''
        pattern = f'{DAY_PATTERNS.get(reading.locale, "dd/MM/yyyy")} HH:mm'
        return format_datetime(value.astimezone(reading.zone), pattern, locale=reading.locale)

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        text = text.strip()
        if not text:
            return None
        day, _, hour = text.replace('T', ' ').partition(' ')
        if (iso := parse_day(day)) and (clock := _parse_clock(hour.strip())):
            return f'{iso}T{clock}'
        return text

    def cell(self, field: FieldDef, value: Any, reading: Reading) -> Any:
        return None if value is None else value.astimezone(reading.zone)

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return {'type': 'string', 'format': 'date-time'}


def parse_day(text: str) -> str | None:
    """A day in one of the spellings people use (day before month) to ISO; None when it is none."""
    for spelling in SPELLINGS:
        try:
            return datetime.strptime(text, spelling).date().isoformat()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError:
            continue
    return None


def _parse_clock(text: str) -> str | None:
    try:
        return (time.fromisoformat(text) if text else time()).isoformat()
    except ValueError:
        return None
