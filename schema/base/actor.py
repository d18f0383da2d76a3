"""Who acts. Every read and write names its actor; there is no default."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from schema.base.limits import Limit

PrincipalKind = Literal['user', 'team', 'pool', 'managed_pool']
_LETTERS: dict[PrincipalKind, str] = {'user': 'u', 'team': 't', 'pool': 'p', 'managed_pool': 'm'}


def principal(kind: PrincipalKind, row_id: int) -> str:
    """Whom a right to a single record is given to: `u7` a person, `t7` a team, `p7` and `m7` members and managers of a pool."""
    return f'{_LETTERS[kind]}{row_id}'


@dataclass(frozen=True)
class Actor:
    """A person, or the system acting in the open.

    `user_id` is None only for the system; `roles` are role keys; `team_ids` the teams the person belongs to, `led_team_ids`
    those they lead and `below_team_ids` all teams below any of these; `pool_principals` name the pools they belong to.
    """

    user_id: int | None
    name: str
    username: str = ''
    roles: frozenset[str] = frozenset()
    team_ids: frozenset[int] = frozenset()
    led_team_ids: frozenset[int] = frozenset()
    below_team_ids: frozenset[int] = frozenset()
    pool_principals: frozenset[str] = frozenset()
    locale: str = 'en'
    timezone: str = 'Asia/Ho_Chi_Minh'
    is_system: bool = False
    limit: Limit | None = None  # of the API token that signs; None leaves all rights
    email: str = field(default='', compare=False)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def principals(self) -> frozenset[str]:
        """Everything that rights to single records may be given to and reach this person."""
        own = [principal('user', self.user_id)] if self.user_id is not None else []
        return (
            frozenset((*own, *(principal('team', each) for each in self.team_ids | self.led_team_ids))) | self.pool_principals
        )

    @property
    def main_team_id(self) -> int | None:
        """The team new records of this person belong to."""
        return min(self.team_ids) if self.team_ids else None


def system_actor(purpose: str) -> Actor:
    """The system itself; `purpose` appears in history and audit."""
    return Actor(user_id=None, name=purpose, username='system', is_system=True)
