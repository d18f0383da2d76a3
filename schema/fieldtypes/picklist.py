"""One option chosen from a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from schema.definitions import FieldDef, in_locale
from schema.fieldtypes.base import BLANK, EQUALITY, FieldType, Reading
from schema.fieldtypes.options import alike, find_option, known_ref, option_by_ref, ref_of, spellings


class Picklist(FieldType):
    key = 'picklist'
    widget = 'picklist'
    icon = 'list'
    operators = EQUALITY + BLANK
    keywords = frozenset({'type', 'x-options'})

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: sa.String(80)}

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> str | None:
        return None if wire is None or wire == '' else ref_of(field, wire)

    def wire(self, field: FieldDef, value: Any) -> Any:
        if value is None:
            return None
        option = option_by_ref(field, value)
        return option.key if option else value

    def freeze(self, field: FieldDef, value: Any) -> Any:
        return value

    def thaw(self, field: FieldDef, frozen: Any) -> Any:
        return known_ref(field, frozen)

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        if value is None:
            return ''
        option = option_by_ref(field, value)
        return in_locale(option.label, reading.locale) or option.key if option else value

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        text = text.strip()
        option = find_option(field, text) if text and not alike(field, text) else None
        if option is not None and text not in option.aliases:
            return option.key
        return text or None

    def cell(self, field: FieldDef, value: Any, reading: Reading) -> Any:
        return None if value is None else spellings(field, reading.locale).get(value, value)

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return {'type': 'string', 'enum': [option.key for option in field.options]}
