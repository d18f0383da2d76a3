"""Exact decimals."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal

from schema.base.findings import Finding, finding
from schema.base.money import round_half_up
from schema.base.tables import ExactDecimal
from schema.definitions import FieldDef
from schema.fieldtypes.base import Reading, refuse_unless
from schema.fieldtypes.numeric import Number, to_decimal

DIGITS = 18


class DecimalNumber(Number):
    """An exact decimal with `x-scale` places (default 2), half up."""

    key = 'decimal'
    widget = 'decimal'
    icon = 'decimal'
    keywords = Number.keywords | {'x-scale'}
    default_scale = 2

    def scale(self, field: FieldDef) -> int:
        return int(field.document.get('x-scale', self.default_scale))

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: ExactDecimal(DIGITS, self.scale(field))}

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> Decimal | None:
        number = to_decimal(wire)
        if number is None:
            return None
        whole = DIGITS - self.scale(field)
        refuse_unless(abs(number) < Decimal(10) ** whole, 'REC-E006', value=str(wire), low=f'-10^{whole}', high=f'10^{whole}')
        number = round_half_up(number, self.scale(field))
        self.check_bounds(field, number)
        return number

    def wire(self, field: FieldDef, value: Any) -> Any:
        return None if value is None else str(value)

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        return '' if value is None else format_decimal(value, locale=reading.locale)

    def cell(self, field: FieldDef, value: Any, reading: Reading) -> Any:
        return value

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return {'type': 'string', 'pattern': f'^-?\\d{{1,{DIGITS}}}(\\.\\d{{1,{max(self.scale(field), 1)}}})?$'}

    def check_definition(self, field: FieldDef) -> list[Finding]:
        findings = super().check_definition(field)
        scale = field.document.get('x-scale', self.default_scale)
        if isinstance(scale, bool) or not isinstance(scale, int) or not 0 <= scale <= 8:
            findings.append(finding('SCH-E044', '/x-scale', value=scale))
        return findings
