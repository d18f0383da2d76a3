"""A rollup: how many related records or lines there are, or the sum, average, smallest or largest of a field of theirs."""

from __future__ import annotations

from schema.fieldtypes.derived import DerivedType


class RollupType(DerivedType):
    """`x-rollup` says over what; the type of the result follows from it."""

    key = 'rollup'
    widget = 'rollup'
    icon = 'sum'
    keywords = DerivedType.keywords | {'x-rollup'}
