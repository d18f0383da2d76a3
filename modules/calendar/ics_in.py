"""Files of calendars read: every VEVENT as an appointment that may be written, with what could not be kept. Writes nothing."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar

from modules.calendar.ics_zones import named_zone, zone_like
from modules.calendar.recurrence import NotARule, Repeat, check_rule
from schema.base.errors import Invalid
from schema.base.findings import Finding, finding
from schema.base.ids import is_uid
from schema.fieldtypes.rich_text import clean_html, plain_text

MOST = 500
MOST_ATTENDEES = 100
LARGEST_BYTES = 1_000_000
LONGEST_TITLE = 200
EARLIEST_ALARM = timedelta(days=7)
_HTML = re.compile(r'<(?:p|br|b|i|u|a|ul|ol|li|div|span|html|strong|em)(?:\s[^<>]*)?/?>', re.IGNORECASE)
_LINK = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)


@dataclass(frozen=True)
class Attendee:
    """Somebody who takes part or invited; `address` in small letters, `name` blank where the file tells none."""

    name: str
    address: str


@dataclass(frozen=True)
class Incoming:
    """One event of a file. `name` is its identity there, `end` of whole days the day after the last.

    An exception `replaces` one start of `series`. `remind_minutes` is how long before the start its first alarm goes off.
    `attendees` are people who did not decline, whoever invited first.
    """

    name: str
    title: str
    start: datetime
    end: datetime | None
    all_day: bool
    place: str = ''
    text: str = ''
    repeat: Repeat | None = None
    cancelled: bool = False
    remind_minutes: int | None = None
    series: str = ''
    replaces: datetime | None = None
    attendees: tuple[Attendee, ...] = ()
    notes: tuple[Finding, ...] = field(default=())

    def uid_for(self, user_id: int | None) -> str:
        """The same event of the same person is always the same record; nobody meets another's."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f'ics:{user_id}:{self.name}'))

    @property
    def own_uid(self) -> str:
        """The record that this product once wrote into the file; empty for events from elsewhere."""
        head = self.name.partition('@')[0]
        return head if is_uid(head) else ''


def read_ics(content: bytes, zone: ZoneInfo) -> tuple[list[Incoming], list[Finding]]:
    """The events of a file, and what is left out. `zone` is that of times that name none.

    Raises: Invalid CAL-E005 for what is no calendar, CAL-E006 for too many events.
    """
    if len(content) > LARGEST_BYTES:
        raise Invalid.of('CAL-E005', reason=f'> {LARGEST_BYTES // 1_000_000} MB')
    try:
        calendars = Calendar.from_ical(content, multiple=True)
        found = [each for calendar in calendars for each in _events(calendar, zone)]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        raise Invalid.of('CAL-E005', reason=str(error)[:120] or type(error).__name__) from error
    if not calendars:
        raise Invalid.of('CAL-E005', reason='BEGIN:VCALENDAR')
    events = [each for each in found if isinstance(each, Incoming)]
    if len(events) > MOST:
        raise Invalid.of('CAL-E006', count=len(events), limit=MOST)
    return _without_exceptions(events), [each for each in found if isinstance(each, Finding)]


def _events(calendar: Any, zone: ZoneInfo) -> Iterator[Incoming | Finding]:
    floating = named_zone(str(calendar.get('x-wr-timezone', ''))) or zone
    for component in calendar.walk('VEVENT'):
        if component.get('dtstart') is None:
            yield finding('CAL-E009', level='warning')
        else:
            _name_days(component)
            is_day = not isinstance(component['dtstart'].dt, datetime)
            yield _event(component, zone if is_day else floating)


def _name_days(component: Any) -> None:
    """What Exchange calls a whole day and writes from midnight to midnight becomes days, as RFC 5545 has them."""
    parts = [name for name in ('dtstart', 'dtend') if component.get(name) is not None]
    at_midnight = all(isinstance(component[name].dt, datetime) and component[name].dt.time() == time() for name in parts)
    if at_midnight and str(component.get('x-microsoft-cdo-alldayevent', '')).upper() == 'TRUE':
        for name in parts:
            day = component.pop(name).dt.date()
            component.add(name, day)


def _event(component: Any, zone: ZoneInfo) -> Incoming:
    title = ' '.join(str(component.get('summary', '')).split())[:LONGEST_TITLE] or '…'
    started = component['dtstart'].dt
    all_day = not isinstance(started, datetime)
    start, notes = _instant(component['dtstart'], zone, title)
    made = Incoming(
        name=f'{component.get("uid", "")}'.strip() or f'{title}:{start.isoformat()}',
        title=title, start=start, end=_end(component, start, zone), all_day=all_day,
        place=' '.join(str(component.get('location', '')).split())[:300],
        text=_words(str(component.get('description', '')))[:10_000],
        cancelled=str(component.get('status', '')).upper() == 'CANCELLED', remind_minutes=_alarm(component), notes=notes,
        attendees=tuple({each.address: each for each in _attendees(component)}.values())[:MOST_ATTENDEES],
    )  # fmt: skip
    if component.get('recurrence-id') is not None:
        moment, _ = _instant(component['recurrence-id'], zone, title)
        if component['recurrence-id'].params.get('RANGE'):
            notes = (*notes, finding('CAL-E007', level='warning', title=title, rule='RANGE=THISANDFUTURE'))
        return replace(made, name=f'{made.name}#{moment:%Y%m%dT%H%M%SZ}', series=made.name, replaces=moment, notes=notes)
    return _repeating(component, made, zone)


def _words(text: str) -> str:
    """A description as it is read; some programs write HTML into it."""
    return plain_text(_LINK.sub(_link, clean_html(text))) if _HTML.search(text) else text.strip()


def _link(found: re.Match[str]) -> str:
    address, shown = found.groups()
    return shown if address in shown else f'{shown} ({address})'


def _alarm(component: Any) -> int | None:
    """Minutes before the start; None without an alarm, or with none that counts from the start."""
    triggers = [alarm['trigger'] for alarm in component.walk('VALARM') if alarm.get('trigger') is not None]
    counted = [each for each in triggers if isinstance(each.dt, timedelta) and each.params.get('RELATED', 'START') == 'START']
    kept = [-each.dt for each in counted if timedelta() <= -each.dt <= EARLIEST_ALARM]
    return int(max(kept).total_seconds()) // 60 if kept else None


def _attendees(component: Any) -> Iterator[Attendee]:
    for name in ('organizer', 'attendee'):
        given = component.get(name)
        for each in given if isinstance(given, list) else [given] if given is not None else []:
            told = getattr(each, 'params', {})
            scheme, _, address = str(each).strip().partition(':')
            said = {str(told.get(part, '')).upper() for part in ('CUTYPE', 'PARTSTAT')}
            if scheme.lower() == 'mailto' and '@' in address and not said & {'ROOM', 'RESOURCE', 'DECLINED'}:
                named = ' '.join(str(told.get('CN', '')).split())[:100]
                yield Attendee('' if named.lower() == address.lower() else named, address.lower()[:254])


def _repeating(component: Any, made: Incoming, zone: ZoneInfo) -> Incoming:
    """The event with its rule, as far as it is one that is kept here."""
    given = component.get('rrule')
    if given is None and component.get('rdate') is None:
        return made
    text = given.to_ical().decode() if given is not None and not isinstance(given, list) else 'RDATE'
    try:
        rule = check_rule(text)
    except NotARule:
        return replace(made, notes=(*made.notes, finding('CAL-E007', level='warning', title=made.title, rule=text[:80])))
    clock, notes = _clock_of(component['dtstart'], zone, made.title)
    excluded = frozenset(moment for moment, _ in _listed(component.get('exdate'), zone))
    return replace(made, repeat=Repeat(rule, excluded, clock.key), notes=made.notes or notes)


def _clock_of(part: Any, zone: ZoneInfo, title: str) -> tuple[ZoneInfo, tuple[Finding, ...]]:
    """The zone by whose clock a series goes on; one that nobody keeps time with is told."""
    named, own = str(part.params.get('TZID', '')), getattr(part.dt, 'tzinfo', None)
    if not isinstance(part.dt, datetime) or (own is None and not named):
        return zone, ()
    known = zone_like(own, named, part.dt, zone)
    note = finding('CAL-E008', level='warning', title=title, zone=named[:60], used=zone.key)
    return (known, ()) if known is not None else (zone, (note,))


def _listed(given: Any, zone: ZoneInfo) -> Iterator[tuple[datetime, tuple[Finding, ...]]]:
    for each in given if isinstance(given, list) else [given] if given is not None else []:
        for part in each.dts:
            yield _instant(part, zone, '')


def _end(component: Any, start: datetime, zone: ZoneInfo) -> datetime | None:
    if component.get('dtend') is not None:
        end, _ = _instant(component['dtend'], zone, '')
        return end if end > start else None
    length = component.get('duration')
    return start + length.dt if length is not None and isinstance(length.dt, timedelta) and length.dt > timedelta() else None


def _instant(part: Any, zone: ZoneInfo, title: str) -> tuple[datetime, tuple[Finding, ...]]:
    """A date or time of the file in UTC; a zone that nobody knows is told and read as that of the person."""
    moment = part.dt
    if not isinstance(moment, datetime):
        if not isinstance(moment, date):
            raise ValueError(str(moment)[:60])
        return datetime.combine(moment, time(), zone).astimezone(UTC), ()
    if moment.tzinfo is not None:
        return moment.astimezone(UTC).replace(microsecond=0), ()
    named = str(getattr(part, 'params', {}).get('TZID', ''))
    known = named_zone(named)
    note = finding('CAL-E008', level='warning', title=title, zone=named[:60], used=zone.key)
    told = (note,) if named and known is None else ()
    return moment.replace(tzinfo=known or zone).astimezone(UTC).replace(microsecond=0), told


def _without_exceptions(events: list[Incoming]) -> list[Incoming]:
    """Series leave out the times that the file tells of one by one; a cancelled one is no appointment of its own."""
    moved: dict[str, set[datetime]] = {}
    for event in events:
        if event.replaces is not None:
            moved.setdefault(event.series, set()).add(event.replaces)
    kept = []
    for event in events:
        if event.repeat is not None and event.name in moved:
            repeat = replace(event.repeat, excluded=event.repeat.excluded | moved[event.name])
            kept.append(replace(event, repeat=repeat))
        elif not (event.cancelled and event.replaces is not None):
            kept.append(event)
    return kept
