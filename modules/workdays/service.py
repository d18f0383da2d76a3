"""Which days and hours are worked: the week, public holidays of Vietnam with Tết, and what the company decides otherwise.

Reads settings and overrides through the executor that it is given; never commits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

import holidays
import sqlalchemy as sa

from modules.installation.declared import Installation
from modules.installation.service import read_installation
from modules.workdays.tables import workday_override
from schema.base.actor import Actor
from schema.base.audit import note
from schema.base.errors import Invalid, NotFound
from schema.base.upsert import insert_once

COUNTRY = 'VN'
HOLIDAY_LOCALES = {'vi': 'vi', 'en': 'en_US'}
WEEKS: Mapping[str, frozenset[int]] = {
    'mon_fri': frozenset(range(5)), 'mon_sat': frozenset(range(6)), 'all': frozenset(range(7)),
}  # fmt: skip
FURTHEST_SHIFT = 31
"""Days; a day off whose next working day lies further away is kept."""
LONGEST_NAME = 120
FIRST_YEAR, LAST_YEAR = 1990, 2099
Way = Literal['keep', 'before', 'after']
Source = Literal['week', 'public', 'made_up', 'own']


@dataclass(frozen=True)
class Override:
    """What the company decides about one day."""

    working: bool
    name: str


@dataclass(frozen=True)
class Told:
    """How a day stands and why: the `week`, a `public` holiday, a day `made_up` for one, or the company's `own` decision."""

    day: date
    working: bool
    source: Source
    name: str


@dataclass(frozen=True, eq=False)
class WorkCalendar:
    """Answers about days and instants; `week` are weekdays, Monday 0."""

    week: frozenset[int]
    begins: time
    ends: time
    own: Mapping[date, Override]

    def is_working(self, day: date) -> bool:
        return self.tell(day).working

    def tell(self, day: date, locale: str = 'en') -> Told:
        if (own := self.own.get(day)) is not None:
            return Told(day, own.working, 'own', own.name)
        named, made_up = public_days(day.year, locale)
        if day in named:
            return Told(day, working=False, source='public', name=named[day])
        if day in made_up:
            return Told(day, working=True, source='made_up', name='')
        return Told(day, day.weekday() in self.week, 'week', '')

    def shift(self, day: date, way: Way) -> date:
        """The day itself when it is worked or kept, else the working day before or after it."""
        step = {'keep': 0, 'before': -1, 'after': 1}[way]
        for distance in range(FURTHEST_SHIFT + 1 if step else 0):
            found = day + timedelta(days=distance * step)
            if self.is_working(found):
                return found
        return day

    def add_days(self, instant: datetime, days: int, zone: ZoneInfo) -> datetime:
        """The same time of day so many working days later; from a day off the count begins with the next working day."""
        local = instant.astimezone(zone)
        day = local.date()
        for _ in range(days):
            day = self.shift(day + timedelta(days=1), 'after')
        return datetime.combine(day, local.time(), zone).astimezone(UTC)

    def add_hours(self, instant: datetime, hours: float, zone: ZoneInfo) -> datetime:
        """When so many hours of working time have passed."""
        left, moment = timedelta(hours=hours), instant.astimezone(zone)
        while True:
            day = self.shift(moment.date(), 'after')
            opens, closes = self._bounds(day, zone)
            begun = max(moment, opens)
            # as instants, for local clocks jump
            room = closes.astimezone(UTC) - begun.astimezone(UTC)
            if room >= left and begun <= closes:
                return begun.astimezone(UTC) + left
            left -= max(room, timedelta())
            moment = datetime.combine(day + timedelta(days=1), time(), zone)

    def _bounds(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """From opening to closing; hours that end before they begin last the whole day."""
        if self.begins < self.ends:
            return datetime.combine(day, self.begins, zone), datetime.combine(day, self.ends, zone)
        return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)


@lru_cache(maxsize=64)
def public_days(year: int, locale: str) -> tuple[Mapping[date, str], frozenset[date]]:
    """Holidays by name, and the weekend days that are worked in exchange for one."""
    language = HOLIDAY_LOCALES.get(locale, 'en_US')
    found = holidays.country_holidays(COUNTRY, years=[year], language=language)
    return dict(found), frozenset(each for each in found.weekend_workdays if each.year == year)


def read_calendar(executor: Any, company: Installation | None = None) -> WorkCalendar:
    """The calendar as the settings and overrides say now."""
    known = company or read_installation(executor)
    rows = executor.execute(sa.select(workday_override))
    own = {row.day: Override(row.working, row.name) for row in rows}
    return WorkCalendar(
        WEEKS.get(known.work_days, WEEKS['mon_fri']),
        time.fromisoformat(known.work_from),
        time.fromisoformat(known.work_to),
        own,
    )


def list_year(calendar: WorkCalendar, year: int, locale: str) -> list[Told]:
    """The days of a year that the week alone does not explain, in order."""
    told = (calendar.tell(date(year, 1, 1) + timedelta(days=number), locale) for number in range(366))
    return [each for each in told if each.day.year == year and each.source != 'week']


def set_day(executor: Any, day: date, override: Override, actor: Actor, at: datetime) -> None:
    """Decide about a day, or decide anew; noted. Raises: Invalid WDY-E001 no name, WDY-E002 beyond the years."""
    name = ' '.join(override.name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid.of('WDY-E001', '/name', limit=LONGEST_NAME)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Invalid.of('WDY-E002', '/day', value=day.isoformat(), low=FIRST_YEAR, high=LAST_YEAR)
    table, values = workday_override, {'working': override.working, 'name': name}
    former = _override(executor, day)
    added = executor.execute(insert_once(executor, table, 'day').values(day=day, **values))
    if not added.rowcount:
        executor.execute(table.update().where(table.c.day == day).values(values))
    _note(executor, day, former, values, actor, at)


def clear_day(executor: Any, day: date, actor: Actor, at: datetime) -> None:
    """Let the public calendar speak again; noted. Raises: NotFound WDY-E003."""
    former = _override(executor, day)
    if not executor.execute(workday_override.delete().where(workday_override.c.day == day)).rowcount:
        raise NotFound.of('WDY-E003', value=day.isoformat())
    _note(executor, day, former, None, actor, at)


def _override(executor: Any, day: date) -> dict[str, Any] | None:
    row = executor.execute(sa.select(workday_override).where(workday_override.c.day == day)).first()
    return {'working': row.working, 'name': row.name} if row else None


def _note(
    executor: Any, day: date, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, actor: Actor, at: datetime
) -> None:
    told = {
        'name': {'en': f'Working calendar, {day}', 'vi': f'Lịch làm việc, {day:%d/%m/%Y}'},
        'value': {'old': old, 'new': new},
    }
    note(executor, 'setting_changed', actor=actor, subject=f'workday {day}', params=told, now=at)
