"""The Vietnamese lunar calendar against known days, and the arithmetic of working time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from modules.workdays.service import WEEKS, Override, WorkCalendar
from workflows.lunar import births_on, lunar_of, new_year

HANOI = ZoneInfo('Asia/Ho_Chi_Minh')
TET = """
1990-01-27 1991-02-15 1992-02-04 1993-01-23 1994-02-10 1995-01-31 1996-02-19 1997-02-07 1998-01-28 1999-02-16 2000-02-05
2001-01-24 2002-02-12 2003-02-01 2004-01-22 2005-02-09 2006-01-29 2007-02-17 2008-02-07 2009-01-26 2010-02-14 2011-02-03
2012-01-23 2013-02-10 2014-01-31 2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05 2020-01-25 2021-02-12 2022-02-01
2023-01-22 2024-02-10 2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13 2030-02-02
"""


def calendar(own: dict[date, Override] | None = None, week: str = 'mon_fri') -> WorkCalendar:
    return WorkCalendar(WEEKS[week], time(8), time(17, 30), own or {})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HANOI)


def test_tet_falls_on_the_days_on_which_it_was_kept() -> None:
    assert [new_year(year).isoformat() for year in range(1990, 2031)] == TET.split()


@pytest.mark.parametrize(
    ('year', 'day'),
    [(1968, '1968-01-29'), (1985, '1985-01-21'), (2007, '2007-02-17'), (2030, '2030-02-02')],
    ids=['a day before Beijing, 1968', 'a month before Beijing, 1985', 'a day before, 2007', 'a day before, 2030'],
)
def test_tet_differs_from_beijing_where_the_hour_between_the_zones_decides(year: int, day: str) -> None:
    assert new_year(year).isoformat() == day


def test_every_day_of_a_century_has_one_place_in_the_calendar() -> None:
    day, before = date(1950, 1, 2), lunar_of(date(1950, 1, 1))
    while day < date(2050, 1, 1):
        found = lunar_of(day)
        assert found.day == (1 if before.is_last else before.day + 1)
        day, before = day + timedelta(days=1), found


def test_lunar_birthdays_follow_the_moon_and_skip_leap_months() -> None:
    born = date(1990, 5, 4)  # the tenth of the fourth month
    days = [day for day in (date(2025, 1, 1) + timedelta(days=n) for n in range(365 * 4)) if born in births_on(day)]

    assert [(lunar_of(day).day, lunar_of(day).month, lunar_of(day).leap) for day in days] == [(10, 4, False)] * 4


def test_whoever_was_born_in_a_leap_month_celebrates_in_the_month_of_its_number() -> None:
    born = date(2025, 8, 1)  # the eighth of the second sixth month of 2025

    assert (lunar_of(born).month, lunar_of(born).leap) == (6, True)
    assert [
        day.isoformat() for day in (date(2026, 1, 1) + timedelta(days=n) for n in range(365)) if born in births_on(day)
    ] == ['2026-07-21']


def test_the_thirtieth_falls_on_the_last_day_of_a_short_month() -> None:
    born = next(day for day in (date(1990, 1, 1) + timedelta(days=n) for n in range(365)) if lunar_of(day).day == 30)
    days = [day for day in (date(2020, 1, 1) + timedelta(days=n) for n in range(366 * 8)) if born in births_on(day)]

    assert 7 <= len(days) <= 9
    assert all(lunar_of(day).is_last for day in days)
    assert {lunar_of(day).day for day in days} == {29, 30}


@pytest.mark.parametrize(
    ('day', 'working'),
    [('2026-02-16', False), ('2026-02-20', False), ('2026-02-23', True), ('2026-04-27', False), ('2026-09-02', False),
     ('2026-08-31', False), ('2026-08-22', True), ('2026-08-29', False), ('2026-05-04', True)],
    ids=['Tết eve', 'fourth of Tết', 'after Tết', 'for the Hùng kings on a Sunday', 'national day', 'exchanged Monday',
         'Saturday worked for it', 'another Saturday', 'a Monday'],
)  # fmt: skip
def test_public_days_of_vietnam_are_off_and_exchanged_ones_worked(day: str, working: bool) -> None:
    assert calendar().is_working(date.fromisoformat(day)) is working


def test_what_the_company_decides_goes_before_the_public_calendar() -> None:
    own = {
        date(2026, 2, 20): Override(working=True, name='Trực Tết'),
        date(2026, 5, 4): Override(working=False, name='Du lịch'),
    }
    known = calendar(own)

    assert (known.is_working(date(2026, 2, 20)), known.is_working(date(2026, 5, 4))) == (True, False)
    assert known.tell(date(2026, 5, 4), 'vi').name == 'Du lịch'


def test_days_off_move_to_the_working_day_before_or_after() -> None:
    known, mung_2 = calendar(), date(2026, 2, 18)

    assert known.shift(mung_2, 'keep') == mung_2
    assert known.shift(mung_2, 'before') == date(2026, 2, 13)  # the Friday before
    assert known.shift(mung_2, 'after') == date(2026, 2, 23)
    assert known.shift(date(2026, 5, 4), 'before') == date(2026, 5, 4)


def test_working_days_keep_the_time_of_day_and_leave_out_tet() -> None:
    assert calendar().add_days(at('2026-02-13T15:20'), 2, HANOI) == at('2026-02-24T15:20')


@pytest.mark.parametrize(
    ('begun', 'hours', 'ends'),
    [('2026-05-04T09:00', 4, '2026-05-04T13:00'), ('2026-05-04T16:30', 2, '2026-05-05T09:00'),
     ('2026-05-08T17:00', 1, '2026-05-11T08:30'), ('2026-05-09T12:00', 1, '2026-05-11T09:00'),
     ('2026-05-04T06:00', 9.5, '2026-05-04T17:30'), ('2026-02-13T16:30', 2, '2026-02-23T09:00'),
     ('2026-05-04T20:00', 19, '2026-05-06T17:30')],
    ids=['within a day', 'over a night', 'over a weekend', 'begun on a Saturday', 'a whole day', 'over Tết', 'two whole days'],
)  # fmt: skip
def test_working_hours_count_while_the_company_is_open(begun: str, hours: float, ends: str) -> None:
    assert calendar().add_hours(at(begun), hours, HANOI) == at(ends)


def test_hours_that_end_before_they_begin_last_all_day() -> None:
    known = WorkCalendar(WEEKS['all'], time(8), time(8), {})

    assert known.add_hours(at('2026-05-04T20:00'), 24, HANOI) == at('2026-05-05T20:00')
