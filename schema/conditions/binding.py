"""Who asks, when and where: what a compiled condition needs to be decided. Opens no session; callers look ids up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from schema.catalog import Entity
from schema.conditions.relative import Point
from schema.values import TEAM, USER, Link

ME = Link(USER, '@me')
MY_TEAMS = Link(TEAM, '@my_teams')
Scope = Callable[[Entity, Any], Any]


@dataclass(frozen=True)
class Binding:
    """One person at one instant.

    `now` is aware; `zone` says where days begin. `user_id` None is the system: nothing is `me` then. `link_ids` resolves
    `Condition.link_operands()` by `(entity, uid)`; what is absent equals nothing. `scope(entity, table)` narrows every other
    record that is reached over links to those the person may see; None for rules, which see all.
    """

    now: datetime
    zone: ZoneInfo
    user_id: int | None = None
    team_ids: frozenset[int] = frozenset()
    link_ids: Mapping[tuple[str, str], int | None] = field(default_factory=dict)
    scope: Scope | None = None
    moments: Mapping[Point, tuple[Any, Any]] = field(default_factory=dict)
    """Parameters for both ends of instants that move with `now`, in a statement that serves other moments too."""

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def ids_of(self, link: Link) -> Iterable[int]:
        """The rows that one operand stands for."""
        if link is ME:
            return () if self.user_id is None else (self.user_id,)
        if link is MY_TEAMS:
            return self.team_ids
        if link.id is not None:
            return (link.id,)
        found = self.link_ids.get((link.entity, link.uid))
        return () if found is None else (found,)
