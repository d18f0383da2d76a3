"""Rules that fall due on calendar days: which days are due at an instant, in whose zone and by which calendar.

Reads no table and no clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from modules.workdays.service import FURTHEST_SHIFT, Way, WorkCalendar
from schema.catalog import Field
from schema.fieldtypes.date import yearly
from workflows.lunar import lunar_of

LEAP_DAY = 229
Missed = Literal['late', 'skip', 'ask']
Zone = Literal['company', 'owner'] | Field
"""Whose local time counts: the company's, the owner's, or that of the zone named in a text field of the record."""


@dataclass(frozen=True)
class DueDay:
    """`target` is the date that must stand in the field; `is_today`: the instant lies on the present local day."""

    target: date
    due_at: datetime
    is_today: bool


@dataclass(frozen=True, eq=False)
class DayTrigger:
    """Due at one local time on a calendar day, `offset_days` after the date in `field` (a date, or the day of an instant).

    `yearly` lets the day return each year, with `lunar` each lunar year. `minutes` are added to the local time. What falls on a
    day off moves as `on_day_off` says, after `offset_days` and before `minutes`.
    """

    field: Field
    yearly: bool
    offset_days: int
    at: time
    minutes: int
    feb29: str
    look_back_days: int
    lunar: bool = False
    missed: Missed = 'late'
    on_day_off: Way = 'keep'
    zone: Zone = 'company'

    def days(self, now: datetime, zone: ZoneInfo, calendar: WorkCalendar | None = None) -> Iterator[DueDay]:
        """The days, newest first, whose instant has come and lies no further back than the look-back."""
        today = now.astimezone(zone).date()
        for back in range(-self._spill, self.look_back_days + self._spill + 1):
            day = today - timedelta(days=back)
            due_at = self.instant(day, zone, calendar)
            due_day = due_at.astimezone(zone).date()
            if due_at <= now and (today - due_day).days <= self.look_back_days:
                yield DueDay(day - timedelta(days=self.offset_days), due_at, due_day == today)

    def targets_of(self, due_at: datetime, zone: ZoneInfo, calendar: WorkCalendar | None = None) -> list[date]:
        """The inverse of `days`: which dates were due at that instant."""
        near = due_at.astimezone(zone).date()
        days = [near + timedelta(days=step) for step in range(-self._spill, self._spill + 1)]
        return [day - timedelta(days=self.offset_days) for day in days if self.instant(day, zone, calendar) == due_at]

    def instant(self, day: date, zone: ZoneInfo, calendar: WorkCalendar | None) -> datetime:
        """The local time on that day; a time skipped by daylight saving counts as the same instant an hour on."""
        moved = calendar.shift(day, self.on_day_off) if calendar is not None else day
        return datetime.combine(moved, self.at, zone).astimezone(UTC) + timedelta(minutes=self.minutes)

    def month_days(self, target: date) -> tuple[int, ...]:
        """Which `month * 100 + day` are celebrated on this day: in common years 29 February moves by choice."""
        found = (yearly(target),)
        moved = date(target.year, 2, 28) if self.feb29 == 'feb28' else date(target.year, 3, 1)
        return (*found, LEAP_DAY) if target == moved and not _is_leap(target.year) else found

    def key_of(self, target: date) -> str:
        """How the ledger names the occurrence of a target."""
        if not self.yearly:
            return target.isoformat()
        return f'lunar-{lunar_of(target).year}' if self.lunar else str(target.year)

    @property
    def _spill(self) -> int:
        """How many days the instant may lie away from its day."""
        return abs(self.minutes) // 1440 + 1 + (0 if self.on_day_off == 'keep' else FURTHEST_SHIFT)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
