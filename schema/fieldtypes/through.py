"""A field read through a link: shown with the record, kept with the linked one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schema.base.findings import Finding
from schema.definitions import FieldDef
from schema.fieldtypes.base import FieldType
from schema.fieldtypes.derived import DerivedType


class ThroughType(DerivedType):
    """`x-through` names the link and the field behind it; everything else is that field's."""

    key = 'through'
    widget = 'through'
    icon = 'arrow-bounce'
    stored = False
    keywords = frozenset({'type', 'x-through'})

    def result(self, field: FieldDef) -> FieldType:
        key = field.document.get('x-result')
        return self._find(key if isinstance(key, str) else 'text')

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {}

    def check_definition(self, field: FieldDef) -> list[Finding]:
        return []
