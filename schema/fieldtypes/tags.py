"""Tags: free words, found again whatever their accents and capitals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from schema.base.text import fold, tidy
from schema.definitions import FieldDef
from schema.fieldtypes.base import BLANK, FOLD, FieldType, Reading, Refused, refuse_unless
from schema.fieldtypes.options import MARK

LONGEST, MOST = 60, 50
_BREAKS = str.maketrans({';': ',', '\n': ','})
_APART = MARK + ',;\n'


class Tags(FieldType):
    """Words in the order in which they were given; two that fold alike are one. Stored as `|word|word|`, and folded beside."""

    key = 'tags'
    widget = 'tags'
    icon = 'tags'
    operators = ('has_any', 'has_all', 'has_none', *BLANK)
    sortable = False
    keywords = frozenset({'type'})

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: sa.Text(), field.column + FOLD: sa.Text()}

    def to_columns(self, field: FieldDef, value: Any) -> dict[str, Any]:
        if not value:
            return {field.column: None, field.column + FOLD: None}
        return {field.column: _marked(value), field.column + FOLD: _marked(map(fold, value))}

    def from_row(self, field: FieldDef, row: Mapping[str, Any]) -> tuple[str, ...] | None:
        return split_marked(row[field.column])

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> tuple[str, ...] | None:
        if wire is None or wire in ('', []):
            return None
        if not isinstance(wire, list):
            raise Refused('REC-E058', value=str(wire)[:60])
        chosen: dict[str, str] = {}
        for word in wire:
            tag = read_tag(word)
            chosen.setdefault(fold(tag), tag)
        refuse_unless(len(chosen) <= MOST, 'REC-E059', limit=MOST, length=len(chosen))
        return tuple(chosen.values())

    def wire(self, field: FieldDef, value: Any) -> Any:
        return None if value is None else list(value)

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        return ', '.join(value or ())

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        return [word.strip() for word in text.translate(_BREAKS).split(',') if word.strip()] or None

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return {'type': 'array', 'items': {'type': 'string', 'maxLength': LONGEST}, 'maxItems': MOST}

    def comparable_column(self, field: FieldDef, columns: Mapping[str, sa.ColumnElement[Any]]) -> sa.ColumnElement[Any]:
        return columns[field.column + FOLD]

    def comparable(self, field: FieldDef, value: Any) -> Any:
        return None if value is None else tuple(map(fold, value))


def read_tag(word: Any) -> str:
    """One word as it is kept. Raises: Refused REC-E058, REC-E003."""
    refuse_unless(isinstance(word, str), 'REC-E058', value=str(word)[:60])
    tag = ' '.join(tidy(word).split())
    refuse_unless(bool(fold(tag)) and not any(letter in _APART for letter in tag), 'REC-E058', value=word[:60])
    refuse_unless(len(tag) <= LONGEST, 'REC-E003', limit=LONGEST, length=len(tag))
    return tag


def split_marked(stored: str | None) -> tuple[str, ...] | None:
    return tuple(stored.strip(MARK).split(MARK)) if stored else None


def _marked(words: Iterable[str]) -> str:
    return MARK + MARK.join(words) + MARK
