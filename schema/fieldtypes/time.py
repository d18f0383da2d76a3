"""Times of day, without a day and without a zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Any

import sqlalchemy as sa

from schema.definitions import FieldDef
from schema.fieldtypes.base import BLANK, EQUALITY, ORDER, FieldType, Reading, Refused
from schema.fieldtypes.days import parse_time, show_time

PATTERN = '^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$'


class Time(FieldType):
    """A wall time. Wire `HH:MM`, with seconds only where there are some."""

    key = 'time'
    widget = 'time'
    icon = 'clock-hour-4'
    operators = EQUALITY + ORDER + BLANK
    keywords = frozenset({'type'})

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: sa.Time()}

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> time | None:
        if wire is None or wire == '':
            return None
        if not isinstance(wire, str) or not re.fullmatch(PATTERN, wire, re.ASCII):
            raise Refused('REC-E056', value=str(wire)[:60])
        return time.fromisoformat(wire)

    def wire(self, field: FieldDef, value: Any) -> Any:
        return None if value is None else show_time(value)

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        return '' if value is None else show_time(value)

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        text = text.strip()
        return (parse_time(text) or text) if text else None

    def cell(self, field: FieldDef, value: Any, reading: Reading) -> Any:
        return value

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return {'type': 'string', 'pattern': PATTERN}
