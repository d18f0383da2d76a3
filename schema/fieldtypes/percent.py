"""Percentages."""

from __future__ import annotations

from typing import Any

from babel.numbers import format_decimal

from schema.definitions import FieldDef
from schema.fieldtypes.base import Reading
from schema.fieldtypes.decimal import DecimalNumber


class Percent(DecimalNumber):
    """A percentage: 12.5 means 12.5 %."""

    key = 'percent'
    widget = 'percent'
    icon = 'percentage'

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        return '' if value is None else f'{format_decimal(value, locale=reading.locale)}%'

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        return super().parse(field, text.strip().rstrip('%'), reading)
