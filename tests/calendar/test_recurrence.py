"""Repetition: the wall clock is kept, exceptions fall out, and no rule can keep the server busy."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from zoneinfo import ZoneInfo

import pytest

from modules.calendar.recurrence import (
    MOST,
    NotARule,
    Repeat,
    at_zone,
    check_rule,
    count_before,
    occurrences,
    parse_repeat,
    read_repeat,
    shifted,
)

PARIS, SAIGON = ZoneInfo('Europe/Paris'), ZoneInfo('Asia/Ho_Chi_Minh')
YEAR = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def at(*parts: int, zone: ZoneInfo = PARIS) -> datetime:
    year, month, day, *clock = parts
    return at_zone(datetime.combine(date(year, month, day), clock_time(*clock)), zone)


def test_nine_o_clock_stays_nine_o_clock_when_the_clocks_change() -> None:
    repeat = parse_repeat('FREQ=WEEKLY;BYDAY=MO TZID:Europe/Paris')
    found = occurrences(repeat, at(2026, 3, 23, 9), SAIGON, (at(2026, 3, 1), at(2026, 4, 10)))

    assert [each.astimezone(PARIS).strftime('%m-%d %H') for each in found] == ['03-23 09', '03-30 09', '04-06 09']
    assert [each.hour for each in found] == [8, 7, 7]


def test_a_time_that_the_clocks_leap_over_is_moved_by_the_leap_and_comes_back_the_next_day() -> None:
    repeat = parse_repeat('FREQ=DAILY TZID:Europe/Paris')
    found = occurrences(repeat, at(2026, 3, 28, 2, 30), SAIGON, (at(2026, 3, 28), at(2026, 3, 31)))

    assert [each.astimezone(PARIS).strftime('%d %H:%M') for each in found] == ['28 02:30', '29 03:30', '30 02:30']


def test_the_length_is_kept_by_the_clock() -> None:
    start, end = at(2026, 3, 22, 1), at(2026, 3, 22, 5)

    assert shifted(start, end, at(2026, 3, 29, 1), PARIS) == at(2026, 3, 29, 5)


@pytest.mark.parametrize(
    ('rule', 'days'),
    [
        ('FREQ=MONTHLY;BYMONTHDAY=31', ['01-31', '03-31', '05-31', '07-31', '08-31', '10-31', '12-31']),
        ('FREQ=MONTHLY;BYDAY=-1FR;COUNT=3', ['01-30', '02-27', '03-27']),
        ('FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;UNTIL=20260125T000000Z', ['01-20', '01-22']),
        ('FREQ=DAILY;UNTIL=20260112', ['01-10', '01-11', '01-12']),
        ('FREQ=YEARLY', ['01-10']),
    ],
)
def test_rules_of_the_standard_repeat_as_it_says(rule: str, days: list[str]) -> None:
    first = at(2026, 1, 10, 9, zone=SAIGON)
    found = occurrences(parse_repeat(rule), first, SAIGON, YEAR)

    assert [each.astimezone(SAIGON).strftime('%m-%d') for each in found] == days


def test_excluded_starts_fall_out_and_survive_the_way_through_text() -> None:
    first = at(2026, 11, 2, 9, zone=SAIGON)
    repeat = Repeat('FREQ=DAILY;COUNT=3', zone='Asia/Ho_Chi_Minh').without(first + timedelta(days=1))
    again = parse_repeat(str(repeat))

    assert again == repeat
    assert [each.day for each in occurrences(again, first, SAIGON, YEAR)] == [2, 4]


def test_a_series_is_cut_in_two_without_losing_or_doubling_an_occurrence() -> None:
    first = at(2026, 11, 2, 9, zone=SAIGON)
    whole = parse_repeat('FREQ=DAILY;COUNT=6').without(first + timedelta(days=4))
    cut = first + timedelta(days=2)
    before, after = whole.until(cut), whole.since(cut, count_before(whole, first, SAIGON, cut))

    apart = occurrences(before, first, SAIGON, YEAR) + occurrences(after, cut, SAIGON, YEAR)

    assert apart == occurrences(whole, first, SAIGON, YEAR)
    assert len(apart) == 5


@pytest.mark.parametrize(
    'text',
    ['', 'lunch', 'FREQ=SECONDLY', 'FREQ=HOURLY', 'FREQ=DAILY;COUNT=5000', 'FREQ=DAILY;INTERVAL=0', 'FREQ=WEEKLY;BYDAY=XX',
     'FREQ=DAILY;COUNT=2;UNTIL=20260101', 'FREQ=MONTHLY;BYMONTHDAY=40', 'FREQ=DAILY;BYHOUR=1,2', 'FREQ=DAILY;UNTIL=soon'],
)  # fmt: skip
def test_what_is_no_rule_is_refused_and_repeats_nothing(text: str) -> None:
    assert read_repeat(text) is None
    with pytest.raises(NotARule):
        check_rule(text)


def test_no_rule_keeps_the_server_busy() -> None:
    first, began = at(1990, 1, 1, 9, zone=SAIGON), time.process_time()

    never = occurrences(parse_repeat('FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1'), first, SAIGON, YEAR)
    always = occurrences(parse_repeat('FREQ=DAILY'), first, SAIGON, (YEAR[0], YEAR[0] + timedelta(days=3650)))

    assert (never, len(always)) == ([], MOST)
    assert time.process_time() - began < 2
