"""What a strategy is, how it travels, and what it answers. Plain values, no session inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from schema.base.errors import Invalid
from schema.base.findings import Finding

Kind = Literal['person', 'even', 'round_robin', 'by_load', 'returning']
KINDS: tuple[Kind, ...] = ('person', 'even', 'round_robin', 'by_load', 'returning')
FALLBACKS: tuple[Kind, ...] = ('person', 'round_robin', 'by_load')
REMAINDERS = ('last', 'spread')
MOST_PEOPLE = 500


@dataclass(frozen=True)
class Strategy:
    """How records are given to people.

    `users` and `teams` are ids, in the order they were chosen; a team stands for its members. `remainder` says who gets what an
    even split leaves over: the `last` chosen, or one each from the first (`spread`). `online_only` and `skip_absent` leave
    people out. `turn` names whose turns are taken in `round_robin`; blank is the circle of these people for the entity.
    `via` are keys of links that lead to a returning customer, none meaning those to customers; `fallback` gives the others.
    """

    kind: Kind
    users: tuple[int, ...] = ()
    teams: tuple[int, ...] = ()
    remainder: str = 'last'
    online_only: bool = False
    skip_absent: bool = False
    turn: str = ''
    via: tuple[str, ...] = ()
    fallback: Strategy | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            'kind': self.kind, 'users': list(self.users), 'teams': list(self.teams), 'remainder': self.remainder,
            'online_only': self.online_only, 'skip_absent': self.skip_absent, 'turn': self.turn, 'via': list(self.via),
            'fallback': self.fallback.as_json() if self.fallback else None,
        }  # fmt: skip

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Strategy:
        fallback = stored.get('fallback')
        return cls(
            stored['kind'], tuple(stored.get('users', ())), tuple(stored.get('teams', ())), stored.get('remainder', 'last'),
            bool(stored.get('online_only')), bool(stored.get('skip_absent')), stored.get('turn', ''),
            tuple(stored.get('via', ())), cls.from_json(fallback) if fallback else None,
        )  # fmt: skip

    def taking_turns(self, key: str) -> Strategy:
        """The same, its turns and those of its fall-back counted under a key of its own."""
        fallback = self.fallback.taking_turns(key) if self.fallback else None
        return replace(self, turn=key, fallback=fallback)

    def with_person(self, former: int, present: int) -> Strategy:
        """The same with another person in somebody's place, each once."""
        users = tuple(dict.fromkeys(present if each == former else each for each in self.users))
        fallback = self.fallback.with_person(former, present) if self.fallback else None
        return replace(self, users=users, fallback=fallback)

    @property
    def last(self) -> Strategy:
        """The strategy that gives what no other gave."""
        return self.fallback.last if self.fallback else self


@dataclass(frozen=True)
class Assigned:
    """To whom one record goes and why; `user_id` None when nobody is there to get it, and the reason says so."""

    uid: str
    user_id: int | None
    reason: Finding
    strategy: str
    rule_uid: str | None = None


@dataclass(frozen=True)
class Place:
    """Where a batch stands in a whole that is split evenly: how many were given before, and how many there are at all."""

    before: int = 0
    total: int | None = None


@dataclass(frozen=True)
class Giving:
    """How records that come in one operation are given, and how many there are to give as far as somebody counted."""

    strategy: Strategy
    total: int | None = None


@dataclass(frozen=True)
class Share:
    """What one person gets of a split, for the question before it."""

    user_id: int
    name: str
    count: int
    load: int | None = None


@dataclass(frozen=True)
class Forecast:
    """Who would get how many; `nobody` counts records that no chosen person may get now. `left_out` are people with the
    reason why they get nothing, `sampled` how many records were looked at when not all were."""

    shares: tuple[Share, ...]
    nobody: int = 0
    left_out: tuple[tuple[str, Finding], ...] = ()
    known: int = 0
    sampled: int | None = None
    reasons: tuple[Finding, ...] = field(default=())


def check_shape(strategy: Strategy, pointer: str = '') -> None:
    """Raises: Invalid ASG-E001, E002, E003, E008."""
    if strategy.kind not in KINDS:
        raise Invalid.of('ASG-E001', f'{pointer}/kind', value=str(strategy.kind)[:40], choices=', '.join(KINDS))
    if strategy.remainder not in REMAINDERS:
        raise Invalid.of('ASG-E008', f'{pointer}/remainder', value=strategy.remainder[:40], choices=', '.join(REMAINDERS))
    if strategy.kind == 'returning':
        if strategy.fallback is not None:
            if strategy.fallback.kind not in FALLBACKS:
                named = str(strategy.fallback.kind)[:40]
                raise Invalid.of('ASG-E001', f'{pointer}/fallback/kind', value=named, choices=', '.join(FALLBACKS))
            check_shape(strategy.fallback, f'{pointer}/fallback')
        return
    if strategy.kind == 'person' and (len(strategy.users) != 1 or strategy.teams):
        raise Invalid.of('ASG-E003', f'{pointer}/among')
    if not strategy.users and not strategy.teams:
        raise Invalid.of('ASG-E002', f'{pointer}/among')
