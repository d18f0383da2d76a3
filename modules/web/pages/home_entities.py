"""Which entities the first page speaks of: found by what they hold, so that a house's own ones stand there and renamed ones
stay. Reads no record."""

from __future__ import annotations

from permissions.policy import Policy
from schema.catalog import Catalog, Entity, Field

DEAL = 'opportunity'
BORN = ('birthday', 'birth_date', 'date_of_birth', 'sinh_nhat', 'ngay_sinh')
"""Keys, present or former, of the field that says when somebody was born, where `x-birthday` names none."""
REACHED_BY = frozenset({'phone', 'email'})


def deals_of(catalog: Catalog, policy: Policy) -> Entity | None:
    """What the house sells by stages: opportunities under whatever key, else the last entity of the menu that can be won. None
    where the person may read no such stage."""
    found = [
        each for each in _readable(catalog, policy)
        if each.stage is not None and each.stage.key in policy.readable(each.key) and _can_be_won(each)
    ]  # fmt: skip
    return next((each for each in found if DEAL in (each.key, *each.definition.aliases)), found[-1] if found else None)


def born_in(catalog: Catalog, policy: Policy) -> list[tuple[Entity, Field]]:
    """Entities with the field that says when somebody was born, as far as the person may read it."""
    found = []
    for entity in _readable(catalog, policy):
        born = next((each for each in entity.own_fields if _says_birth(entity, each)), None)
        if born is not None and born.key in policy.readable(entity.key):
            found.append((entity, born))
    return found


def customers_of(catalog: Catalog, policy: Policy) -> list[Entity]:
    """Whom the house works for, people first, then those that most others point to; without any that can be reached by phone or
    e-mail every entity that has no place in the calendar."""
    plain = [each for each in _readable(catalog, policy) if each.definition.calendar is None]
    reached = [each for each in plain if any(field.type.key in REACHED_BY for field in each.own_fields)]
    return sorted(
        reached or plain, key=lambda each: (not _are_people(each), -len(catalog.inbound[each.key]))
    )  # fmt: skip


def _readable(catalog: Catalog, policy: Policy) -> list[Entity]:
    return [catalog.entities[key] for key in policy.entities('read')]


def _can_be_won(entity: Entity) -> bool:
    return any(stage.category == 'won' for stage in entity.definition.stages)


def _are_people(entity: Entity) -> bool:
    return any(_says_birth(entity, each) for each in entity.own_fields)


def _says_birth(entity: Entity, field: Field) -> bool:
    if entity.definition.birthday:
        return field.key == entity.definition.birthday
    return field.type.key == 'date' and not {field.key, *field.definition.aliases}.isdisjoint(BORN)
