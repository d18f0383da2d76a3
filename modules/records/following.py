"""What other modules are told about records that the store writes, in the transaction that writes them. Knows no module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from sqlalchemy.orm import Session

from modules.records.changing import Change
from schema.base.actor import Actor
from schema.base.clock import Clock
from schema.catalog import Catalog, Entity


@dataclass(frozen=True)
class Unit:
    """The unit of work that followers are told in. `rights_epoch` is that of the transaction, so that what is kept by it holds.
    `operation_id` names the bulk change that writes, if any; a `silent` unit starts no workflow."""

    session: Session
    catalog: Catalog
    actor: Actor
    clock: Clock
    now: datetime
    rights_epoch: int
    operation_id: str | None = None
    silent: bool = False


@dataclass(frozen=True)
class Written:
    """One row that was written. `fresh` holds the new values of fields that changed, `row` the columns that were set."""

    id: int
    change: Change
    fresh: Mapping[str, Any]
    row: dict[str, Any]


class Follower(Protocol):
    """One of `registries.followers`: keeps rows of its own in step with records. Never commits, refuses nothing."""

    def created(self, unit: Unit, entity: Entity, written: Sequence[Written]) -> None:
        """After the insert and before history and events. It may take an owner away that nobody chose: in the table, in
        `Change.values` and in `row`."""

    def updated(self, unit: Unit, entity: Entity, written: Sequence[Written]) -> None:
        """After the rows, before history and events."""


@runtime_checkable
class Chooser(Protocol):
    """A follower that also gives new records an owner before they are written."""

    def choose(self, unit: Unit, entity: Entity, changes: Sequence[Change]) -> None:
        """After defaults and rules: it may set `Change.values['owner']` of new records whose owner nobody chose, and then names
        the owner in `Change.wire` too, so that it counts as chosen."""


def let_choose(followers: Sequence[Follower], unit: Unit, changes: Sequence[Change]) -> None:
    """Ask every chooser about the new records of one entity."""
    new = [each for each in changes if each.creates]
    for each in followers if new else ():
        if isinstance(each, Chooser):
            each.choose(unit, new[0].entity, new)


def tell_created(
    followers: Sequence[Follower], unit: Unit, ids: Sequence[int], changes: Sequence[Change], rows: Sequence[dict[str, Any]]
) -> None:  # fmt: skip
    """Tell of new records of one entity, all at once."""
    if followers and changes:
        new = [Written(row_id, change, change.values, row) for row_id, change, row in zip(ids, changes, rows, strict=True)]
        for each in followers:
            each.created(unit, changes[0].entity, new)


def tell_updated(
    followers: Sequence[Follower], unit: Unit, pairs: Sequence[tuple[Change, Mapping[str, Any]]], rows: Sequence[dict[str, Any]]
) -> None:  # fmt: skip
    """Tell of changed records of one entity, all at once."""
    if followers and pairs:
        changed = [Written(row['id'], change, fresh, row) for (change, fresh), row in zip(pairs, rows, strict=True)]
        for each in followers:
            each.updated(unit, pairs[0][0].entity, changed)
