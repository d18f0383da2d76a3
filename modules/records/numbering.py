"""Gives new records their numbers. Knows no right and no rule."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from modules.records.changing import Change
from schema.base.clock import Clock
from schema.base.counters import take
from schema.catalog import Entity
from schema.fieldtypes.autonumber import Autonumber, period_of, spell


def give(session: Session, entity: Entity, changes: Sequence[Change], clock: Clock) -> None:
    """Fill `values` of every new record that nothing speaks against: one statement for each numbered field.

    What is refused later leaves a gap; no number is ever given twice. The year is that of the company's zone.
    """
    fresh = [change for change in changes if change.creates and all(each.level != 'error' for each in change.findings)]
    if not fresh:
        return
    moment = clock.now().astimezone(clock.zone)
    for field in entity.own_fields:
        if not isinstance(field.type, Autonumber):
            continue
        pattern = field.type.pattern(field.definition)
        first = take(session, entity.ref, field.ref, period_of(pattern, moment), len(fresh))
        for number, change in enumerate(fresh, first):
            change.values[field.key] = spell(pattern, moment, number)
