"""Money: an exact amount with its ISO 4217 currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

# Minor units per ISO 4217; currencies not named here have two.
MINOR_UNITS = {'VND': 0, 'JPY': 0, 'KRW': 0, 'CLP': 0, 'ISK': 0, 'UGX': 0, 'BHD': 3, 'KWD': 3, 'OMR': 3, 'TND': 3, 'JOD': 3}
CURRENCIES = ('VND', 'USD', 'EUR', 'JPY', 'GBP', 'SGD', 'KRW', 'CNY', 'THB', 'AUD', 'CAD', 'CHF', 'HKD', 'TWD', 'MYR', 'IDR',
              'PHP', 'INR', 'LAK', 'KHR', 'KWD', 'BHD')  # fmt: skip


def minor_units(currency: str) -> int:
    return MINOR_UNITS.get(currency, 2)


def round_half_up(amount: Decimal, places: int) -> Decimal:
    """Commercial rounding, as people do by hand."""
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


@dataclass(frozen=True, order=True)
class Money:
    amount: Decimal
    currency: str

    def rounded(self) -> Money:
        return Money(round_half_up(self.amount, minor_units(self.currency)), self.currency)
