"""Links to people of this installation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from schema.definitions import FieldDef
from schema.fieldtypes.link import LinkType
from schema.values import USER


class UserType(LinkType):
    """A person of this installation; the wire holds the user name."""

    key = 'user'
    widget = 'user'
    icon = 'user-circle'
    keywords = frozenset({'type', 'x-option-filter'})

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: sa.Integer()}

    def target(self, field: FieldDef) -> str:
        return USER

    def is_identity(self, uid: str) -> bool:
        return 0 < len(uid) <= 64
