"""Python values that fields hold beyond the standard types."""

from __future__ import annotations

from dataclasses import dataclass, field

USER = '@user'
TEAM = '@team'


@dataclass(frozen=True)
class Link:
    """A pointer to a record, a user or a team.

    `entity` is the target's key (or `@user`, `@team`), `uid` its identity on the wire, `id` its row. A link that the actor
    may not see is `hidden`: it then carries neither uid nor label outward, only the id that the store needs.
    """

    entity: str
    uid: str
    id: int | None = field(default=None, compare=False)
    label: str = field(default='', compare=False)
    hidden: bool = field(default=False, compare=False)
    deleted: bool = field(default=False, compare=False)
