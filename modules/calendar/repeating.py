"""How often an event repeats, as the dialogue shows it and reads it. Knows no grid and writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import g, request

from modules.calendar import rules
from modules.calendar.events import calendar_of, instant, repeat_of, series_zone
from modules.calendar.recurrence import MOST_COUNT, MOST_INTERVAL, Repeat, count_before, moved_rule
from modules.records.model import Record
from modules.web.pages.context import Desk
from modules.web.typed_values import typed_day
from schema.base.errors import Invalid
from schema.base.numbers import whole

NEVER: Mapping[str, Any] = {'choice': '', 'every': '1', 'ends': '', 'until': '', 'times': '', 'on': ()}
"""What the dialogue shows of an event that does not repeat."""


def repeat_for(record: Record, zone: ZoneInfo, home: ZoneInfo) -> Repeat | None:
    """The rule of a series on the days of a reader's zone, which may be a day ahead of the clock of the series or behind it."""
    repeat, first = repeat_of(record), instant(record.values.get(calendar_of(record.entity).start), zone)
    if repeat is None or first is None:
        return repeat
    there, here = _first_days(record, first, zone, home)
    return replace(repeat, rule=moved_rule(repeat.rule, (here - there).days, here))


def typed_repeat(record: Record, zone: ZoneInfo, home: ZoneInfo) -> dict[str, Any]:
    """The rule of a series as the dialogue shows it."""
    repeat = repeat_for(record, zone, home)
    if repeat is None:
        return dict(NEVER)
    rule, first = repeat.rule, instant(record.values.get(calendar_of(record.entity).start), zone)
    here = _first_days(record, first, zone, home)[1] if first is not None else None
    last, times = rules.ending(rule, zone), rules.times_of(rule)
    return {
        'choice': rules.choice_of(rule, here) if here is not None else 'other',
        'every': str(rules.every_of(rule)), 'ends': 'until' if last else 'times' if times else '',
        'until': last.isoformat() if last else '', 'times': str(times or ''), 'on': rules.days_of(rule),
    }  # fmt: skip


def sent_again() -> dict[str, Any]:
    """The same as it was typed."""
    return {
        **{name: request.form.get(name, '') for name in ('every', 'ends', 'until', 'times')},
        'choice': request.form.get('repeat', ''), 'on': request.form.getlist('on'),
    }  # fmt: skip


def repeat_wire(
    desk: Desk, record: Record | None, start: datetime, occurrence: datetime | None, *, all_day: bool
) -> dict[str, Any]:  # fmt: skip
    """The rule that the form chose; one that it does not offer stays as it is, and so does what was not changed. `occurrence`
    is the one of a series that was taken hold of. Raises: Invalid REC-E012 for a day that is none, CAL-E012 for a number."""
    calendar, zone, home = calendar_of(desk.entity), g.actor.zone, g.runtime.clock.zone
    present = repeat_for(record, zone, home) if record is not None else None
    here = start.astimezone(zone).date()
    rule = _rule(present, here, calendar.repeat)
    if not rule:
        return {calendar.repeat: None}
    last, times = _ending(desk)
    if present is not None and _says(present.rule, zone) == (rules.core_of(rule), last, times):
        return {}
    if record is not None and present is not None and times is not None and request.form.get('scope') == 'following':
        times = _left(record, present, times, occurrence)
    rule = rules.with_ending(rule, last, zone, times)
    clock = series_zone(record, zone, home) if record is not None and present is not None else zone
    there = here if all_day else start.astimezone(clock).date()
    kept = present.excluded if present is not None else frozenset()
    return {calendar.repeat: str(Repeat(moved_rule(rule, (there - here).days, there), kept, clock.key))}


def _first_days(record: Record, first: datetime, zone: ZoneInfo, home: ZoneInfo) -> tuple[date, date]:
    """The day on which a series begins by its own clock, and by the reader's; whole days are the same for everybody."""
    there = first.astimezone(series_zone(record, zone, home)).date()
    whole = record.values.get(calendar_of(record.entity).all_day) is True
    return there, there if whole else first.astimezone(zone).date()


def _says(rule: str, zone: ZoneInfo) -> tuple[frozenset[str], date | None, int | None]:
    return rules.core_of(rule), rules.ending(rule, zone), rules.times_of(rule)


def _rule(present: Repeat | None, first: date, key: str) -> str:
    choice = request.form.get('repeat', '')
    if choice == 'other' and present is not None:
        return present.rule
    drawn = request.form.get('on_first', '')
    also = [day for day in request.form.getlist('on') if day != drawn]
    every = _number('every', MOST_INTERVAL, key) if request.form.get('every') else 1
    return rules.rule_for(choice, first, also, every)


def _ending(desk: Desk) -> tuple[date | None, int | None]:
    """The last day, or how many times; both None for a series without end."""
    key, field = calendar_of(desk.entity).repeat, desk.entity.fields[calendar_of(desk.entity).repeat]
    until = request.form.get('until', '')
    ends = request.form.get('ends', 'until' if until else '')
    if ends == 'times':
        return None, _number('times', MOST_COUNT, key)
    if ends != 'until':
        return None, None
    try:
        return typed_day(until), None
    except ValueError as error:
        raise Invalid.of('REC-E012', f'/{key}', label=field.definition.label, value=until[:40]) from error


def _number(name: str, most: int, key: str) -> int:
    typed = request.form.get(name, '').strip()
    number = whole(typed, most)
    if not number:
        raise Invalid.of('CAL-E012', f'/{key}', value=typed[:40], limit=most)
    return number


def _left(record: Record, present: Repeat, times: int, occurrence: datetime | None) -> int:
    """Whoever changes the rest of a series and not how often it takes place means the whole of it."""
    clock = series_zone(record, g.actor.zone, g.runtime.clock.zone)
    begins = instant(record.values.get(calendar_of(record.entity).start), clock)
    if occurrence is None or begins is None or times != rules.times_of(present.rule):
        return times
    return max(1, times - count_before(present, begins, clock, occurrence))
