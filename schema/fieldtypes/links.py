"""Links: to a record of one entity, to a record of any of several, to a user, to a team.

`normalise` reads the uid only; the store finds the row and checks that the actor may see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import sqlalchemy as sa

from schema.base.ids import is_uid
from schema.base.tables import BigId
from schema.definitions import FieldDef
from schema.fieldtypes.base import BLANK, EQUALITY, FieldType, Reading, refuse_unless
from schema.values import TEAM, USER, Link

UID_PATTERN = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'


class LinkType(FieldType):
    """One link; rows hold the target's id."""

    key = 'link'
    widget = 'link'
    icon = 'link'
    operators: ClassVar[tuple[str, ...]] = EQUALITY + BLANK
    keywords = frozenset({'type', 'x-target', 'x-on-delete'})

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: BigId}

    def target(self, field: FieldDef) -> str:
        return field.targets[0]

    def to_columns(self, field: FieldDef, value: Any) -> dict[str, Any]:
        return {field.column: value.id if value is not None else None}

    def from_row(self, field: FieldDef, row: Mapping[str, Any]) -> Link | None:
        """A link by id alone; queries add uid and label."""
        return None if row[field.column] is None else Link(self.target(field), '', row[field.column])

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> Link | None:
        if wire is None or wire == '':
            return None
        uid = wire.get('uid') if isinstance(wire, Mapping) else wire
        refuse_unless(isinstance(uid, str) and self.is_identity(uid), 'REC-E025', value=str(wire)[:60])
        return Link(self.target(field), str(uid))

    def is_identity(self, uid: str) -> bool:
        return is_uid(uid)

    def wire(self, field: FieldDef, value: Any) -> Any:
        if value is None:
            return None
        return {'hidden': True} if value.hidden else {'uid': value.uid, 'label': value.label}

    def freeze(self, field: FieldDef, value: Any) -> Any:
        return None if value is None else {'entity': value.entity, 'uid': value.uid, 'id': value.id}

    def thaw(self, field: FieldDef, frozen: Any) -> Any:
        return None if frozen is None else Link(frozen['entity'], frozen['uid'], frozen['id'])

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        return '' if value is None or value.hidden else value.label

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return {
            'type': 'object',
            'properties': {'uid': {'type': 'string'}, 'label': {'type': 'string'}, 'hidden': {'const': True}},
            'anyOf': [{'required': ['uid', 'label']}, {'required': ['hidden']}],
            'additionalProperties': False,
        }

    def comparable(self, field: FieldDef, value: Any) -> Any:
        return None if value is None else value.id


class LinkAny(LinkType):
    """A link to a record of one of several entities: one id column for each, at most one filled."""

    key = 'link_any'
    widget = 'link_any'
    icon = 'link-plus'
    operators = ('eq', 'in', *BLANK)
    sortable = False
    keywords = frozenset({'type', 'x-targets', 'x-on-delete'})

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


class UserType(LinkType):
    """A person of this installation; the wire holds the user name."""

    key = 'user'
    widget = 'user'
    icon = 'user-circle'
    keywords = frozenset({'type'})

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: sa.Integer()}

    def target(self, field: FieldDef) -> str:
        return USER

    def is_identity(self, uid: str) -> bool:
        return 0 < len(uid) <= 64


class TeamType(UserType):
    """A team of this installation; the wire holds the team's uid."""

    key = 'team'
    widget = 'team'
    icon = 'users'

    def target(self, field: FieldDef) -> str:
        return TEAM
