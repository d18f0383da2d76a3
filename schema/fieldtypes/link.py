"""Links to a record of one entity, and what every type of link shares.

`normalise` reads the uid only; the store finds the row and checks that the actor may see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from schema.base.ids import is_uid
from schema.base.tables import BigId
from schema.definitions import FieldDef
from schema.fieldtypes.base import BLANK, EQUALITY, FieldType, Reading, refuse_unless
from schema.values import Link

UID_PATTERN = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'


class LinkType(FieldType):
    """One link; rows hold the target's id."""

    key = 'link'
    widget = 'link'
    icon = 'link'
    operators: ClassVar[tuple[str, ...]] = EQUALITY + BLANK
    keywords = frozenset({'type', 'x-target', 'x-on-delete', 'x-option-filter'})

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
        if frozen is None:
            return None
        refuse_unless(is_frozen_link(frozen), 'REC-E025', value=str(frozen)[:60])
        return Link(frozen['entity'], frozen['uid'], frozen['id'])

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


def is_frozen_link(frozen: Any) -> bool:
    """Whether it is a link of history's, and not from when the field was of another type."""
    return isinstance(frozen, Mapping) and {'entity', 'uid', 'id'} <= frozen.keys()
