"""Ratings: how many stars of how many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from schema.base.findings import Finding, finding
from schema.definitions import FieldDef
from schema.fieldtypes.base import Reading, refuse_unless
from schema.fieldtypes.numeric import Number, to_decimal

USUAL, MOST = 5, 10
STARS = ('★', '☆')


class Rating(Number):
    """1 to `x-max` stars (5 unless said otherwise); no star at all is blank."""

    key = 'rating'
    widget = 'rating'
    icon = 'star'
    keywords = frozenset({'type', 'x-max'})

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: sa.SmallInteger()}

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> int | None:
        number = to_decimal(wire)
        if number is None:
            return None
        fits = number == number.to_integral_value() and 1 <= number <= self.most(field)
        refuse_unless(fits, 'REC-E006', value=str(wire), low=1, high=self.most(field))
        return int(number)

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        return '' if value is None else f'{value}/{self.most(field)}'

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        text = text.strip()
        if text and not text.strip(''.join(STARS)):
            return text.count(STARS[0]) or None
        return super().parse(field, text.removesuffix(f'/{self.most(field)}'), reading)

    def cell(self, field: FieldDef, value: Any, reading: Reading) -> Any:
        return value

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return {'type': 'integer', 'minimum': 1, 'maximum': self.most(field)}

    def check_definition(self, field: FieldDef) -> list[Finding]:
        most = field.document.get('x-max', USUAL)
        if isinstance(most, bool) or not isinstance(most, int) or not 2 <= most <= MOST:
            return [finding('SCH-E150', '/x-max', value=most, limit=MOST)]
        return []

    def most(self, field: FieldDef) -> int:
        return int(field.document.get('x-max', USUAL))
