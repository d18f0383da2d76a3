"""What the types of numbers share: bounds, and how numbers are written."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import NumberFormatError, parse_decimal

from schema.base.findings import Finding, finding
from schema.definitions import FieldDef
from schema.fieldtypes.base import BLANK, EQUALITY, ORDER, FieldType, Reading, Refused, refuse_unless

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
    if bare.isascii() and bare.isdecimal():  # the same in every locale, and most of what a file or a column holds
        return format(Decimal(bare), 'f')
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
