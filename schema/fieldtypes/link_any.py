"""Links to a record of any of several entities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from schema.base.findings import Finding, escape_pointer, finding, nearest
from schema.base.ids import is_uid
from schema.base.tables import BigId
from schema.definitions import FieldDef
from schema.fieldtypes.base import BLANK, Reading, refuse_unless
from schema.fieldtypes.link import LinkType
from schema.values import Link


class LinkAny(LinkType):
    """A link to a record of one of several entities: one id column for each, at most one filled."""

    key = 'link_any'
    widget = 'link_any'
    icon = 'link-plus'
    operators = ('eq', 'in', *BLANK)
    sortable = False
    keywords = frozenset({'type', 'x-targets', 'x-on-delete', 'x-option-filters'})

    def column_for(self, field: FieldDef, target: str) -> str:
        """The id column of one target; named by the target's key at birth, listed in `x-columns` of the stored document."""
        return str(field.document.get('x-columns', {}).get(target, f'{field.column}__{target}'))

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {self.column_for(field, target): BigId for target in field.targets}

    def to_columns(self, field: FieldDef, value: Any) -> dict[str, Any]:
        return {
            self.column_for(field, target): value.id if value is not None and value.entity == target else None
            for target in field.targets
        }

    def from_row(self, field: FieldDef, row: Mapping[str, Any]) -> Link | None:
        for target in field.targets:
            if (row_id := row[self.column_for(field, target)]) is not None:
                return Link(target, '', row_id)
        return None

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> Link | None:
        if wire is None or wire == '':
            return None
        if isinstance(wire, str) and ':' in wire:
            entity, _, uid = wire.partition(':')
            wire = {'entity': entity, 'uid': uid}
        refuse_unless(isinstance(wire, Mapping), 'REC-E026', value=str(wire)[:60], choices=', '.join(field.targets))
        entity, uid = wire.get('entity'), wire.get('uid')
        refuse_unless(entity in field.targets, 'REC-E026', value=str(entity)[:60], choices=', '.join(field.targets))
        refuse_unless(isinstance(uid, str) and is_uid(uid), 'REC-E025', value=str(uid)[:60])
        return Link(str(entity), str(uid))

    def wire(self, field: FieldDef, value: Any) -> Any:
        if value is None:
            return None
        return {'hidden': True} if value.hidden else {'entity': value.entity, 'uid': value.uid, 'label': value.label}

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        schema = super().json_schema(field)
        schema['properties']['entity'] = {'type': 'string', 'enum': list(field.targets)}
        schema['anyOf'][0]['required'] = ['entity', 'uid', 'label']
        return schema

    def comparable_column(self, field: FieldDef, columns: Mapping[str, sa.ColumnElement[Any]]) -> sa.ColumnElement[Any]:
        return sa.func.coalesce(*(columns[self.column_for(field, target)] for target in field.targets), sa.null())

    def comparable(self, field: FieldDef, value: Any) -> Any:
        return None if value is None else (value.entity, value.id)

    def check_definition(self, field: FieldDef) -> list[Finding]:
        filters = field.document.get('x-option-filters')
        return [
            finding(
                'SCH-E154', f'/x-option-filters/{escape_pointer(key)}', value=key[:60], hint=nearest(key[:60], field.targets)
            )
            for key in (filters if isinstance(filters, Mapping) else ())
            if key not in field.targets
        ]
