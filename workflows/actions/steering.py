"""What the steps that steer a run have in common. Writes no record."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa

from modules.records.model import Record
from modules.records.store import Store
from schema.base.findings import Finding
from schema.catalog import Catalog, Entity
from schema.conditions import Condition
from schema.definitions import Document
from workflows.actions.base import Call, Done, Result, Turn
from workflows.due import holds_clause


@dataclass(frozen=True)
class Steer:
    """How the run goes on, with what people read about it: the effect of steps that steer."""

    turn: Turn
    told: Result = field(default_factory=dict)

    def describe(self) -> Result:
        return self.told


class Steering:
    """What all steps that steer share: nothing is written but how the run goes on."""

    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        return []

    def perform(self, call: Call, effect: Steer, store: Store) -> Done:
        return Done(effect.told, effect.turn)


def holds(call: Call, record: Record, condition: Condition) -> bool:
    """Whether a condition is true of the record as it is now."""
    table = condition.entity.table
    with call.runtime.database.session() as session:
        clause = holds_clause(call.runtime, session, condition, call.runtime.policy(call.actor, call.catalog))
        return session.execute(sa.select(table.c.id).where(table.c.uid == record.uid, clause)).first() is not None
