"""Money: an exact amount and its currency, in two columns."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from babel.numbers import format_currency

from schema.base.findings import Finding, finding
from schema.base.money import CURRENCIES, Money, minor_units
from schema.base.tables import ExactDecimal
from schema.definitions import FieldDef
from schema.fieldtypes.base import Reading, refuse_unless
from schema.fieldtypes.numeric import Number, to_decimal

CURRENCY = '__currency'
DIGITS, SCALE = 18, 4


class MoneyType(Number):
    """Wire `{"amount": "12.50", "currency": "VND"}`; a bare amount takes the field's currency."""

    key = 'money'
    widget = 'money'
    icon = 'cash'
    keywords = Number.keywords | {'x-currency'}

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: ExactDecimal(DIGITS, SCALE), field.column + CURRENCY: sa.String(3)}

    def to_columns(self, field: FieldDef, value: Any) -> dict[str, Any]:
        amount, currency = (value.amount, value.currency) if value is not None else (None, None)
        return {field.column: amount, field.column + CURRENCY: currency}

    def from_row(self, field: FieldDef, row: Mapping[str, Any]) -> Money | None:
        amount = row[field.column]
        return None if amount is None else Money(amount, row[field.column + CURRENCY] or self.currency(field)).rounded()

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> Money | None:
        currency: Any = self.currency(field)
        if isinstance(wire, Mapping):
            refuse_unless(set(wire) <= {'amount', 'currency'}, 'REC-E015')
            currency, wire = wire.get('currency') or currency, wire.get('amount')
        amount = to_decimal(wire)
        if amount is None:
            return None
        refuse_unless(currency in CURRENCIES, 'REC-E023', value=str(currency)[:20], choices=', '.join(CURRENCIES[:8]))
        refuse_unless(abs(amount) < Decimal(10) ** (DIGITS - SCALE), 'REC-E006', value=str(wire), low='-10^14', high='10^14')
        money = Money(amount, currency).rounded()
        self.check_bounds(field, money.amount)
        return money

    def wire(self, field: FieldDef, value: Any) -> Any:
        return None if value is None else {'amount': f'{value.amount:f}', 'currency': value.currency}

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        return '' if value is None else format_currency(value.amount, value.currency, locale=reading.locale)

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        bare = text.strip()
        for code in CURRENCIES:  # as exports spell amounts in another currency than the field's
            if bare.endswith(f' {code}'):
                return {'amount': super().parse(field, bare.removesuffix(code), reading), 'currency': code}
        for mark in ('₫', 'đ', '$', '€', '£', '¥', self.currency(field)):
            bare = bare.removesuffix(mark).removeprefix(mark).strip()
        return super().parse(field, bare, reading)

    def cell(self, field: FieldDef, value: Any, reading: Reading) -> Any:
        return None if value is None else value.amount

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return {
            'type': 'object',
            'properties': {
                'amount': {'type': 'string', 'pattern': f'^-?\\d{{1,{DIGITS - SCALE}}}(\\.\\d{{1,{SCALE}}})?$'},
                'currency': {'type': 'string', 'pattern': '^[A-Z]{3}$'},
            },
            'required': ['amount', 'currency'],
            'additionalProperties': False,
        }

    def comparable(self, field: FieldDef, value: Any) -> Any:
        return None if value is None else value.amount

    def check_definition(self, field: FieldDef) -> list[Finding]:
        findings = super().check_definition(field)
        if self.currency(field) not in CURRENCIES:
            findings.append(
                finding('SCH-E045', '/x-currency', value=field.document.get('x-currency'), choices=', '.join(CURRENCIES))
            )
        return findings

    def currency(self, field: FieldDef) -> str:
        return str(field.document.get('x-currency', 'VND'))

    def places(self, field: FieldDef) -> int:
        return minor_units(self.currency(field))
