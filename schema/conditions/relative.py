"""Dates that move with the day: points and spans, read from documents and turned into half-open ranges of days or instants."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from schema.fieldtypes.base import Refused, refuse_unless
from schema.fieldtypes.date import yearly

UNITS = ('day', 'week', 'month', 'quarter', 'year')
STEPS = {'days': 36_500, 'weeks': 5_200, 'months': 1_200, 'years': 100}
"""Counted units and the longest reach of each: a century."""
MOMENTS = {'now': 0, 'minutes': 1_000_000, 'hours': 100_000}
CALENDAR = {'this': 0, 'previous': -1, 'following': 1}
YEARS = range(2, 9999)  # days at the very ends of the calendar have no neighbour, nor an instant in every zone
DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)  # the finest step both engines keep, so that one instant is a half-open range too
LEAP_DAY, DAY_BEFORE = 229, 228

Days = tuple[date, date]
Instants = tuple[datetime, datetime]


@dataclass(frozen=True)
class Point:
    """A day counted from today; with `now`, `minutes` or `hours` an instant counted from the present one."""

    unit: str
    count: int = 0
    start_of: str | None = None

    @property
    def is_moment(self) -> bool:
        return self.unit in MOMENTS


@dataclass(frozen=True)
class Span:
    """A run of whole days: a calendar unit (`this`, `previous`, `following`), or `last`/`next` so many, today included."""

    kind: str
    unit: str
    count: int = 0


def read_point(wire: Any, *, moments: bool) -> Point | date | datetime:
    """A relative point, a day, or (when `moments`) an instant, aware or in the zone it will be bound in. Raises: Refused."""
    if isinstance(wire, Mapping):
        return _relative_point(wire, moments=moments)
    refuse_unless(isinstance(wire, str) and wire != '', 'SCH-E215', value=_short(wire), choices=_point_choices(moments=moments))
    try:
        found: date | datetime = date.fromisoformat(wire)
    except ValueError:
        refuse_unless(moments, 'REC-E010', value=_short(wire))
        found = _instant(wire)
    refuse_unless(found.year in YEARS, 'SCH-E216', value=_short(wire), low=YEARS.start, high=YEARS.stop - 1)
    return found


def read_span(wire: Any) -> Span:
    """`{"this": "month"}`, `{"last": {"days": 14}}` and the like. Raises: Refused."""
    choices = '{"this": "month"}, {"last": {"days": 14}}, {"next": {"days": 7}}, {"previous": "month"}, {"following": "month"}'
    refuse_unless(isinstance(wire, Mapping) and len(wire) == 1, 'SCH-E215', value=_short(wire), choices=choices)
    ((kind, inner),) = wire.items()
    if kind in CALENDAR:
        refuse_unless(inner in UNITS, 'SCH-E217', value=_short(inner), choices=', '.join(UNITS))
        return Span(kind, inner)
    refuse_unless(kind in {'last', 'next'} and isinstance(inner, Mapping) and len(inner) == 1, 'SCH-E215',
                  value=_short(wire), choices=choices)  # fmt: skip
    ((unit, count),) = inner.items()
    refuse_unless(unit in STEPS, 'SCH-E217', value=_short(unit), choices=', '.join(STEPS))
    return Span(kind, unit, _count(count, 1, STEPS[unit]))


def days_of(part: Point | Span | date, today: date) -> Days:
    """The days from the first to before the second."""
    if isinstance(part, Span):
        return _days_of_span(part, today)
    day = _day_of(part, today) if isinstance(part, Point) else part
    return day, day + DAY


def instants_of(part: Point | Span | date | datetime, now: datetime, zone: ZoneInfo) -> Instants:
    """The instants from the first to before the second: whole local days, or one instant."""
    if isinstance(part, datetime):
        start = (part if part.tzinfo else part.replace(tzinfo=zone)).astimezone(UTC)
        return start, start + INSTANT
    if isinstance(part, Point) and part.is_moment:
        start = now.astimezone(UTC) + (timedelta() if part.unit == 'now' else timedelta(**{part.unit: part.count}))
        return start, start + INSTANT
    first, end = days_of(part, now.astimezone(zone).date())
    return _midnight(first, zone), _midnight(end, zone)


def yearly_ranges(span: Span, today: date) -> tuple[tuple[int, int], ...]:
    """Ranges of `yearly` numbers, both ends included, of days that recur in the span.

    In years without it, 29 February is kept on the 28th.
    """
    first, end = days_of(span, today)
    last = end - DAY
    if (last - first).days >= 365:
        return ((101, 1231),)
    low, high = yearly(first), yearly(last)
    if high == DAY_BEFORE and not calendar.isleap(last.year):
        high = LEAP_DAY
    return ((low, high),) if low <= high else ((low, 1231), (101, high))


def _relative_point(wire: Mapping[str, Any], *, moments: bool) -> Point:
    known = {'today', 'start_of', *STEPS} | (set(MOMENTS) if moments else set())
    refuse_unless(
        len(wire) == 1 and set(wire) <= known, 'SCH-E215', value=_short(wire), choices=_point_choices(moments=moments)
    )
    ((unit, count),) = wire.items()
    if unit == 'start_of':
        refuse_unless(count in UNITS, 'SCH-E217', value=_short(count), choices=', '.join(UNITS))
        return Point('days', 0, start_of=count)
    if unit == 'now':
        return Point('now')
    reach = MOMENTS.get(unit) or STEPS.get(unit, STEPS['days'])
    return Point('days' if unit == 'today' else unit, _count(count, -reach, reach))


def _point_choices(*, moments: bool) -> str:
    choices = '2026-03-01, {"today": 0}, {"days": -7}, {"months": 1}, {"start_of": "month"}'
    return f'{choices}, {{"now": 0}}, {{"hours": -2}}' if moments else choices


def _instant(wire: str) -> datetime:
    try:
        return datetime.fromisoformat(wire).replace(microsecond=0)
    except ValueError:
        raise Refused('REC-E012', value=_short(wire)) from None


def _count(count: Any, low: int, high: int) -> int:
    fits = isinstance(count, int) and not isinstance(count, bool) and low <= count <= high
    refuse_unless(fits, 'SCH-E216', value=_short(count), low=low, high=high)
    return int(count)


def _day_of(point: Point, today: date) -> date:
    return unit_start(point.start_of, today) if point.start_of else shift(today, point.unit, point.count)


def _days_of_span(span: Span, today: date) -> Days:
    if span.kind == 'last':
        return shift(today, span.unit, -span.count) + DAY, today + DAY
    if span.kind == 'next':
        return today, shift(today, span.unit, span.count)
    first = unit_shift(unit_start(span.unit, today), span.unit, CALENDAR[span.kind])
    return first, unit_shift(first, span.unit, 1)


def unit_start(unit: str, day: date) -> date:
    """The first day of the day's week (Monday, ISO 8601), month, quarter or year."""
    if unit == 'day':
        return day
    if unit == 'week':
        return day - timedelta(days=day.weekday())
    month = {'month': day.month, 'quarter': (day.month - 1) // 3 * 3 + 1, 'year': 1}[unit]
    return day.replace(month=month, day=1)


def unit_shift(day: date, unit: str, count: int) -> date:
    return shift(day, 'months', 3 * count) if unit == 'quarter' else shift(day, f'{unit}s', count)


def shift(day: date, unit: str, count: int) -> date:
    """Months and years keep the day of the month, or take the last one of a shorter month."""
    if unit in {'days', 'weeks'}:
        return day + timedelta(**{unit: count})
    months = day.year * 12 + day.month - 1 + count * (12 if unit == 'years' else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _short(wire: Any) -> str:
    return str(wire)[:60]
