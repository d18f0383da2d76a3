"""What derived fields share: they look like the type of their result, and people do not write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa

from schema.base.findings import Finding, finding
from schema.definitions import FieldDef
from schema.fieldtypes.base import FieldType, Reading

Find = Callable[[str], FieldType]

NUMBERS = ('integer', 'decimal', 'percent', 'money')
ORDERED = (*NUMBERS, 'date', 'datetime', 'duration', 'rating')
RESULTS = ('text', 'long_text', 'url', 'email', *NUMBERS, 'boolean', 'date', 'datetime', 'duration')
"""Types that a formula can give."""
RESULT_KEYWORDS = frozenset({'x-scale', 'x-currency'})


class DerivedType(FieldType):
    """Works as the type of its result. `find` gives that type by key."""

    computed = True
    operators = ()
    keywords = frozenset({'type', 'x-result', 'x-result-scale', *RESULT_KEYWORDS})

    def __init__(self, find: Find) -> None:
        self._find = find

    def result(self, field: FieldDef) -> FieldType:
        """The plain type of the result; decimal while it is not known."""
        key = field.document.get('x-result')
        return self._find(key if isinstance(key, str) and key in ORDERED + RESULTS else 'decimal')

    def face(self, field: FieldDef) -> FieldType:
        return computed_twin(self.result(field), stored=self.stored)

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return self.face(field).column_types(field)

    def to_columns(self, field: FieldDef, value: Any) -> dict[str, Any]:
        return self.face(field).to_columns(field, value)

    def from_row(self, field: FieldDef, row: Mapping[str, Any]) -> Any:
        return self.face(field).from_row(field, row)

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> Any:
        return self.result(field).normalise(field, wire, reading)

    def wire(self, field: FieldDef, value: Any) -> Any:
        return self.result(field).wire(field, value)

    def freeze(self, field: FieldDef, value: Any) -> Any:
        return self.result(field).freeze(field, value)

    def thaw(self, field: FieldDef, frozen: Any) -> Any:
        return self.result(field).thaw(field, frozen)

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        return self.result(field).text(field, value, reading)

    def cell(self, field: FieldDef, value: Any, reading: Reading) -> Any:
        return self.result(field).cell(field, value, reading)

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return self.result(field).json_schema(field)

    def comparable_column(self, field: FieldDef, columns: Mapping[str, sa.ColumnElement[Any]]) -> sa.ColumnElement[Any]:
        return self.result(field).comparable_column(field, columns)

    def comparable(self, field: FieldDef, value: Any) -> Any:
        return self.result(field).comparable(field, value)

    def check_definition(self, field: FieldDef) -> list[Finding]:
        """Keywords of the result; what the field is derived from is checked with all entities at hand."""
        key = field.document.get('x-result')
        if not isinstance(key, str) or key not in ORDERED + RESULTS:
            return []
        kind = self._find(key)
        wrong = [
            finding('SCH-E031', f'/{keyword}', keyword=keyword, type=key)
            for keyword in sorted(RESULT_KEYWORDS & field.document.keys())
            if keyword not in kind.keywords
        ]
        return wrong or kind.check_definition(field)


@cache
def computed_twin(kind: FieldType, *, stored: bool) -> FieldType:
    """The same type for a value that Trellis sets; when not `stored`, the record's own row holds nothing of it."""
    members: dict[str, Any] = {'computed': True, 'stored': stored}
    if not stored:
        members.update(column_types=_no_columns, to_columns=_nothing, from_row=_blank)
    base = type(kind)
    twin = type(f'Computed{base.__name__}', (base,), members)
    made: FieldType = object.__new__(twin)
    made.__dict__.update(kind.__dict__)
    return made


def _no_columns(_self: FieldType, _field: FieldDef) -> dict[str, Any]:
    return {}


def _nothing(_self: FieldType, _field: FieldDef, _value: Any) -> dict[str, Any]:
    return {}


def _blank(_self: FieldType, _field: FieldDef, _row: Mapping[str, Any]) -> None:
    """Whoever reads through the link fills it in."""
