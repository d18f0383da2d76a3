"""Rules of repetition as RFC 5545 has them: read, written and expanded within a span. Knows no record and no clock.

Everything is counted on the wall clock of the series' zone, so that nine o'clock stays nine o'clock when the clocks change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.rrule import rrule, rrulestr

MOST = 400
"""Occurrences of one series within one span."""
DAYS = ('MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU')
MOST_COUNT, MOST_INTERVAL = 1000, 999
PARTS = {
    'DAILY': frozenset({'BYDAY', 'BYMONTH'}),
    'WEEKLY': frozenset({'BYDAY', 'BYMONTH'}),
    'MONTHLY': frozenset({'BYDAY', 'BYMONTH', 'BYMONTHDAY', 'BYSETPOS'}),
    'YEARLY': frozenset({'BYDAY', 'BYMONTH', 'BYMONTHDAY', 'BYSETPOS'}),
}
ALWAYS = frozenset({'FREQ', 'INTERVAL', 'COUNT', 'UNTIL', 'WKST'})
_CYCLE = 400  # years after which the Gregorian calendar repeats itself, days of the week included
_LAST_YEAR = 9998
_NUMBERS = {'COUNT': MOST_COUNT, 'INTERVAL': MOST_INTERVAL, 'BYMONTH': 12, 'BYMONTHDAY': 31, 'BYSETPOS': 366}
_FROM_THE_END = ('BYMONTHDAY', 'BYSETPOS')
_ANY = datetime(2024, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_STAMP = '%Y%m%dT%H%M%SZ'


class NotARule(ValueError):
    """The text is no rule that this product repeats by."""


@dataclass(frozen=True)
class Repeat:
    """`rule` without its name; `excluded` are starts that fall out; `zone` is empty where the installation's holds."""

    rule: str
    excluded: frozenset[datetime] = frozenset()
    zone: str = ''

    def __str__(self) -> str:
        stamps = ','.join(each.astimezone(UTC).strftime(_STAMP) for each in sorted(self.excluded))
        parts = [f'RRULE:{self.rule}', f'EXDATE:{stamps}' if stamps else '', f'TZID:{self.zone}' if self.zone else '']
        return ' '.join(part for part in parts if part)

    def without(self, start: datetime) -> Repeat:
        """The same with one start taken out."""
        return replace(self, excluded=self.excluded | {start.astimezone(UTC)})

    def until(self, before: datetime) -> Repeat:
        """The same, ended before a start; a count gives way to the end."""
        kept = [part for part in self.rule.split(';') if part.partition('=')[0] not in {'COUNT', 'UNTIL'}]
        last = (before.astimezone(UTC) - timedelta(seconds=1)).strftime(_STAMP)
        excluded = frozenset(each for each in self.excluded if each < before)
        return replace(self, rule=';'.join([*kept, f'UNTIL={last}']), excluded=excluded)

    def since(self, start: datetime, passed: int) -> Repeat:
        """What is left of it from a start on that `passed` others went before."""
        counted = _parts_of(self.rule).get('COUNT')
        rule = self.rule
        if counted is not None:
            left = max(1, int(counted) - passed)
            rule = ';'.join(f'COUNT={left}' if part.startswith('COUNT=') else part for part in rule.split(';'))
        return replace(self, rule=rule, excluded=frozenset(each for each in self.excluded if each >= start))


def read_repeat(text: str | None) -> Repeat | None:
    """The rule that a field holds; None when it holds none, or none that can be repeated by."""
    try:
        return parse_repeat(text) if text else None
    except NotARule:
        return None


def parse_repeat(text: str) -> Repeat:
    """`RRULE:FREQ=WEEKLY;BYDAY=MO EXDATE:20261130T020000Z TZID:Europe/Paris`, or the rule alone. Raises: NotARule."""
    rule, excluded, zone = '', set(), ''
    for part in text.split():
        name, colon, rest = part.partition(':')
        if not colon or name.upper() == 'RRULE':
            rule = check_rule(rest or part)
        elif name.upper() == 'EXDATE':
            excluded |= {_instant(stamp) for stamp in rest.split(',')}
        elif name.upper() == 'TZID':
            zone = rest if zone_of(rest) else ''
    if not rule:
        raise NotARule(text[:80])
    return Repeat(rule, frozenset(excluded), zone)


def check_rule(rule: str) -> str:
    """The rule in capitals. Raises: NotARule, also for what would repeat within a day or hardly ever."""
    rule = rule.strip().upper().removeprefix('RRULE:').rstrip(';')
    parts = _parts_of(rule)
    allowed = PARTS.get(parts.get('FREQ', ''))
    if allowed is None or parts.keys() - allowed - ALWAYS or {'COUNT', 'UNTIL'} <= parts.keys():
        raise NotARule(rule[:80])
    for name, most in _NUMBERS.items():
        for value in parts.get(name, '1').split(','):
            digits = value.removeprefix('-') if name in _FROM_THE_END else value
            if not digits.isascii() or not digits.isdigit() or not 1 <= int(digits) <= most:
                raise NotARule(rule[:80])
    try:
        rrulestr(_floating(rule, ZoneInfo('UTC')), dtstart=_ANY)
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError) as error:
        raise NotARule(rule[:80]) from error
    return rule


def occurrences(repeat: Repeat, start: datetime, zone: ZoneInfo, span: tuple[datetime, datetime]) -> list[datetime]:
    """Starts of the series within `[span[0], span[1])`, at most `MOST`, in UTC and in order. `start` is the first one."""
    zone = zone_of(repeat.zone) or zone
    first = start.astimezone(zone).replace(tzinfo=None)
    low, high = (moment.astimezone(zone).replace(tzinfo=None) for moment in span)
    found = []
    for local in _walk(repeat.rule, zone, first, high):
        if local >= low - timedelta(hours=3):
            instant = at_zone(local, zone)
            if span[0] <= instant < span[1] and instant not in repeat.excluded:
                found.append(instant)
            if len(found) == MOST:
                break
    return found


def count_before(repeat: Repeat, start: datetime, zone: ZoneInfo, before: datetime) -> int:
    """How many starts of the series, also excluded ones, come before a moment."""
    zone = zone_of(repeat.zone) or zone
    first = start.astimezone(zone).replace(tzinfo=None)
    high = before.astimezone(zone).replace(tzinfo=None)
    return sum(1 for _ in _walk(repeat.rule, zone, first, high))


def moved_rule(rule: str, by_days: int, first: date) -> str:
    """The rule of a series that was moved by whole days so that it begins on `first`."""
    if not by_days:
        return rule
    parts = dict(part.partition('=')[::2] for part in rule.split(';'))
    if parts['FREQ'] == 'MONTHLY' and parts.get('BYMONTHDAY', '').isdigit():
        parts['BYMONTHDAY'] = str(first.day)
    elif parts['FREQ'] == 'MONTHLY' and parts.get('BYDAY', '') and ',' not in parts['BYDAY']:
        nth = (first.day - 1) // 7 + 1
        parts['BYDAY'] = f'{nth if nth < 5 and not parts["BYDAY"].startswith("-") else -1}{DAYS[first.weekday()]}'
    elif 'BYDAY' in parts and parts['FREQ'] in {'WEEKLY', 'DAILY'}:
        named = [DAYS[(DAYS.index(each) + by_days) % 7] for each in parts['BYDAY'].split(',') if each in DAYS]
        parts['BYDAY'] = ','.join(sorted(named, key=DAYS.index))
    return ';'.join(f'{name}={value}' for name, value in parts.items())


def at_zone(local: datetime, zone: ZoneInfo) -> datetime:
    """A wall time as an instant; one that the clocks leap over is moved by as much as they leap."""
    return local.replace(tzinfo=zone).astimezone(UTC)


def shifted(start: datetime, end: datetime | None, to: datetime, zone: ZoneInfo) -> datetime | None:
    """The end of an occurrence that starts at `to`: as long by the clock as the first one."""
    if end is None:
        return None
    length = end.astimezone(zone).replace(tzinfo=None) - start.astimezone(zone).replace(tzinfo=None)
    return at_zone(to.astimezone(zone).replace(tzinfo=None) + length, zone)


def zone_of(name: str) -> ZoneInfo | None:
    """A zone by its name of the tz database; None for no or an unknown one."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _walk(rule: str, zone: ZoneInfo, first: datetime, high: datetime) -> Iterator[datetime]:
    """Wall times of the rule before `high`.

    A rule that never comes true is sought until the year 9999; moved to the last 400 years, that is soon over.
    """
    years = max(0, (_LAST_YEAR - max(high.year, first.year)) // _CYCLE * _CYCLE)
    made = rrulestr(_floating(rule, zone, years), dtstart=first.replace(year=first.year + years))
    assert isinstance(made, rrule)
    far = high.replace(year=high.year + years)
    for moment in made:
        if moment >= far:
            return
        yield moment.replace(year=moment.year - years)


def _floating(rule: str, zone: ZoneInfo, years: int = 0) -> str:
    """The rule with its end on the wall clock, `years` later."""
    parts = []
    for part in rule.split(';'):
        name, _, value = part.partition('=')
        if name == 'UNTIL':
            moment = _instant(value).astimezone(zone) if value.endswith('Z') else _local(value)
            part = f'UNTIL={moment.replace(year=min(moment.year + years, 9999)):%Y%m%dT%H%M%S}'
        parts.append(part)
    return ';'.join(parts)


def _parts_of(rule: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.partition('=') for part in rule.split(';'))}


def _instant(stamp: str) -> datetime:
    """Raises: NotARule."""
    try:
        return datetime.strptime(stamp.strip(), _STAMP).replace(tzinfo=UTC)
    except ValueError as error:
        raise NotARule(stamp[:40]) from error


def _local(stamp: str) -> datetime:
    """An end without a zone; a day lasts to its end. Raises: NotARule."""
    for form in ('%Y%m%dT%H%M%S', '%Y%m%d'):
        try:
            moment = datetime.strptime(stamp, form)  # noqa: DTZ007 - an end on the wall clock has no zone
        except ValueError:
            continue
        return moment if 'T' in stamp else moment.replace(hour=23, minute=59, second=59)
    raise NotARule(stamp[:40])
