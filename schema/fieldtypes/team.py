"""Links to teams of this installation."""

from __future__ import annotations

from schema.definitions import FieldDef
from schema.fieldtypes.user import UserType
from schema.values import TEAM


class TeamType(UserType):
    """A team of this installation; the wire holds the team's uid."""

    key = 'team'
    widget = 'team'
    icon = 'users'
    keywords = frozenset({'type'})

    def target(self, field: FieldDef) -> str:
        return TEAM
