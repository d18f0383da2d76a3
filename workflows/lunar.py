"""The Vietnamese lunar calendar: which solar day is which lunar one. Pure; reads no clock and no table.

Months and leap months follow Ho Ngoc Duc's published method (new moons and solar terms after J. Meeus, "Astronomical
Algorithms", 1998): a month begins on the local day of the new moon, the eleventh holds the winter solstice, and of thirteen
months between two solstices the first without a principal solar term is the leap month. Local is UTC+7 since 1968, when the
calendar left Beijing's time, and UTC+8 before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from math import floor, pi, sin

ORDINAL_OF_JULIAN_DAY_0 = -1_721_425
OWN_TIME_SINCE = 1968
SYNODIC_MONTH = 29.530588853
FIRST_NEW_MOON = 2415021.076998695
OLDEST_YEARS = 130


@dataclass(frozen=True)
class LunarMonth:
    """`year` and `number` are lunar; `leap` months bear the number of the one before them."""

    year: int
    number: int
    leap: bool
    begins: date
    days: int


@dataclass(frozen=True)
class LunarDay:
    """A day of a lunar month; `is_last` in its month."""

    year: int
    month: int
    day: int
    leap: bool
    is_last: bool


def lunar_of(day: date) -> LunarDay:
    """The lunar day of a solar one, of the years 1800 to 2199."""
    for year in (day.year - 1, day.year):
        for month in _between_solstices(year):
            passed = (day - month.begins).days
            if 0 <= passed < month.days:
                return LunarDay(month.year, month.number, passed + 1, month.leap, passed + 1 == month.days)
    raise ValueError(f'no lunar month holds {day}')


def new_year(year: int) -> date:
    """Tết: the first day of the first month of a lunar year."""
    return next(each.begins for each in _months(year) if each.number == 1 and not each.leap)


@lru_cache(maxsize=512)
def births_on(day: date) -> tuple[date, ...]:
    """The days of the past on which people were born whose lunar birthday is this day, latest first.

    Whoever was born in a leap month celebrates in the month of its number, and nobody in a leap month; the thirtieth falls on
    the twenty-ninth where a month has no more.
    """
    here = lunar_of(day)
    if here.leap:
        return ()
    wanted = (here.day, here.day + 1) if here.is_last and here.day == 29 else (here.day,)
    return tuple(
        month.begins + timedelta(days=number - 1)
        for year in range(here.year, here.year - OLDEST_YEARS, -1)
        for month in _months(year)
        if month.number == here.month
        for number in wanted
        if number <= month.days and month.begins + timedelta(days=number - 1) <= day
    )


@lru_cache(maxsize=400)
def _months(year: int) -> tuple[LunarMonth, ...]:
    """The months of a lunar year, in order."""
    around = (*_between_solstices(year - 1), *_between_solstices(year))
    return tuple(each for each in around if each.year == year)


@lru_cache(maxsize=400)
def _between_solstices(year: int) -> tuple[LunarMonth, ...]:
    """The months from the one with the winter solstice of a solar year up to the next such month."""
    zone = 7 if year + 1 >= OWN_TIME_SINCE else 8
    first, after = _eleventh_month(year, zone), _eleventh_month(year + 1, 7 if year + 2 >= OWN_TIME_SINCE else 8)
    k = floor((first - FIRST_NEW_MOON) / SYNODIC_MONTH + 0.5)
    begins = [_new_moon_day(k + number, zone) for number in range(14)]
    count = 13 if after - first > 365 else 12
    begins[count] = after
    return tuple(_numbered(year, begins, _leap_at(begins, zone) if count == 13 else None, count))


def _numbered(year: int, begins: list[int], leap_at: int | None, count: int) -> Iterator[LunarMonth]:
    for place in range(count):
        behind_leap = leap_at is not None and place >= leap_at
        number = (10 + place - behind_leap) % 12 + 1
        own_year = year if place - behind_leap < 2 else year + 1
        begun = date.fromordinal(begins[place] + ORDINAL_OF_JULIAN_DAY_0)
        yield LunarMonth(own_year, number, place == leap_at, begun, begins[place + 1] - begins[place])


def _leap_at(begins: list[int], zone: int) -> int:
    """The first month in which the sun enters no new principal term."""
    return next(place for place in range(1, 13) if _term(begins[place], zone) == _term(begins[place + 1], zone))


def _eleventh_month(year: int, zone: int) -> int:
    """Julian day number on which the month of a year's winter solstice begins."""
    last = date(year, 12, 31).toordinal() - ORDINAL_OF_JULIAN_DAY_0
    k = floor((last - 2415021) / SYNODIC_MONTH)
    found = _new_moon_day(k, zone)
    return _new_moon_day(k - 1, zone) if _term(found, zone) >= 9 else found


def _new_moon_day(k: int, zone: int) -> int:
    return floor(_new_moon(k) + 0.5 + zone / 24)


def _new_moon(k: int) -> float:
    """Julian date of the k-th new moon since 1 January 1900 (Meeus, chapter 49), in universal time."""
    t = k / 1236.85
    t2, t3, rad = t * t, t * t * t, pi / 180
    mean = 2415020.75933 + 29.53058868 * k + 0.0001178 * t2 - 0.000000155 * t3
    mean += 0.00033 * sin((166.56 + 132.87 * t - 0.009173 * t2) * rad)
    sun = (359.2242 + 29.10535608 * k - 0.0000333 * t2 - 0.00000347 * t3) * rad
    moon = (306.0253 + 385.81691806 * k + 0.0107306 * t2 + 0.00001236 * t3) * rad
    node = (21.2964 + 390.67050646 * k - 0.0016528 * t2 - 0.00000239 * t3) * rad
    moved = (0.1734 - 0.000393 * t) * sin(sun) + 0.0021 * sin(2 * sun) - 0.4068 * sin(moon) + 0.0161 * sin(2 * moon)
    moved += -0.0004 * sin(3 * moon) + 0.0104 * sin(2 * node) - 0.0051 * sin(sun + moon) - 0.0074 * sin(sun - moon)
    moved += 0.0004 * sin(2 * node + sun) - 0.0004 * sin(2 * node - sun) - 0.0006 * sin(2 * node + moon)
    moved += 0.0010 * sin(2 * node - moon) + 0.0005 * sin(2 * moon + sun)
    return mean + moved - _delta_t(t)


def _delta_t(t: float) -> float:
    """Dynamical minus universal time, in days."""
    if t < -11:
        return 0.001 + 0.000839 * t + 0.0002261 * t**2 - 0.00000845 * t**3 - 0.000000081 * t**4
    return -0.000278 + 0.000265 * t + 0.000262 * t**2


def _term(julian_day: int, zone: int) -> int:
    """Which twelfth of its way the sun is in at the local midnight that begins a day; 9 begins at the winter solstice."""
    t = (julian_day - 0.5 - zone / 24 - 2451545) / 36525
    t2, rad = t * t, pi / 180
    anomaly = 357.52910 + 35999.05030 * t - 0.0001559 * t2 - 0.00000048 * t * t2
    longitude = 280.46645 + 36000.76983 * t + 0.0003032 * t2
    longitude += (1.914600 - 0.004817 * t - 0.000014 * t2) * sin(anomaly * rad)
    longitude += (0.019993 - 0.000101 * t) * sin(2 * anomaly * rad) + 0.000290 * sin(3 * anomaly * rad)
    return floor((longitude % 360) / 30)
