"""The functions of formulas: small, pure, the same result at every call. Knows no field and no engine."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from schema.definitions import Texts

MOST_TEXT = 10_000
MOST_DAYS = 3_000_000
EXACT_DIGITS = 15
"""A double keeps every decimal of so many digits."""


class Failed(Exception):
    """A call that has no result; `args[0]` is the code of the finding."""


@dataclass(frozen=True)
class Function:
    """`takes` lists the kinds of arguments of each way to call it; `gives` is the kind of result."""

    key: str
    takes: tuple[tuple[str, ...], ...]
    gives: str
    compute: Callable[..., Any]
    example: str
    texts: Texts


def decimal_of(number: float) -> Decimal:
    """The decimal people mean: 0.1 + 0.2 is 0.3. Raises: Failed for infinity, no number, and what 15 digits cannot tell."""
    if not math.isfinite(number) or abs(number) >= 10**EXACT_DIGITS:
        raise Failed('REC-W052')
    return Decimal(format(number, f'.{EXACT_DIGITS}g'))


def round_number(number: float, places: float = 0) -> float:
    """Half up, as people do by hand."""
    if not -15 <= places <= 15:
        raise Failed('REC-W052')
    return float(decimal_of(number).quantize(Decimal(1).scaleb(-int(places)), rounding=ROUND_HALF_UP))


def _days(start: datetime, end: datetime) -> float:
    return float((end - start) // timedelta(days=1))


def _hours(start: datetime, end: datetime) -> float:
    return (end - start) / timedelta(hours=1)


def _add_days(start: datetime, days: float) -> datetime:
    if not abs(days) <= MOST_DAYS:
        raise Failed('REC-W053')
    try:
        return start + timedelta(days=days)
    except OverflowError:
        raise Failed('REC-W053') from None


def _add_months(start: datetime, months: float) -> datetime:
    """The same day of another month; its last day when there is none."""
    if not abs(months) <= 120_000:
        raise Failed('REC-W053')
    total = start.year * 12 + start.month - 1 + int(months)
    year, month = divmod(total, 12)
    for day in range(start.day, 27, -1) if start.day > 28 else (start.day,):
        try:
            return start.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    try:
        return start.replace(year=year, month=month + 1, day=28)
    except ValueError:
        raise Failed('REC-W053') from None


def _date(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text[:10]).replace(tzinfo=UTC)
    except ValueError:
        raise Failed('REC-W053') from None


def _join(separator: str, *parts: str) -> str:
    return separator.join(each for each in parts if each)


def _number_text(number: float) -> str:
    return format(decimal_of(number).normalize(), 'f')


def _count(number: float) -> int:
    if not 0 <= number <= MOST_TEXT:
        raise Failed('REC-W054')
    return int(number)


N, T, D, B = 'number', 'text', 'moment', 'boolean'


def _listed() -> tuple[Function, ...]:
    several_numbers = tuple((N,) * count for count in (2, 3, 4))
    several_texts = tuple((T,) * count for count in range(2, 10))
    return (
        Function('round', ((N,), (N, N)), N, round_number, 'round(amount / 3, 2)',
                 {'en': 'Rounded half up, to whole numbers or so many places', 'vi': 'Làm tròn, có thể chọn số chữ số lẻ'}),
        Function('floor', ((N,),), N, lambda x: float(math.floor(decimal_of(x))), 'floor(amount)',
                 {'en': 'The whole number below', 'vi': 'Làm tròn xuống số nguyên'}),
        Function('ceil', ((N,),), N, lambda x: float(math.ceil(decimal_of(x))), 'ceil(amount)',
                 {'en': 'The next whole number above', 'vi': 'Làm tròn lên số nguyên'}),
        Function('abs', ((N,),), N, abs, 'abs(amount)', {'en': 'Without its sign', 'vi': 'Giá trị tuyệt đối'}),
        Function('min', several_numbers, N, min, 'min(amount, 100)', {'en': 'The smallest', 'vi': 'Số nhỏ nhất'}),
        Function('max', several_numbers, N, max, 'max(amount, 0)', {'en': 'The largest', 'vi': 'Số lớn nhất'}),
        Function('join', several_texts, T, _join, "join(' ', last_name, first_name)",
                 {'en': 'Texts one after another with a separator; blank ones are skipped',
                  'vi': 'Nối các đoạn chữ bằng dấu phân cách, bỏ qua ô trống'}),
        Function('text', ((N,),), T, _number_text, 'text(quantity)', {'en': 'A number as text', 'vi': 'Đổi số thành chữ'}),
        Function('upper', ((T,),), T, str.upper, 'upper(code)', {'en': 'In capitals', 'vi': 'Viết hoa'}),
        Function('lower', ((T,),), T, str.lower, 'lower(code)', {'en': 'In small letters', 'vi': 'Viết thường'}),
        Function('trim', ((T,),), T, str.strip, 'trim(code)', {'en': 'Without outer spaces', 'vi': 'Bỏ khoảng trắng hai đầu'}),
        Function('left', ((T, N),), T, lambda text, count: text[: _count(count)], 'left(code, 3)',
                 {'en': 'The first letters', 'vi': 'Các chữ đầu'}),
        Function('right', ((T, N),), T, lambda text, count: text[max(0, len(text) - _count(count)) :], 'right(code, 3)',
                 {'en': 'The last letters', 'vi': 'Các chữ cuối'}),
        Function('length', ((T,),), N, lambda text: float(len(text)), 'length(code)',
                 {'en': 'How many letters', 'vi': 'Số chữ'}),
        Function('days', ((D, D),), N, _days, 'days(start, end)',
                 {'en': 'Whole days from the first to the second', 'vi': 'Số ngày từ mốc đầu đến mốc sau'}),
        Function('hours', ((D, D),), N, _hours, 'hours(start, end)',
                 {'en': 'Hours from the first to the second', 'vi': 'Số giờ từ mốc đầu đến mốc sau'}),
        Function('add_days', ((D, N),), D, _add_days, 'add_days(start, 30)',
                 {'en': 'So many days later', 'vi': 'Cộng thêm số ngày'}),
        Function('add_months', ((D, N),), D, _add_months, 'add_months(start, 1)',
                 {'en': 'So many months later', 'vi': 'Cộng thêm số tháng'}),
        Function('date', ((T,),), D, _date, "date('2026-01-31')", {'en': 'A date written out', 'vi': 'Một ngày cố định'}),
        Function('year', ((D,),), N, lambda at: float(at.year), 'year(start)', {'en': 'The year', 'vi': 'Năm'}),
        Function('month', ((D,),), N, lambda at: float(at.month), 'month(start)',
                 {'en': 'The month, 1 to 12', 'vi': 'Tháng'}),
        Function('day', ((D,),), N, lambda at: float(at.day), 'day(start)',
                 {'en': 'The day of the month', 'vi': 'Ngày trong tháng'}),
        Function('weekday', ((D,),), N, lambda at: float(at.isoweekday()), 'weekday(start)',
                 {'en': 'The day of the week: Monday is 1', 'vi': 'Thứ trong tuần: thứ Hai là 1'}),
    )  # fmt: skip


FUNCTIONS: Mapping[str, Function] = {each.key: each for each in _listed()}
"""By name. `coalesce(a, b, …)`, the first that is filled, and `blank(a)` belong to the language; see `text`."""
