"""Who acts. Every read and write names its actor; there is no default."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Actor:
    """A person, or the system acting in the open.

    `user_id` is None only for the system; `roles` are role keys; `team_ids` the teams the person belongs to and
    `led_team_ids` those they lead.
    """

    user_id: int | None
    name: str
    username: str = ''
    roles: frozenset[str] = frozenset()
    team_ids: frozenset[int] = frozenset()
    led_team_ids: frozenset[int] = frozenset()
    locale: str = 'en'
    timezone: str = 'Asia/Ho_Chi_Minh'
    is_system: bool = False
    email: str = field(default='', compare=False)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def main_team_id(self) -> int | None:
        """The team new records of this person belong to."""
        return min(self.team_ids) if self.team_ids else None


def system_actor(purpose: str) -> Actor:
    """The system itself; `purpose` appears in history and audit."""
    return Actor(user_id=None, name=purpose, username='system', is_system=True)
