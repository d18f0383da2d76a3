"""Whole numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from babel.numbers import format_decimal

from schema.definitions import FieldDef
from schema.fieldtypes.base import Reading, refuse_unless
from schema.fieldtypes.numeric import Number, to_decimal

LARGEST_INTEGER = 2**63 - 1


class Integer(Number):
    key = 'integer'
    widget = 'integer'
    icon = 'number'

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: sa.BigInteger()}

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> int | None:
        number = to_decimal(wire)
        if number is None:
            return None
        refuse_unless(number == number.to_integral_value(), 'REC-E011', value=str(wire))
        refuse_unless(abs(number) <= LARGEST_INTEGER, 'REC-E006', value=str(wire), low=-LARGEST_INTEGER, high=LARGEST_INTEGER)
        self.check_bounds(field, number)
        return int(number)

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        return '' if value is None else format_decimal(value, locale=reading.locale)

    def cell(self, field: FieldDef, value: Any, reading: Reading) -> Any:
        return value

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return {'type': 'integer', **self.bounds_schema(field)}
