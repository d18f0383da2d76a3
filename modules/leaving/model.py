"""What a handover is asked to do and what it would do. Plain values, no session inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modules.assignment.model import Share, Strategy
from modules.leaving.portions import Place
from modules.records.transferring import OldOwner
from schema.catalog import Entity
from schema.definitions import Texts


@dataclass(frozen=True)
class Rule:
    """Records of one kind that satisfy a condition go their own way."""

    entity: str
    where: Mapping[str, Any]
    strategy: Strategy


@dataclass(frozen=True)
class Wanted:
    """A handover as somebody asks for it: who gets what by `rules`, asked in their order, then kind by kind, and by `default`
    the rest.

    `successor_id` takes over duties: leading teams, managing pools, shared records, views for others, rules of assignment,
    with `names` also the leaver's place in other fields of people; None ends them. `keep_active` leaves the account as it is,
    and then `old_owner` says whether the former owner goes on seeing the records; None leaves that to the setting.
    """

    leaver_id: int
    default: Strategy
    by_entity: Mapping[str, Strategy] = field(default_factory=dict)
    successor_id: int | None = None
    keep_active: bool = False
    rules: tuple[Rule, ...] = ()
    names: bool = False
    old_owner: OldOwner | None = None

    def portions_of(self, entity_key: str) -> list[tuple[Mapping[str, Any] | None, Strategy]]:
        """`(condition, way)` of one kind in the order in which they are asked; the last takes what is left."""
        own: list[tuple[Mapping[str, Any] | None, Strategy]] = [
            (each.where, each.strategy) for each in self.rules if each.entity == entity_key
        ]
        return [*own, (None, self.by_entity.get(entity_key, self.default))]


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
    named: tuple[tuple[Place, int], ...]

    @property
    def records(self) -> int:
        return sum(each.count for each in self.owned)


@dataclass(frozen=True)
class PlannedPart:
    """Who gets how many records of one entity, those of one rule when `where` is one."""

    entity: Entity
    count: int
    shares: tuple[Share, ...]
    strategy: Strategy
    where: Mapping[str, Any] | None = None
    before: tuple[Mapping[str, Any], ...] = ()
