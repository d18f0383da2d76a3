"""Which addresses of the calendar let values of records out, and how the leak certificate tries them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from modules.registries import Registries
from modules.ways import NoWayOut, WayOut

HTMX = {'HX-Request': 'true'}
_ADDRESS = re.compile(r'/calendar/feed/[\w-]+\.ics')


def try_pages(visit: Any) -> None:
    """The grid's events, the list of days and the dialogue, of everybody within reach and of the person alone."""
    if visit.entity.definition.calendar is None:
        return
    today = visit.runtime.clock.now().date()
    starts = [each.values.get(visit.entity.definition.calendar.start) for each in (*visit.seen[:2], *visit.hidden[:2])]
    for day in {today, *(each.date() if isinstance(each, datetime) else each for each in starts if each is not None)}:
        span = {'start': (day - timedelta(days=3)).isoformat(), 'end': (day + timedelta(days=3)).isoformat()}
        visit.read('/calendar/events', who='*', kind=visit.key, **span)
    visit.read('/calendar/', show='agenda', who='*', kind=visit.key, day=today.isoformat())
    visit.read('/calendar/agenda', kind=visit.key)
    visit.read('/calendar/new', entity=visit.key, headers=HTMX)
    visit.send('POST', '/calendar/new', form={'entity': 'nothing_called_so'})
    for each in visit.seen[:2]:
        visit.read(f'/calendar/{visit.key}/{each.uid}', headers=HTMX)
    visit.absent('GET', f'/calendar/{visit.key}/@record', headers=HTMX)
    for act in ('', '/move', '/done', '/delete'):
        form = {'start': '2026-11-20T09:00', 'day': '2026-11-20', 'from': '09:00'}
        visit.absent('POST', f'/calendar/{visit.key}/@record{act}', form=form)


def try_feed(visit: Any) -> None:
    """All that somebody sees, as another program gets it by the secret address."""
    made = visit.send('POST', '/calendar/feeds', form={'name': 'certificate', 'everyone': '1'})
    if found := _ADDRESS.search(made.text):
        visit.read(found.group())
    elif made.status < 400:
        visit.blame(made, 'gave no address')


def register(registries: Registries) -> None:
    pages = ('index', 'agenda', 'events_json', 'ask_new', 'make', 'show', 'save', 'move', 'tick', 'delete')
    label = {'en': 'Calendar', 'vi': 'Lịch'}
    registries.ways_out.register(
        'calendar', WayOut(label, tuple(f'calendar.{each}' for each in pages), (try_pages,)), owner=__name__
    )
    label = {'en': 'Calendar feeds', 'vi': 'Đường dẫn lịch'}
    registries.ways_out.register(
        'calendar_feed', WayOut(label, ('calendar.feed', 'calendar.make_feed'), (try_feed,), each='person'), owner=__name__
    )
    own = ('list_feeds', 'end_feed', 'ask_file', 'check_file', 'run_import', 'static')
    reason = "names of a person's own calendar addresses, and a file that they bring themselves"
    registries.no_ways_out.register('calendar', NoWayOut(reason, tuple(f'calendar.{each}' for each in own)), owner=__name__)
