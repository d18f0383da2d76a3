"""Events in the shape that pages and scripts take: colours, times in the person's zone, days one below the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_date
from flask_babel import gettext as _
from flask_babel import ngettext

from modules.calendar.events import Event, Span
from modules.calendar.looking import AGENDA_DAYS, Look, short_day
from modules.web.shell import hue_of
from permissions.facts import reachable
from permissions.policy import Policy
from schema.fieldtypes.days import NEAR_PATTERNS

FREE = timedelta(minutes=30)
EARLY = 7
"""Nobody is told that they are free before this hour."""
STAMP = '%Y%m%dT%H%M%SZ'


def hue_for(event: Event, *, by_person: bool) -> int:
    """Kinds have their own colours; of several people each has one."""
    if by_person and event.owner is not None:
        return hue_of(event.owner.uid)
    return event.entity.definition.hue or 1


def href_of(event: Event) -> str:
    """The dialogue of an event."""
    path = f'/calendar/{event.entity.key}/{event.record.uid}'
    return f'{path}?{urlencode({"at": event.occurrence.strftime(STAMP)})}' if event.occurrence else path


def as_json(session: Any, policy: Policy, found: Sequence[Event], span: Span, *, by_person: bool) -> list[dict[str, Any]]:
    """What the grid draws. One statement for each entity whose rights do not already say what may be moved."""
    movable: dict[str, frozenset[int]] = {}
    for entity in {event.entity.key: event.entity for event in found}.values():
        ids = {event.record.id for event in found if event.entity is entity}
        open_to = {event.calendar.start for event in found if event.entity is entity} <= policy.writable(entity.key)
        movable[entity.key] = reachable(session, policy, 'update', entity, ids) if open_to else frozenset()
    return [_json(event, span, by_person=by_person, fixed=event.record.id not in movable[event.entity.key]) for event in found]


def _json(event: Event, span: Span, *, by_person: bool, fixed: bool) -> dict[str, Any]:
    start, end = event.start.astimezone(span.zone), event.until.astimezone(span.zone)
    owner = event.owner
    return {
        'id': f'{event.record.uid}{event.occurrence.strftime(STAMP) if event.occurrence else ""}',
        'title': event.record.title, 'allDay': event.all_day,
        'start': start.date().isoformat() if event.all_day else f'{start:%Y-%m-%dT%H:%M:%S}',
        'end': end.date().isoformat() if event.all_day else f'{end:%Y-%m-%dT%H:%M:%S}',
        'editable': not fixed, 'durationEditable': not fixed and bool(event.calendar.end),
        'extendedProps': {
            'entity': event.entity.key, 'uid': event.record.uid, 'revision': event.record.revision, 'href': href_of(event),
            'at': event.occurrence.strftime(STAMP) if event.occurrence else '', 'place': event.place or event.about,
            'state': event.state, 'hue': hue_for(event, by_person=by_person), 'clash': event.clash,
            'clashText': _('At the same time as %(title)s', title=event.clash) if event.clash else '',
            'who': owner.label if by_person and owner else '', 'endless': event.end is None,
        },
    }  # fmt: skip


def agenda(found: Iterable[Event], look: Look, now: datetime, locale: str, *, by_person: bool) -> list[dict[str, Any]]:
    """Days with their events, those of today with the present time and the free hours between; the day that was chosen among
    them."""
    today = now.date()
    days: dict[date, list[Event]] = {today: []} if look.day <= today < look.day + timedelta(days=AGENDA_DAYS) else {}
    for event in found:
        first = event.start.astimezone(now.tzinfo).date()
        last = (event.until - timedelta(seconds=1)).astimezone(now.tzinfo).date()
        for number in range(min((last - first).days + 1, AGENDA_DAYS + 31)):
            day = first + timedelta(days=number)
            if look.day <= day < look.day + timedelta(days=AGENDA_DAYS):
                days.setdefault(day, []).append(event)
    if days:
        days.setdefault(look.day, [])
    return [
        {
            'label': _day_name(day, today, locale), 'id': day.isoformat(), 'note': _note(day, today, events, locale),
            'whole': [_row(event, now, by_person=by_person) for event in events if event.all_day],
            'rows': _rows([event for event in events if not event.all_day], now, by_person=by_person, today=day == today),
        }
        for day, events in sorted(days.items())
    ]  # fmt: skip


def strip(found: Iterable[Event], look: Look, now: datetime, locale: str, *, by_person: bool) -> list[dict[str, Any]]:
    """The days of the week, or of the weeks of the month, above the phone's list, with a dot for each kind."""
    hues: dict[date, dict[int, None]] = {}
    counts: dict[date, int] = {}
    for event in found:
        day = event.start.astimezone(now.tzinfo).date()
        hues.setdefault(day, {})[hue_for(event, by_person=by_person)] = None
        counts[day] = counts.get(day, 0) + 1
    first, number = look.above
    monthly = look.show == 'month'
    return [
        {
            'name': short_day(day, locale) if day < first + timedelta(days=7) else '', 'number': day.day,
            'href': look.href(day=day, show='month' if monthly else 'agenda'), 'on': day == look.day,
            'today': day == now.date(), 'far': monthly and day.month != look.day.month, 'hues': list(hues.get(day, {}))[:3],
            'label': ngettext('%(day)s, %(num)s thing', '%(day)s, %(num)s things', counts.get(day, 0),
                              day=format_date(day, f'EEEE {NEAR_PATTERNS[locale]}', locale=locale)),
        }
        for day in (first + timedelta(days=each) for each in range(number))
    ]  # fmt: skip


def _rows(events: Sequence[Event], now: datetime, *, by_person: bool, today: bool) -> list[dict[str, Any]]:
    """Rows of one day; `now` stands before the first that is yet to come, `free` before one with time to spare."""
    rows: list[dict[str, Any]] = []
    told, busy = not today, max(now, now.replace(hour=EARLY, minute=0))
    for event in events:
        if not told and event.start > now:
            rows.append({'now': f'{now:%H:%M}'})
            told = True
        if today and told and event.start - busy >= FREE:
            rows.append({'free': _length(event.start - busy), 'from': f'{busy.astimezone(now.tzinfo):%Y-%m-%dT%H:%M}'})
        rows.append(_row(event, now, by_person=by_person))
        busy = max(busy, event.until.astimezone(now.tzinfo))
    if not told:
        rows.append({'now': f'{now:%H:%M}'})
    return rows


def _row(event: Event, now: datetime, *, by_person: bool) -> dict[str, Any]:
    start = event.start.astimezone(now.tzinfo)
    end = event.end.astimezone(now.tzinfo) if event.end is not None else None
    owner = event.owner
    who = owner.label if by_person and owner else ''
    return {
        'title': event.record.title, 'href': href_of(event), 'hue': hue_for(event, by_person=by_person), 'state': event.state,
        'start': f'{start:%H:%M}', 'end': f'{end:%H:%M}' if end else '', 'clash': event.clash,
        'sub': ' · '.join(part for part in (who, event.place or event.about) if part), 'icon': event.entity.definition.icon,
        'kind': event.entity.definition, 'repeats': event.occurrence is not None, 'place': bool(event.place),
    }  # fmt: skip


def _day_name(day: date, today: date, locale: str) -> str:
    named: Mapping[int, str] = {0: _('Today'), 1: _('Tomorrow'), -1: _('Yesterday')}
    return named.get((day - today).days) or format_date(day, 'EEEE', locale=locale)


def _note(day: date, today: date, events: Sequence[Event], locale: str) -> str:
    near = abs((day - today).days) <= 1
    parts = [format_date(day, f'EEEE {NEAR_PATTERNS[locale]}' if near else NEAR_PATTERNS[locale], locale=locale)]
    if day == today and events:
        done = sum(event.state == 'done' for event in events)
        parts.append(ngettext('%(num)s thing', '%(num)s things', len(events)))
        parts[-1] += f', {_("%(num)s done", num=done)}'
    return ' · '.join(parts)


def _length(time: timedelta) -> str:
    hours, minutes = divmod(int(time.total_seconds()) // 60, 60)
    if not hours:
        return _('Free for %(minutes)s minutes', minutes=minutes)
    if not minutes:
        return ngettext('Free for %(num)s hour', 'Free for %(num)s hours', hours)
    return _('Free for %(hours)s h %(minutes)s min', hours=hours, minutes=minutes)
