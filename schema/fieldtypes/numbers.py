"""Whole numbers, decimals and percentages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa
from babel.numbers import NumberFormatError, format_decimal, parse_decimal

from schema.base.findings import Finding, finding
from schema.base.money import round_half_up
from schema.base.tables import ExactDecimal
from schema.definitions import FieldDef
from schema.fieldtypes.base import BLANK, EQUALITY, ORDER, FieldType, Reading, Refused, refuse_unless

DIGITS = 18
LARGEST_INTEGER = 2**63 - 1
PLAIN = re.compile(r'^[+-]?\d+\.\d+$')
BOUNDS = ('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum')


class Number(FieldType):
    """What the numeric types share: bounds, locale spelling."""

    operators = EQUALITY + ORDER + BLANK
    numeric = True
    keywords = frozenset({'type', *BOUNDS})

    def check_bounds(self, field: FieldDef, number: Decimal | int) -> None:
        rules = field.document
        low, high = rules.get('minimum'), rules.get('maximum')
        above, below = rules.get('exclusiveMinimum'), rules.get('exclusiveMaximum')
        fits = (
            (low is None or number >= Decimal(str(low)))
            and (high is None or number <= Decimal(str(high)))
            and (above is None or number > Decimal(str(above)))
            and (below is None or number < Decimal(str(below)))
        )
        refuse_unless(fits, 'REC-E006', value=str(number), low=_shown(low, above), high=_shown(high, below))

    def bounds_schema(self, field: FieldDef) -> dict[str, Any]:
        return {keyword: field.document[keyword] for keyword in BOUNDS if keyword in field.document}

    def check_definition(self, field: FieldDef) -> list[Finding]:
        return [
            finding('SCH-E043', f'/{keyword}', keyword=keyword, value=field.document[keyword])
            for keyword in BOUNDS
            if keyword in field.document
            and (isinstance(field.document[keyword], bool) or not isinstance(field.document[keyword], (int, float)))
        ]

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        text = text.strip()
        return parse_number(text, reading.locale) if text else None


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


class Percent(DecimalNumber):
    """A percentage: 12.5 means 12.5 %."""

    key = 'percent'
    widget = 'percent'
    icon = 'percentage'

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        return '' if value is None else f'{format_decimal(value, locale=reading.locale)}%'

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        return super().parse(field, text.strip().rstrip('%'), reading)


def to_decimal(wire: Any) -> Decimal | None:
    """A JSON number or decimal string to Decimal; blank to None. Raises: Refused REC-E005."""
    if wire is None or (isinstance(wire, str) and not wire.strip()):
        return None
    if isinstance(wire, bool) or not isinstance(wire, (int, float, str, Decimal)):
        raise Refused('REC-E005', value=str(wire)[:60])
    if len(str(wire)) > 60:
        raise Refused('REC-E005', value=f'{str(wire)[:57]}…')
    try:
        number = Decimal(str(wire).strip())
    except InvalidOperation:
        raise Refused('REC-E005', value=str(wire)) from None
    if not number.is_finite() or number.adjusted() > 40:
        raise Refused('REC-E005', value=str(wire))
    return number


def parse_number(text: str, locale: str) -> str:
    """What a person typed to a decimal string: '1.250.000' in Vietnamese, '1,250,000.5' in English; else unchanged.

    A number whose groups do not fit the locale but that reads as a plain decimal ('1250.5' in Vietnamese) is taken as that.
    """
    bare = text.replace('\u00a0', '').replace('\u202f', '').replace(' ', '')
    try:
        return format(parse_decimal(bare, locale=locale, strict=True), 'f')
    except NumberFormatError:
        pass
    if PLAIN.match(bare):
        return bare
    try:
        return format(parse_decimal(bare, locale=locale), 'f')
    except NumberFormatError:
        return text


def _shown(inclusive: Any, exclusive: Any) -> str:
    if inclusive is not None:
        return str(inclusive)
    return f'… {exclusive}' if exclusive is not None else '∞'
