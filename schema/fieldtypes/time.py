"""Times of day, without a day and without a zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Any

import sqlalchemy as sa

from schema.base.text import fold
from schema.definitions import FieldDef
from schema.fieldtypes.base import BLANK, EQUALITY, ORDER, FieldType, Reading, Refused

PATTERN = '^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$'
_SPOKEN = re.compile(
    r'^(\d{1,2})(?:\s*(?:[:.h]|gio)\s*(\d{1,2})?)?(?:[:.](\d{2}))?\s*(?:phut)?\s*(am|pm|sa|ch|sang|chieu|toi)?$', re.ASCII
)
_AFTERNOON = {'pm', 'ch', 'chieu', 'toi'}


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


def show_time(value: time) -> str:
    """`14:05`, or `14:05:30` where the seconds say something."""
    return value.isoformat('seconds' if value.second else 'minutes')


def parse_time(text: str) -> str | None:
    """A time as people write it (`9h30`, `2:30 chiều`, `14 giờ`) to `HH:MM` or `HH:MM:SS`; None when it is none."""
    spoken = _SPOKEN.match(fold(text))
    if spoken is None or (spoken[2] is None and spoken[4] is None and text.isdigit()):
        return None
    hour, minute, second = int(spoken[1]), int(spoken[2] or 0), int(spoken[3] or 0)
    if spoken[4] and not 1 <= hour <= 12:
        return None
    if spoken[4]:
        hour = hour % 12 + (12 if spoken[4] in _AFTERNOON else 0)
    try:
        return show_time(time(hour, minute, second))
    except ValueError:
        return None
