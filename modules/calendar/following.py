"""Colleagues who take part see the appointment, whoever writes it down and however; who no longer takes part does not.

The store tells of every written row in its own transaction, so that forms, the API, imports and workflows agree.
"""

from __future__ import annotations

from collections.abc import Sequence

from modules.records.following import Unit, Written
from permissions.granting import Source, grant, revoke
from schema.base.actor import principal
from schema.catalog import Entity
from schema.values import USER, Lines, Link

SOURCE: Source = 'calendar'


class ParticipantFollower:
    """Registered with the store. The right is one of its own: what somebody shared by hand begins and ends without it."""

    def created(self, unit: Unit, entity: Entity, written: Sequence[Written]) -> None:
        self._follow(unit, entity, written)

    def updated(self, unit: Unit, entity: Entity, written: Sequence[Written]) -> None:
        self._follow(unit, entity, written)

    def _follow(self, unit: Unit, entity: Entity, written: Sequence[Written]) -> None:
        calendar = entity.definition.calendar
        key = calendar.participants if calendar is not None else ''
        if not key or key not in entity.fields:
            return
        coming: dict[int, set[int]] = {}
        leaving: dict[int, set[int]] = {}
        for each in written:
            if key in each.change.values:
                held = each.change.collected.get(key)
                before, after = _people(held.before if held else None), _people(each.change.values[key])
                for people, rows in ((after - before, coming), (before - after, leaving)):
                    for person in people:
                        rows.setdefault(person, set()).add(each.id)
        for person, rows in sorted(leaving.items()):
            revoke(unit.session, entity, rows, principal('user', person), source=SOURCE)
        for person, rows in sorted(coming.items()):
            by = unit.actor.user_id
            grant(unit.session, entity, rows, principal('user', person), level='view', source=SOURCE, by=by, now=unit.now)


def _people(value: object) -> set[int]:
    """Ids of the people whom lines name."""
    if not isinstance(value, Lines):
        return set()
    parts = (part for line in value.lines for part in line.values.values())
    return {part.id for part in parts if isinstance(part, Link) and part.entity == USER and part.id is not None}
