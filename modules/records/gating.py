"""How the condition of a stage stands for one record: each thing that it asks for, and whether the record has it.

Gates see what people may not; of what they ask, only that is told which the actor may read. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records.changing import Change
from modules.records.judging import Held, Judge
from permissions.policy import Policy
from schema.base.clock import Clock
from schema.catalog import Catalog, Entity
from schema.conditions.condition import Condition
from schema.conditions.tree import Group, Node, Test
from schema.conditions.words import Labels, clauses
from schema.definitions import StageDef
from schema.entity_rules import rules_of
from schema.fieldtypes.base import Reading


@dataclass(frozen=True)
class Wanted:
    """One thing that a gate asks for, in words; `found` is what the record holds of it, blank for nothing. `key` names the
    record's own field where that alone decides it."""

    text: str
    found: str
    holds: bool
    key: str = ''


@dataclass(frozen=True)
class Gate:
    """`wanted` leaves out what the actor may not know of; `hidden` that something of it is missing."""

    stage: StageDef
    open: bool
    wanted: tuple[Wanted, ...] = ()
    hidden: bool = False

    @property
    def missing(self) -> tuple[Wanted, ...]:
        return tuple(each for each in self.wanted if not each.holds)


@dataclass(frozen=True)
class Gatekeeper:
    """For one person on one catalog. `session` reads everything, see `Judge`; `labels` names what conditions point to."""

    session: Session
    catalog: Catalog
    policy: Policy
    clock: Clock
    reading: Reading
    labels: Labels = field(default_factory=dict)

    def stored(self, entity: Entity, uid: str, stages: Iterable[StageDef]) -> dict[str, Gate]:
        """By stage ref, for a record as it is stored, those of the stages that have a condition; one statement and what the
        conditions look up, none where no stage has one."""
        asked = [stage for stage in stages if stage.gate is not None]
        if not asked:
            return {}
        row = self.session.execute(sa.select(entity.table).where(entity.table.c.uid == uid)).mappings().one()
        change = Change(entity, uid, {}, dict(row))
        return {stage.ref: gate for stage in asked if (gate := self.gate(change, stage)) is not None}

    def gate(self, change: Change, stage: StageDef) -> Gate | None:
        """For a record as the change makes it; None for a stage without a condition."""
        condition = rules_of(change.entity, self.catalog).gates.get(stage.ref)
        if condition is None:
            return None
        judge, held = Judge(self.session, self.catalog, self.policy.actor, self.clock), Held(change)
        judge.expect([held], change.entity)
        judge.load(condition, [held])
        parts = _parts(condition)
        told = [part for part in parts if self._is_told(part)]
        hidden = any(judge.decide(part, held) is not True for part in parts if part not in told)
        wanted = tuple(self._wanted(judge, held, part) for part in told)
        return Gate(stage, judge.decide(condition, held) is True, wanted, hidden)

    def _wanted(self, judge: Judge, held: Held, part: Condition) -> Wanted:
        text = clauses(part.root, self.catalog, self.reading.locale, self.labels)
        found, key = '', ''
        if isinstance(part.root, Test):
            found = next((each.found for each in judge.parts(part, held, self.reading)), '')
            key = part.root.field.key if not part.root.path else ''
        return Wanted(text, found, judge.decide(part, held) is True, key)

    def _is_told(self, part: Condition) -> bool:
        return all(key in self.policy.readable(place) for place, key in part.fields_read())


def may_go(entity: Entity, left: StageDef | None, entered: StageDef) -> bool:
    """Whether the stage that a record stands in leads to another; its moves say nothing of the way to another pipeline."""
    if left is None or left.moves is None or entered.key in left.moves:
        return True
    return not any(left in each.stages and entered in each.stages for each in entity.definition.pipelines)


def _parts(condition: Condition) -> list[Condition]:
    """What must be true all together, each by itself."""
    return [Condition(condition.document, condition.entity, condition.catalog, node) for node in _together(condition.root)]


def _together(node: Node) -> Iterator[Node]:
    if isinstance(node, Group) and node.every:
        for part in node.parts:
            yield from _together(part)
    else:
        yield node
