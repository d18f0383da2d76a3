"""How people write days and times of day, for every type and page that takes one. Knows no field.

The twin of `modules/web/static/web/days.js`; `tests/fieldtypes/test_days.py` holds both to one table.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime, time, timedelta

from schema.base.text import fold

DAY_PATTERNS = {'vi': 'dd/MM/yyyy', 'en': 'd MMM yyyy'}
NEAR_PATTERNS = {'vi': 'd/M', 'en': 'd MMM'}
"""Without the year. A month of a language that other people write first stands as a word."""
CENTURY = 69
"""Two digits of a year from here on are of the last century, as in birthdays; below they are of this one."""
PLAUSIBLE = range(1900, 2200)
"""Years that eight digits without marks may mean."""
WORDS = {
    'hom nay': 0, 'nay': 0, 'today': 0, 'mai': 1, 'ngay mai': 1, 'tomorrow': 1, 'kia': 2, 'ngay kia': 2, 'hom qua': -1,
    'qua': -1, 'yesterday': -1, 'hom kia': -2,
}  # fmt: skip
WEEKDAYS = {
    name: place
    for place, names in enumerate((
        't2 thu2 thuhai mon monday', 't3 thu3 thuba tue tuesday', 't4 thu4 thutu wed wednesday', 't5 thu5 thunam thu thursday',
        't6 thu6 thusau fri friday', 't7 thu7 thubay sat saturday', 'cn chunhat sun sunday',
    ))
    for name in names.split()
}  # fmt: skip
SHORT_MONTHS = ('Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec')
MONTHS = {name.lower(): place for place, name in enumerate(SHORT_MONTHS, 1)}
UNITS = {
    **dict.fromkeys(('', 'd', 'day', 'days', 'ngay'), 'days'), **dict.fromkeys(('w', 'week', 'weeks', 't', 'tuan'), 'weeks'),
    **dict.fromkeys(('m', 'month', 'months', 'th', 'thang'), 'months'),
    **dict.fromkeys(('y', 'year', 'years', 'n', 'nam'), 'years'),
}  # fmt: skip
_YEAR_FIRST = re.compile(r'^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$', re.ASCII)
_DAY_FIRST = re.compile(r'^(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})$', re.ASCII)
_NO_YEAR = re.compile(r'^(\d{1,2})/(\d{1,2})$', re.ASCII)
_DIGITS = re.compile(r'^(\d{2})(\d{2})(\d{4}|\d{2})$', re.ASCII)
_SPOKEN_DAY = re.compile(r'^(?:ngay )?(\d{1,2}) (?:thang|thg) (\d{1,2})(?:,? (?:nam )?(\d{4}))?$', re.ASCII)
_DAY_MONTH = re.compile(r'^(\d{1,2}) ([a-z]{3,9})\.?,? (\d{4})$', re.ASCII)
_MONTH_DAY = re.compile(r'^([a-z]{3,9})\.? (\d{1,2}),? (\d{4})$', re.ASCII)
_COUNTED = re.compile(r'^([+-]) ?(\d{1,4}) ?([a-z]*)$', re.ASCII)
_STAMP = re.compile(r'^\d{4}-\d\d-\d\d[T ]\d\d', re.ASCII)
_SPOKEN_TIME = re.compile(
    r'^(\d{1,2})(?:\s*(?:[:.h]|gio)\s*(\d{1,2})?)?(?:[:.](\d{2}))?\s*(?:phut)?\s*(am|pm|sa|ch|sang|chieu|toi)?$', re.ASCII
)
_AFTERNOON = {'pm', 'ch', 'chieu', 'toi'}


def day_text(day: date, locale: str) -> str:
    """`DAY_PATTERNS` without the tables of locales, which cost more than the rest of a row on a page."""
    if locale == 'vi':
        return f'{day.day:02}/{day.month:02}/{day.year:04}'
    return f'{day.day} {SHORT_MONTHS[day.month - 1]} {day.year:04}'


def short_day_text(day: date, locale: str) -> str:
    """Without its year."""
    return f'{day.day}/{day.month}' if locale == 'vi' else f'{day.day} {SHORT_MONTHS[day.month - 1]}'


def moment_text(local: datetime, locale: str) -> str:
    """The day with hours and minutes of 24 hours; `local` is in the zone of the person."""
    return f'{day_text(local, locale)} {local.hour:02}:{local.minute:02}'


def parse_day(text: str, today: date | None = None) -> str | None:
    """A day as people write it, day before month, to ISO; None when it is none. Words, counts (`+3`), days of the week to come
    and days without a year are read only where `today` is known, for they mean another day tomorrow."""
    text = fold(text)
    found = _dated(text)
    if found is None and today is not None:
        found = _moving(text, today)
    return found.isoformat() if found is not None else None


def parse_moment(text: str, today: date | None = None) -> str | None:
    """A day with a time, in either order, or one of both, to a local ISO moment; None when it is none. A day alone is its
    midnight; a time alone is today's."""
    text = text.strip()
    if _STAMP.match(text):
        return text if _is_stamp(text) else None
    words = fold(text).replace(',', ' ').split()
    for cut in range(len(words), -1, -1):
        for day, clock in ((words[:cut], words[cut:]), (words[cut:], words[:cut])):
            found = parse_day(' '.join(day), today) if day else (today.isoformat() if today and clock else None)
            hour = _clock(' '.join(clock), bare=bool(day)) if clock else '00:00'
            if found is not None and hour is not None:
                return f'{found}T{hour}'
    return None


def parse_time(text: str) -> str | None:
    """A time as people write it (`9h30`, `2:30 chiều`, `14 giờ`) to `HH:MM` or `HH:MM:SS`; None when it is none."""
    spoken = _SPOKEN_TIME.match(fold(text))
    if spoken is None or (spoken[2] is None and spoken[4] is None and text.isdigit()):
        return None
    hour, minute, second = int(spoken[1]), int(spoken[2] or 0), int(spoken[3] or 0)
    if spoken[4] and not 1 <= hour <= 12:
        return None
    if spoken[4]:
        hour = hour % 12 + (12 if spoken[4] in _AFTERNOON else 0)
    try:
        return show_time(time(hour, minute, second))
    except ValueError:
        return None


def show_time(value: time) -> str:
    """`14:05`, or `14:05:30` where the seconds say something."""
    return value.isoformat('seconds' if value.second else 'minutes')


def _dated(text: str) -> date | None:
    if spelled := _YEAR_FIRST.match(text):
        return _day(spelled[1], spelled[3], spelled[4])
    if spelled := _DAY_FIRST.match(text):
        return _day(spelled[4], spelled[3], spelled[1])
    if spelled := _DIGITS.match(text):
        return _of_digits(text, *spelled.groups())
    if spelled := _SPOKEN_DAY.match(text):
        return _day(spelled[3], spelled[2], spelled[1]) if spelled[3] else None
    if spelled := _DAY_MONTH.match(text):
        return _named(spelled[3], spelled[2], spelled[1])
    if spelled := _MONTH_DAY.match(text):
        return _named(spelled[3], spelled[1], spelled[2])
    return None


def _moving(text: str, today: date) -> date | None:
    if text in WORDS:
        return today + timedelta(days=WORDS[text])
    if text.replace(' ', '') in WEEKDAYS:
        ahead = (WEEKDAYS[text.replace(' ', '')] - today.weekday() - 1) % 7 + 1
        return today + timedelta(days=ahead)
    if spelled := _NO_YEAR.match(text) or _SPOKEN_DAY.match(text):
        return _day(str(today.year), spelled[2], spelled[1])
    if (spelled := _COUNTED.match(text)) and (unit := UNITS.get(spelled[3])):
        return _stepped(today, int(spelled[1] + spelled[2]), unit)
    return None


def _day(year: str, month: str, day: str) -> date | None:
    whole = int(year) + (0 if len(year) == 4 else 2000 if int(year) < CENTURY else 1900)
    try:
        return date(whole, int(month), int(day))
    except ValueError:
        return None


def _of_digits(text: str, day: str, month: str, year: str) -> date | None:
    if len(year) == 2 or int(year) in PLAUSIBLE:
        found = _day(year, month, day)
        if found is not None or len(year) == 2:
            return found
    return _day(text[:4], text[4:6], text[6:]) if int(text[:4]) in PLAUSIBLE else None


def _named(year: str, month: str, day: str) -> date | None:
    number = MONTHS.get(month[:3])
    whole = calendar.month_name[number].lower() if number else ''
    fits = number and (len(month) == 3 or whole == month or month == 'sept')
    return _day(year, str(number), day) if fits else None


def _stepped(day: date, count: int, unit: str) -> date | None:
    """Months and years keep the day of the month, or take the last one of a shorter month."""
    try:
        if unit in {'days', 'weeks'}:
            return day + timedelta(**{unit: count})
        year, month = divmod(day.year * 12 + day.month - 1 + count * (12 if unit == 'years' else 1), 12)
        return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
    except (ValueError, OverflowError):
        return None


def _is_stamp(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _clock(text: str, *, bare: bool) -> str | None:
    """Beside a day, plain digits are an hour (`9`) or an hour with minutes (`0930`)."""
    if bare and text.isascii() and text.isdigit() and len(text) in {1, 2, 4}:
        text = f'{text[:-2] or text}:{text[-2:]}' if len(text) == 4 else f'{text}:00'
    return parse_time(text)
