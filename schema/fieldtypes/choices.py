"""Picklists, multi-picklists and stages: options chosen from a list. Rows hold option refs, the wire holds keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from schema.base.tables import UtcDateTime
from schema.base.text import fold
from schema.definitions import FieldDef, OptionDef, StageDef, in_locale
from schema.fieldtypes.base import BLANK, EQUALITY, FieldType, Reading, Refused

Option = OptionDef | StageDef
MARK = '|'


def option_by_ref(field: FieldDef, ref: str) -> Option | None:
    return next((option for option in field.options if option.ref == ref), None)


def option_by_key(field: FieldDef, key: Any) -> Option | None:
    return next((option for option in field.options if option.key == key), None)


def find_option(field: FieldDef, text: str) -> Option | None:
    """By key, or by label in any locale, blind to case and accents."""
    wanted = fold(text)
    for option in field.options:
        if option.key == text or wanted in {fold(label) for label in option.label.values()}:
            return option
    return None


class Picklist(FieldType):
    key = 'picklist'
    widget = 'picklist'
    icon = 'list'
    operators = EQUALITY + BLANK
    keywords = frozenset({'type', 'x-options'})

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: sa.String(80)}

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> str | None:
        return None if wire is None or wire == '' else _ref(field, wire)

    def wire(self, field: FieldDef, value: Any) -> Any:
        if value is None:
            return None
        option = option_by_ref(field, value)
        return option.key if option else value

    def freeze(self, field: FieldDef, value: Any) -> Any:
        return value

    def thaw(self, field: FieldDef, frozen: Any) -> Any:
        return _known_ref(field, frozen)

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        if value is None:
            return ''
        option = option_by_ref(field, value)
        return in_locale(option.label, reading.locale) or option.key if option else value

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        text = text.strip()
        option = find_option(field, text) if text else None
        return option.key if option else (text or None)

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return {'type': 'string', 'enum': [option.key for option in field.options]}


SINCE = '__since'


class Stage(Picklist):
    """Where a record stands in one of its entity's pipelines; the stage names the pipeline.

    A second column holds the instant it was entered; the store writes it, `to_columns` does not.
    """

    key = 'stage'
    widget = 'stage'
    icon = 'timeline'
    keywords = frozenset({'type'})

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: sa.String(80), field.column + SINCE: UtcDateTime()}


class MultiPicklist(FieldType):
    """Several options; stored as `|ref|ref|` in the definition's order."""

    key = 'multi_picklist'
    widget = 'multi_picklist'
    icon = 'list-check'
    operators = ('has_any', 'has_all', 'has_none', *BLANK)
    sortable = False
    keywords = frozenset({'type', 'x-options'})

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: sa.Text()}

    def to_columns(self, field: FieldDef, value: Any) -> dict[str, Any]:
        return {field.column: MARK + MARK.join(value) + MARK if value else None}

    def from_row(self, field: FieldDef, row: Mapping[str, Any]) -> tuple[str, ...] | None:
        stored = row[field.column]
        return tuple(stored.strip(MARK).split(MARK)) if stored else None

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> tuple[str, ...] | None:
        if wire is None or wire in ('', []):
            return None
        if not isinstance(wire, list):
            raise Refused('REC-E024', value=str(wire)[:60])
        chosen = {_ref(field, key) for key in wire}
        return tuple(option.ref for option in field.options if option.ref in chosen)

    def wire(self, field: FieldDef, value: Any) -> Any:
        if value is None:
            return None
        return [option.key if (option := option_by_ref(field, ref)) else ref for ref in value]

    def freeze(self, field: FieldDef, value: Any) -> Any:
        return None if value is None else list(value)

    def thaw(self, field: FieldDef, frozen: Any) -> Any:
        return None if frozen is None else tuple(_known_ref(field, ref) for ref in frozen)

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        labels = []
        for ref in value or ():
            option = option_by_ref(field, ref)
            labels.append(in_locale(option.label, reading.locale) or option.key if option else ref)
        return ', '.join(labels)

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        words = [word.strip() for word in text.replace(';', ',').split(',') if word.strip()]
        return [option.key if (option := find_option(field, word)) else word for word in words] or None

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        keys = [option.key for option in field.options]
        return {'type': 'array', 'items': {'type': 'string', 'enum': keys}, 'uniqueItems': True}


def _known_ref(field: FieldDef, ref: Any) -> Any:
    if ref is not None and option_by_ref(field, ref) is None:
        raise Refused('REC-E014', value=str(ref)[:60], choices='')
    return ref


def _ref(field: FieldDef, key: Any) -> str:
    option = option_by_key(field, key)
    if option is None:
        labels = [option.key for option in field.options if not option.retired]
        raise Refused('REC-E014', value=str(key)[:60], choices=', '.join(labels) if len(labels) <= 8 else f'{len(labels)}')
    return option.ref
