"""Yes or no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from schema.definitions import FieldDef
from schema.fieldtypes.base import BLANK, FieldType, Reading, Refused

YES = {'true', 'yes', '1', 'on', 'y', 'x', 'có', 'đúng', 'co'}
NO = {'false', 'no', '0', 'off', 'n', 'không', 'sai', 'khong'}
WORDS = {'vi': ('Không', 'Có'), 'en': ('No', 'Yes')}


class Boolean(FieldType):
    key = 'boolean'
    widget = 'boolean'
    icon = 'toggle-left'
    operators = ('eq', 'ne', *BLANK)
    keywords = frozenset({'type'})

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: sa.Boolean()}

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> bool | None:
        if wire is None or wire == '':
            return None
        if isinstance(wire, bool):
            return wire
        raise Refused('REC-E013', value=str(wire)[:60])

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        return '' if value is None else WORDS.get(reading.locale, WORDS['en'])[value]

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        word = text.strip().casefold()
        if word in YES:
            return True
        return False if word in NO else (text.strip() or None)

    def cell(self, field: FieldDef, value: Any, reading: Reading) -> Any:
        return value

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return {'type': 'boolean'}
