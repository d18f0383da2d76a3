"""Several lines of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from schema.base.text import tidy
from schema.definitions import FieldDef
from schema.fieldtypes.base import BLANK, WORDS
from schema.fieldtypes.text import Text


class LongText(Text):
    """Several lines; not sorted, searched only by words."""

    key = 'long_text'
    widget = 'long_text'
    icon = 'align-left'
    operators = BLANK + WORDS
    sortable = False
    longest = 20_000

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: sa.Text()}

    def to_columns(self, field: FieldDef, value: Any) -> dict[str, Any]:
        return {field.column: value}

    def comparable_column(self, field: FieldDef, columns: Mapping[str, sa.ColumnElement[Any]]) -> sa.ColumnElement[Any]:
        return columns[field.column]

    def comparable(self, field: FieldDef, value: Any) -> Any:
        return value

    def _clean(self, text: str) -> str:
        return tidy(text)
