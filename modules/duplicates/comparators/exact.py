"""Equal as stored: texts blind to case and accents like everywhere else, links by the record they point to."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from modules.duplicates.comparators.base import Comparator
from schema.base.money import Money
from schema.catalog import Field


class Exact(Comparator):
    key = 'exact'

    def key_of(self, field: Field, value: Any) -> Hashable | None:
        """Money also needs the same currency, which its comparable column does not hold."""
        if isinstance(value, Money):
            return (value.amount, value.currency)
        return super().key_of(field, value)
