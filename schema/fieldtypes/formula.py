"""A formula: computed from fields of the record and of records it links to, stored, never written by people."""

from __future__ import annotations

from schema.fieldtypes.derived import DerivedType


class FormulaType(DerivedType):
    """`x-formula` says how, `x-result` what it gives."""

    key = 'formula'
    widget = 'formula'
    icon = 'math-function'
    keywords = DerivedType.keywords | {'x-formula'}
