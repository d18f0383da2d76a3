"""Calendar days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from schema.definitions import FieldDef
from schema.fieldtypes.base import BLANK, EQUALITY, ORDER, FieldType, Reading, Refused
from schema.fieldtypes.days import day_text, parse_day

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
        return '' if value is None else day_text(value, reading.locale)

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        text = text.strip()
        return (parse_day(text, reading.today) or text) if text else None

    def cell(self, field: FieldDef, value: Any, reading: Reading) -> Any:
        return value

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return {'type': 'string', 'format': 'date'}
