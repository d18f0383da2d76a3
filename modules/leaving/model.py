"""What a handover is asked to do and what it would do. Plain values, no session inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modules.assignment.model import Share, Strategy
from schema.catalog import Entity
from schema.definitions import Texts


@dataclass(frozen=True)
class Wanted:
    """A handover as somebody asks for it: who gets what, kind by kind, and by `default` the rest.

    `successor_id` takes over duties: leading teams, managing pools, shared records; None ends them. `keep_active` leaves the
    account as it is.
    """

    leaver_id: int
    default: Strategy
    by_entity: Mapping[str, Strategy] = field(default_factory=dict)
    successor_id: int | None = None
    keep_active: bool = False

    def strategy_of(self, entity_key: str) -> Strategy:
        return self.by_entity.get(entity_key, self.default)


@dataclass(frozen=True)
class Owned:
    """Live records of one entity that the leaver looks after, how many of them are open, and how many the actor may give."""

    entity: Entity
    count: int
    open: int
    reached: int


@dataclass(frozen=True)
class Team:
    id: int
    name: str
    leads: bool


@dataclass(frozen=True)
class Pool:
    id: int
    name: str
    manages: bool


@dataclass(frozen=True)
class Mention:
    """Where the leaver is named in what stays: a workflow or an assignment rule."""

    kind: str
    label: Texts
    href: str


@dataclass(frozen=True)
class Review:
    """Everything that hangs on a person, before it is handed over. `named` counts records that name them in other fields."""

    leaver_id: int
    username: str
    name: str
    active: bool
    last_admin: bool
    owned: tuple[Owned, ...]
    teams: tuple[Team, ...]
    pools: tuple[Pool, ...]
    shared: int
    tokens: int
    sessions: int
    mentions: tuple[Mention, ...]
    named: tuple[tuple[Entity, str, int], ...]

    @property
    def records(self) -> int:
        return sum(each.count for each in self.owned)


@dataclass(frozen=True)
class PlannedPart:
    """Who gets how many records of one entity."""

    entity: Entity
    count: int
    shares: tuple[Share, ...]
