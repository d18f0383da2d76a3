"""Calendars as files of RFC 5545: records of the calendar to VEVENTs. Knows no request; reads no record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, vDuration, vRecur

from modules.calendar.events import TASK_LENGTH, calendar_of, clock_of, day_of_reader, instant, repeat_of, series_zone, state_of
from modules.records.model import Record
from schema.base.clock import Clock

MAKER = '-//Trellis//Calendar//EN'
HOST = 'trellis'
FRESH = timedelta(hours=1)
"""How often programs are asked to read a feed again: RFC 7986, section 5.7, and what Outlook reads instead."""


def to_ics(records: Iterable[Record], name: str, zone: ZoneInfo, clock: Clock, base_url: str = '') -> bytes:
    """One calendar of these records, with the zones that its series keep. `base_url` leads back to each record."""
    now = clock.now()
    made = Calendar()
    made.add('prodid', MAKER)
    made.add('version', '2.0')
    made.add('calscale', 'GREGORIAN')
    made.add('method', 'PUBLISH')
    made.add('x-wr-calname', name)
    made.add('x-wr-timezone', zone.key)
    made.add('refresh-interval', vDuration(FRESH), parameters={'VALUE': 'DURATION'})
    made.add('x-published-ttl', vDuration(FRESH))
    for record in records:
        event = _event(record, zone, clock.zone, now)
        if event is not None:
            if base_url:
                event.add('url', f'{base_url}/{record.entity.key}/{record.uid}')
            made.add_component(event)
    made.add_missing_timezones()
    return bytes(made.to_ical())


def _event(record: Record, zone: ZoneInfo, home: ZoneInfo, now: datetime) -> Event | None:
    calendar = calendar_of(record.entity)
    value = record.values.get(calendar.start)
    start, repeat = instant(value, zone), repeat_of(record)
    if start is None:
        return None
    event = Event()
    event.add('uid', f'{record.uid}@{HOST}')
    event.add('dtstamp', now.astimezone(UTC).replace(microsecond=0))
    event.add('sequence', max(record.revision - 1, 0))
    event.add('summary', record.title)
    dated = not isinstance(value, datetime)
    own = series_zone(record, zone, home) if repeat is not None else zone
    clock = own if repeat is not None else ZoneInfo('UTC')
    all_day = dated or record.values.get(calendar.all_day) is True
    end = instant(record.values.get(calendar.end), zone)
    if all_day and not dated:
        start, end = (day_of_reader(each, own, clock_of(record, home)) if each else None for each in (start, end))
        assert start is not None
    for key, moment in (('dtstart', start), ('dtend', _end(start, end, own, all_day=all_day, dated=dated))):
        event.add(key, moment.astimezone(own).date() if all_day else moment.astimezone(clock))
    if repeat is not None:
        event.add('rrule', vRecur.from_ical(_until_fits(repeat.rule, own, all_day=all_day)))
        for each in sorted(repeat.excluded):
            event.add('exdate', each.astimezone(own).date() if all_day else each.astimezone(clock))
    _describe(event, record)
    return event


def _end(start: datetime, end: datetime | None, zone: ZoneInfo, *, all_day: bool, dated: bool) -> datetime:
    """Where the file says it ends: of whole days the day after the last."""
    if end is None or end < start:
        return start + (timedelta(days=1) if all_day else TASK_LENGTH)
    if not all_day:
        return end if end > start else start + TASK_LENGTH
    last = end.astimezone(zone)
    ends_at_midnight = (last.hour, last.minute) == (0, 0) and end > start
    return end if ends_at_midnight and not dated else end + timedelta(days=1)


def _until_fits(rule: str, zone: ZoneInfo, *, all_day: bool) -> str:
    """The end of a rule is of the same kind as the start it belongs to."""
    parts = []
    for part in rule.split(';'):
        if part.startswith('UNTIL=') and all_day and part.endswith('Z'):
            moment = datetime.strptime(part[6:], '%Y%m%dT%H%M%SZ').replace(tzinfo=UTC)
            part = f'UNTIL={moment.astimezone(zone):%Y%m%d}'
        parts.append(part)
    return ';'.join(parts)


def _describe(event: Event, record: Record) -> None:
    calendar = calendar_of(record.entity)
    place: Any = record.values.get(calendar.place) if calendar.place else None
    if place:
        event.add('location', str(getattr(place, 'street', place)))
    text = record.values.get('description')
    if isinstance(text, str) and text:
        event.add('description', text)
    event.add('status', 'CANCELLED' if state_of(record) == 'cancelled' else 'CONFIRMED')
    event.add('transp', 'OPAQUE' if calendar.kind == 'appointment' else 'TRANSPARENT')
    changed = record.values.get('changed_at')
    if isinstance(changed, datetime):
        event.add('last-modified', changed.astimezone(UTC))
    minutes = record.values.get(calendar.remind_minutes) if calendar.remind_minutes else None
    if isinstance(minutes, int) and state_of(record) == 'open':
        alarm = Alarm()
        alarm.add('action', 'DISPLAY')
        alarm.add('description', record.title)
        alarm.add('trigger', timedelta(minutes=-minutes))
        event.add_component(alarm)
