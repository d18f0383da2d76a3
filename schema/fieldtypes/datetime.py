"""Instants, stored in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from schema.base.tables import UtcDateTime
from schema.definitions import FieldDef
from schema.fieldtypes.base import BLANK, EQUALITY, ORDER, FieldType, Reading, Refused
from schema.fieldtypes.days import moment_text, parse_moment


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
        return '' if value is None else moment_text(value.astimezone(reading.zone), reading.locale)

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        text = text.strip()
        return (parse_moment(text, reading.today) or text) if text else None

    def cell(self, field: FieldDef, value: Any, reading: Reading) -> Any:
        return None if value is None else value.astimezone(reading.zone)

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return {'type': 'string', 'format': 'date-time'}
