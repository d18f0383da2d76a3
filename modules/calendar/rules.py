"""Rules of repetition as people choose them and read them: the few that a form offers, and any rule in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_day_names, get_month_names
from flask_babel import gettext as _
from flask_babel import ngettext

from modules.calendar.recurrence import DAYS, Repeat
from schema.fieldtypes.days import day_text

WORKDAYS = 'MO,TU,WE,TH,FR'
CHOICES = ('', 'daily', 'workdays', 'weekly', 'monthly', 'monthly_day', 'yearly')
"""What a form offers, each but the workdays every so many times; a rule that is none of these is kept as it is."""
ENDS = ('', 'until', 'times')
"""How a form lets a series end: never, with a day, after so many times."""


def rule_for(choice: str, first: date, also: Iterable[str] = (), every: int = 1) -> str:
    """The rule of a choice for a series that begins on a day; empty for none and for an unknown choice. `also` are further days
    of its weeks; `every` second, third… day, week, month or year."""
    day, nth = DAYS[first.weekday()], (first.day - 1) // 7 + 1
    named = {day, *also}
    days = ','.join(each for each in DAYS if each in named)
    often = f';INTERVAL={every}' if every > 1 else ''
    return {
        'daily': f'FREQ=DAILY{often}',
        'workdays': f'FREQ=WEEKLY;BYDAY={WORKDAYS}',
        'weekly': f'FREQ=WEEKLY{often};BYDAY={days}',
        'monthly': f'FREQ=MONTHLY{often};BYMONTHDAY={first.day}',
        'monthly_day': f'FREQ=MONTHLY{often};BYDAY={nth if nth < 5 else -1}{day}',
        'yearly': f'FREQ=YEARLY{often}',
    }.get(choice, '')


def choice_of(rule: str, first: date) -> str:
    """The choice that a rule is, `other` when the form offers it not."""
    also, every = days_of(rule), every_of(rule)
    made = ((choice, rule_for(choice, first, days, every)) for choice in CHOICES for days in ((), also))
    return next((choice for choice, each in made if core_of(rule) == core_of(each)), 'other')


def core_of(rule: str) -> frozenset[str]:
    """What a rule says but for its end, however it is written."""
    return frozenset(
        part for part in rule.split(';') if part.partition('=')[0] not in {'COUNT', 'UNTIL', 'WKST'} and part != 'INTERVAL=1'
    )


def every_of(rule: str) -> int:
    """Every how many days, weeks, months or years."""
    return int(_part(rule, 'INTERVAL') or 1)


def times_of(rule: str) -> int | None:
    """After how many times a rule ends."""
    return int(counted) if (counted := _part(rule, 'COUNT')) else None


def days_of(rule: str) -> list[str]:
    """The days of the week that a rule names."""
    return [each for each in _part(rule, 'BYDAY').split(',') if each in DAYS]


def choice_label(choice: str, first: date, locale: str) -> str:
    return {
        '': _('Does not repeat'), 'daily': _('Daily'), 'workdays': _('Monday to Friday'),
        'weekly': _('Weekly'), 'monthly': words(rule_for('monthly', first), locale),
        'monthly_day': words(rule_for('monthly_day', first), locale),
        'yearly': _('Yearly on %(date)s', date=format_date(first, 'd MMMM', locale=locale)),
    }.get(choice, '')  # fmt: skip


def ending(rule: str, zone: ZoneInfo) -> date | None:
    """The last day that a rule names."""
    until = _part(rule, 'UNTIL')
    if not until:
        return None
    moment = datetime.strptime(until[:8], '%Y%m%d').date()  # noqa: DTZ007 - a calendar day has no zone
    if not until.endswith('Z'):
        return moment
    return datetime.strptime(until, '%Y%m%dT%H%M%SZ').replace(tzinfo=UTC).astimezone(zone).date()


def with_ending(rule: str, last: date | None, zone: ZoneInfo, times: int | None = None) -> str:
    """The rule ended with a day, else after so many times, or without end."""
    kept = [part for part in rule.split(';') if part.partition('=')[0] not in {'COUNT', 'UNTIL'}]
    if last is not None:
        moment = datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=zone).astimezone(UTC)
        kept.append(f'UNTIL={moment:%Y%m%dT%H%M%SZ}')
    elif times is not None:
        kept.append(f'COUNT={times}')
    return ';'.join(kept)


def sentence(repeat: Repeat, locale: str, zone: ZoneInfo) -> str:
    """`Every week on Monday until 31/12/2026, except 2 days`."""
    parts = [words(repeat.rule, locale)]
    if last := ending(repeat.rule, zone):
        parts.append(_('until %(date)s', date=day_text(last, locale)))
    elif times := times_of(repeat.rule):
        parts.append(ngettext('%(num)s time', '%(num)s times', times))
    if repeat.excluded:
        parts.append(ngettext('except %(num)s day', 'except %(num)s days', len(repeat.excluded)))
    return ', '.join(parts)


def words(rule: str, locale: str) -> str:
    """How often, in words; the parts of a rule that have none are left as they are written."""
    parts = dict(part.partition('=')[::2] for part in rule.split(';'))
    number = int(parts.get('INTERVAL', '1'))
    once = {'DAILY': _('Daily'), 'WEEKLY': _('Weekly'), 'MONTHLY': _('Monthly'), 'YEARLY': _('Yearly')}
    several = {
        'DAILY': _('Every %(num)s days', num=number), 'WEEKLY': _('Every %(num)s weeks', num=number),
        'MONTHLY': _('Every %(num)s months', num=number), 'YEARLY': _('Every %(num)s years', num=number),
    }  # fmt: skip
    often = (once if number == 1 else several)[parts['FREQ']]
    days = parts.get('BYDAY', '')
    if days == WORKDAYS and number == 1:
        return _('Monday to Friday')
    if days:
        often = _('%(often)s on %(days)s', often=often, days=', '.join(_weekdays(days.split(','), locale)))
    if 'BYMONTHDAY' in parts:
        often = _('%(often)s on day %(days)s', often=often, days=parts['BYMONTHDAY'].replace(',', ', '))
    if 'BYMONTH' in parts:
        names = get_month_names('wide', locale=locale)
        months = ', '.join(names[int(each)] for each in parts['BYMONTH'].split(','))
        often = _('%(often)s in %(months)s', often=often, months=months)
    return f'{often} ({parts["BYSETPOS"]})' if 'BYSETPOS' in parts else often


def _part(rule: str, name: str) -> str:
    """What a rule says of one of its parts, '' when nothing."""
    return next((part[len(name) + 1 :] for part in rule.split(';') if part.startswith(f'{name}=')), '')


def _weekdays(days: Iterable[str], locale: str) -> Iterable[str]:
    for each in days:
        number, name = each[:-2].lstrip('+'), _day(DAYS.index(each[-2:]), locale)
        if number == '-1':
            yield _('the last %(day)s', day=name)
        elif number:
            yield _('%(day)s number %(number)s', day=name, number=number)
        else:
            yield name


def _day(number: int, locale: str) -> str:
    return str(get_day_names('wide', locale=locale)[number])
