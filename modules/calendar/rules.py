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
CHOICES = ('', 'daily', 'workdays', 'weekly', 'fortnightly', 'monthly', 'monthly_day', 'yearly')
"""What a form offers; a rule that is none of these is kept as it is."""


def rule_for(choice: str, first: date, also: Iterable[str] = ()) -> str:
    """The rule of a choice for a series that begins on a day; empty for none and for an unknown choice. `also` are further days
    of its weeks."""
    day, nth = DAYS[first.weekday()], (first.day - 1) // 7 + 1
    named = {day, *also}
    days = ','.join(each for each in DAYS if each in named)
    return {
        'daily': 'FREQ=DAILY',
        'workdays': f'FREQ=WEEKLY;BYDAY={WORKDAYS}',
        'weekly': f'FREQ=WEEKLY;BYDAY={days}',
        'fortnightly': f'FREQ=WEEKLY;INTERVAL=2;BYDAY={days}',
        'monthly': f'FREQ=MONTHLY;BYMONTHDAY={first.day}',
        'monthly_day': f'FREQ=MONTHLY;BYDAY={nth if nth < 5 else -1}{day}',
        'yearly': 'FREQ=YEARLY',
    }.get(choice, '')


def choice_of(rule: str, first: date) -> str:
    """The choice that a rule is, `other` when the form offers it not."""
    core = ';'.join(part for part in rule.split(';') if part.partition('=')[0] not in {'COUNT', 'UNTIL', 'WKST'})
    return next(
        (choice for choice in CHOICES if core in {rule_for(choice, first), rule_for(choice, first, days_of(rule))}), 'other'
    )


def days_of(rule: str) -> list[str]:
    """The days of the week that a rule names."""
    named = next((part[6:] for part in rule.split(';') if part.startswith('BYDAY=')), '')
    return [each for each in named.split(',') if each in DAYS]


def choice_label(choice: str, first: date, locale: str) -> str:
    return {
        '': _('Does not repeat'), 'daily': _('Daily'), 'workdays': _('Monday to Friday'),
        'weekly': _('Every week'), 'fortnightly': _('Every second week'),
        'monthly': _('Every month on day %(number)s', number=first.day),
        'monthly_day': words(rule_for('monthly_day', first), locale),
        'yearly': _('Every year on %(date)s', date=format_date(first, 'd MMMM', locale=locale)),
    }.get(choice, '')  # fmt: skip


def ending(rule: str, zone: ZoneInfo) -> date | None:
    """The last day that a rule names."""
    until = next((part[6:] for part in rule.split(';') if part.startswith('UNTIL=')), '')
    if not until:
        return None
    moment = datetime.strptime(until[:8], '%Y%m%d').date()  # noqa: DTZ007 - a calendar day has no zone
    if not until.endswith('Z'):
        return moment
    return datetime.strptime(until, '%Y%m%dT%H%M%SZ').replace(tzinfo=UTC).astimezone(zone).date()


def with_ending(rule: str, last: date | None, zone: ZoneInfo) -> str:
    """The rule with its end set to the end of a day, or without end."""
    kept = [part for part in rule.split(';') if part.partition('=')[0] not in {'COUNT', 'UNTIL'}]
    if last is not None:
        moment = datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=zone).astimezone(UTC)
        kept.append(f'UNTIL={moment:%Y%m%dT%H%M%SZ}')
    return ';'.join(kept)


def sentence(repeat: Repeat, locale: str, zone: ZoneInfo) -> str:
    """`Every week on Monday until 31/12/2026, except 2 days`."""
    parts = [words(repeat.rule, locale)]
    named = dict(part.partition('=')[::2] for part in repeat.rule.split(';'))
    if last := ending(repeat.rule, zone):
        parts.append(_('until %(date)s', date=day_text(last, locale)))
    elif 'COUNT' in named:
        parts.append(ngettext('%(num)s time', '%(num)s times', int(named['COUNT'])))
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
