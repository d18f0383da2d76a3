"""Several options chosen from a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from schema.definitions import FieldDef, in_locale
from schema.fieldtypes.base import BLANK, FieldType, Reading, Refused
from schema.fieldtypes.options import MARK, alike, find_option, known_ref, option_by_ref, ref_of, spellings


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
        chosen = {ref_of(field, key) for key in wire}
        return tuple(option.ref for option in field.options if option.ref in chosen)

    def wire(self, field: FieldDef, value: Any) -> Any:
        if value is None:
            return None
        return [option.key if (option := option_by_ref(field, ref)) else ref for ref in value]

    def freeze(self, field: FieldDef, value: Any) -> Any:
        return None if value is None else list(value)

    def thaw(self, field: FieldDef, frozen: Any) -> Any:
        if frozen is None:
            return None
        if not isinstance(frozen, list):  # from when the field was of another type
            raise Refused('REC-E024', value=str(frozen)[:60])
        return tuple(known_ref(field, ref) for ref in frozen)

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        labels = []
        for ref in value or ():
            option = option_by_ref(field, ref)
            labels.append(in_locale(option.label, reading.locale) or option.key if option else ref)
        return ', '.join(labels)

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        words = [word.strip() for word in text.replace(';', ',').split(',') if word.strip()]
        found = [(word, None if alike(field, word) else find_option(field, word)) for word in words]
        return [word if option is None or word in option.aliases else option.key for word, option in found] or None

    def cell(self, field: FieldDef, value: Any, reading: Reading) -> Any:
        spelled = spellings(field, reading.locale) if value else {}
        return ', '.join(spelled.get(ref, ref) for ref in value) if value else None

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        keys = [option.key for option in field.options]
        return {'type': 'array', 'items': {'type': 'string', 'enum': keys}, 'uniqueItems': True}
