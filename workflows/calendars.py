"""By whose clocks and which calendar the days of a rule count: read once for each look. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from modules.workdays.service import WorkCalendar, read_calendar
from permissions.tables import user_preference
from schema.catalog import Entity
from workflows.days import DayTrigger

Clause = sa.ColumnElement[Any]
A_DAY = timedelta(days=1)


@dataclass(frozen=True, eq=False)
class Local:
    """A zone with the records that go by it, and the working calendar where the rule asks for it."""

    zone: ZoneInfo
    where: tuple[Clause, ...]
    calendar: WorkCalendar | None


def calendar_of(executor: Any, trigger: DayTrigger) -> WorkCalendar | None:
    """The working calendar, when the rule moves what falls on a day off."""
    return None if trigger.on_day_off == 'keep' else read_calendar(executor)


def locals_of(executor: Any, entity: Entity, trigger: DayTrigger, company: ZoneInfo, near: Clause) -> list[Local]:
    """Every zone in use with its records, the company's first, to which all belong that name no zone of their own.

    `near` picks the records that may be due now, so that only their zones are looked for.
    """
    calendar = calendar_of(executor, trigger)
    column = zone_column(entity, trigger)
    if column is None:
        return [Local(company, (), calendar)]
    names = executor.execute(sa.select(column).where(column.is_not(None), near).distinct()).scalars()
    zones = _known(names, company)
    own = [name for _, known in zones for name in known]
    rest = (sa.or_(column.is_(None), column.not_in(own)),) if own else ()
    return [Local(company, rest, calendar), *(Local(zone, (column.in_(known),), calendar) for zone, known in zones)]


def zone_column(entity: Entity, trigger: DayTrigger) -> Clause | None:
    """What names a record's zone in SQL; None when the company's counts."""
    if trigger.zone == 'company':
        return None
    if trigger.zone == 'owner':
        preference = user_preference
        return sa.select(preference.c.timezone).where(preference.c.user_id == entity.table.c.owner_id).scalar_subquery()
    return entity.table.c[trigger.zone.definition.column]


def zone_of(executor: Any, entity: Entity, trigger: DayTrigger, company: ZoneInfo, uid: str) -> ZoneInfo:
    """The zone by which one record goes."""
    column = zone_column(entity, trigger)
    if column is None:
        return company
    name = executor.execute(sa.select(column).where(entity.table.c.uid == uid)).scalar()
    found = _known([name] if name else [], company)
    return found[0][0] if found else company


def near_days(trigger: DayTrigger, now: datetime, company: ZoneInfo, calendar: WorkCalendar | None) -> list[date]:
    """The targets that may be due now in some zone or other: those of a day around the company's."""
    found: dict[date, None] = {}
    for shift in (-1, 0, 1):
        moment = now + shift * A_DAY
        found.update((day.target, None) for day in trigger.days(moment, company, calendar))
    return list(found)


def _known(names: Iterable[str], company: ZoneInfo) -> Sequence[tuple[ZoneInfo, list[str]]]:
    """Zones that exist and differ from the company's, with the spellings that name them."""
    found: dict[str, tuple[ZoneInfo, list[str]]] = {}
    for name in names:
        try:
            zone = ZoneInfo(name.strip())
        except (ValueError, OSError, LookupError):
            continue
        if zone.key != company.key:
            found.setdefault(zone.key, (zone, []))[1].append(name)
    return list(found.values())
