"""Rights to single records as a write gives and takes them, and as history keeps them so that they can be taken back.

Decides nothing: who may share is the store's question, who keeps sight after a transfer that of `transferring`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from permissions.granting import GrantRow, Level, Source, grant, grants_of, revoke
from schema.catalog import Entity


@dataclass(frozen=True)
class Right:
    """One principal's right to a record; a level of None, in what is taken, means whatever they hold."""

    principal: str
    level: Level | None
    source: Source

    @property
    def place(self) -> tuple[str, str]:
        """A principal holds one right of each source."""
        return self.principal, self.source


@dataclass(frozen=True)
class Sight:
    """What a write gives to and takes from people, teams and pools, of one record."""

    given: tuple[Right, ...] = ()
    taken: tuple[Right, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.given or self.taken)

    def inverse(self) -> Sight:
        return Sight(self.taken, self.given)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> Sight:
        """Nothing for rows of history without any."""
        parts = stored or {}
        return cls(*(tuple(Right(*each) for each in parts.get(name, ())) for name in ('given', 'taken')))


def sight_json(sight: Sight | None) -> dict[str, Any] | None:
    """As a row of history keeps it."""
    if not sight:
        return None
    sides = (('given', sight.given), ('taken', sight.taken))
    return {name: [[each.principal, each.level, each.source] for each in rights] for name, rights in sides}


def settle(
    session: Session, entity: Entity, wanted: Mapping[int, Sight], *, by: int | None, now: datetime, reverts: bool = False
) -> dict[int, Sight]:  # fmt: skip
    """Give and take; `{record id: what changed in truth}`, without records where nothing did.

    What `reverts` touches nothing that somebody changed since: it takes only what is held at that very level, and gives only
    where nothing is held. A constant number of statements for each kind of right.
    """
    present = grants_of(session, entity, wanted)
    done = {row_id: _difference(present.get(row_id, ()), sight, reverts=reverts) for row_id, sight in wanted.items()}
    for right, ids in _by_right((row_id, each) for row_id, sight in done.items() for each in sight.taken):
        revoke(session, entity, ids, right.principal, source=right.source)
    for right, ids in _by_right((row_id, each) for row_id, sight in done.items() for each in sight.given):
        grant(session, entity, ids, right.principal, level=right.level or 'view', source=right.source, by=by, now=now)
    return {row_id: sight for row_id, sight in done.items() if sight}


def _difference(present: Sequence[GrantRow], wanted: Sight, *, reverts: bool) -> Sight:
    held: dict[tuple[str, str], Level] = {(each.principal, each.source): each.level for each in present}
    given, taken = [], []
    for right in wanted.taken:
        level = held.get(right.place)
        if level is not None and (right.level is None or level == right.level):
            taken.append(Right(right.principal, held.pop(right.place), right.source))
    for right in wanted.given:
        level = held.get(right.place)
        if level == right.level or (reverts and level is not None):
            continue
        if level is not None:
            taken.append(Right(right.principal, level, right.source))
        given.append(right)
    return Sight(tuple(given), tuple(taken))


def _by_right(pairs: Iterable[tuple[int, Right]]) -> list[tuple[Right, list[int]]]:
    found: dict[Right, list[int]] = {}
    for row_id, right in pairs:
        found.setdefault(right, []).append(row_id)
    return sorted(found.items(), key=lambda each: (each[0].principal, each[0].source))
