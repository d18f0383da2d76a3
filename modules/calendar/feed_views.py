"""Calendars that leave and come: secret addresses for other programs, and files of appointments. Decides no right."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, flash, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from modules.calendar import feeds, importing, rules
from modules.calendar.events import Chosen, Span, calendar_of, records
from modules.calendar.ics_in import LARGEST_BYTES, Incoming, read_ics
from modules.calendar.ics_out import to_ics
from modules.calendar.importing import Planned
from modules.calendar.looking import YEARS
from modules.calendar.views import blueprint
from modules.operations.telling import done_text
from modules.web.brakes import count_forgery
from modules.web.pinning import require_actor
from permissions.actors import load_person
from schema.base.errors import Invalid, NotFound, TrellisError
from schema.base.findings import Finding
from schema.definitions import in_locale
from schema.fieldtypes.days import day_text, moment_text

BEFORE, AFTER = timedelta(days=90), timedelta(days=400)
SHOWN_ROWS = 200
PACKED_BYTES = 4 * LARGEST_BYTES
_SCHEME = re.compile('^https?')


@blueprint.get('/calendar/feeds')
def list_feeds() -> ResponseReturnValue:
    return _feeds_page()


@blueprint.post('/calendar/feeds')
def make_feed() -> ResponseReturnValue:
    """A new address, shown on this answer alone."""
    actor = require_actor()
    name, everyone = request.form.get('name', ''), request.form.get('everyone') == '1'
    try:
        with g.runtime.database.writing() as connection:
            secret = feeds.make_feed(connection, actor, name, g.runtime.clock.now(), everyone=everyone)
    except Invalid as error:
        return _feeds_page(errors=error.findings), error.status
    return _feeds_page(fresh=f'{request.host_url.rstrip("/")}/calendar/feed/{secret}.ics')


@blueprint.post('/calendar/feeds/<int:feed_id>/end')
def end_feed(feed_id: int) -> ResponseReturnValue:
    actor = require_actor()
    with g.runtime.database.writing() as connection:
        feeds.end_feed(connection, actor, feed_id, g.runtime.clock.now())
    flash(_('The address was ended; whoever used it reads nothing any more.'), 'ok')
    return redirect('/calendar/feeds', 303)


@blueprint.get('/calendar/feed/<secret>.ics')
def feed(secret: str) -> ResponseReturnValue:
    """The calendar behind an address, as its owner may read it now. Raises: NotFound CAL-E004, also for a closed account."""
    now = g.runtime.clock.now()
    with g.runtime.database.reading() as connection:
        found = feeds.feed_behind(connection, secret)
        person = load_person(connection, found.user_id, epoch=g.rights_epoch) if found is not None else None
    if found is None or person is None:
        count_forgery()
        raise NotFound.of('CAL-E004')
    if feeds.is_unnoted(found, now):
        with g.runtime.database.writing() as connection:
            feeds.note_read(connection, found, now)
    actor = replace(person.actor, timezone=person.preferences.timezone or str(g.runtime.settings.timezone))
    with g.runtime.reader(actor, g.catalog) as reader:
        span = Span(now - BEFORE, now + AFTER, actor.zone)
        chosen = Chosen(() if found.everyone else (actor.username,))
        told = records(reader, span, chosen)
        body = to_ics(told, f'{actor.name} · Trellis', actor.zone, g.runtime.clock, request.host_url.rstrip('/'))
    response: Response = make_response(body)
    response.headers.update({'Content-Type': 'text/calendar; charset=utf-8', 'Cache-Control': 'private, no-store'})
    response.headers['Content-Disposition'] = 'attachment; filename="trellis.ics"'
    return response


@blueprint.get('/calendar/import')
def ask_file() -> ResponseReturnValue:
    require_actor()
    return render_template('calendar/import.html', planned=None, errors=[])


@blueprint.post('/calendar/import')
def check_file() -> ResponseReturnValue:
    """What would become of each event of a file; nothing is written."""
    actor = require_actor()
    given = request.files.get('file')
    content = given.read(LARGEST_BYTES + 1) if given is not None else b''
    try:
        planned, notes = _planned(content)
    except (Invalid, TrellisError) as error:
        return render_template('calendar/import.html', planned=None, errors=_texts(error.findings)), error.status
    rows = [_row(each) for each in planned[:SHOWN_ROWS]]
    notes += [note for each in planned for note in each.incoming.notes]
    counts = {fate: sum(each.fate == fate for each in planned) for fate in ('new', 'changed', 'same')}
    return render_template(
        'calendar/import.html', planned=rows, counts=counts, more=len(planned) - len(rows), errors=[], notes=_texts(notes)[:30],
        packed=_pack(content), zone=actor.timezone,
    )  # fmt: skip


@blueprint.post('/calendar/import/run')
def run_import() -> ResponseReturnValue:
    """Write what the person was shown, read anew from the same file."""
    actor = require_actor()
    try:
        planned, _notes = _planned(_unpack(request.form.get('packed', '')))
        with g.runtime.reader(actor, g.catalog) as reader:
            entity = importing.target(g.catalog, reader)
        made = importing.take_over(g.runtime, actor, g.catalog, entity, planned)
    except Invalid as error:
        return render_template('calendar/import.html', planned=None, errors=_texts(error.findings)), error.status
    flash(done_text(made), f'undo:/operations/{made.id}/undo' if made.counts.get('done') else 'ok')
    days = sorted(each.incoming.start.astimezone(actor.zone).date() for each in planned if each.fate != 'same')
    today = g.runtime.clock.now().astimezone(actor.zone).date()
    shown = next((each for each in days if each >= today), days[-1] if days else today)
    day = f'&day={shown}' if shown.year in YEARS else ''
    return redirect(f'/operations/{made.id}' if made.reasons else f'/calendar/?show=week{day}', 303)


def _planned(content: bytes) -> tuple[list[Planned], list[Finding]]:
    actor = require_actor()
    with g.runtime.reader(actor, g.catalog) as reader:
        entity = importing.target(g.catalog, reader)
        incoming, notes = read_ics(content, actor.zone)
        return importing.plan(reader, entity, incoming), notes


def _row(planned: Planned) -> dict[str, Any]:
    event, actor = planned.incoming, require_actor()
    words = {'new': _('New'), 'changed': _('Changed'), 'same': _('There already')}
    tones = {'new': 'ok', 'changed': 'new', 'same': ''}
    return {
        'title': event.title, 'when': _when(event, actor.zone, actor.locale),
        'place': event.place, 'people': ', '.join(each.name or each.address for each in event.attendees),
        'fate': words[planned.fate], 'tone': tones[planned.fate],
        'repeat': rules.sentence(event.repeat, actor.locale, actor.zone) if event.repeat else '',
    }  # fmt: skip


def _when(event: Incoming, zone: ZoneInfo, locale: str) -> str:
    """`26/11/2026–27/11/2026`, `25/11/2026 09:30–11:00`, or both ends whole."""
    start, end = event.start.astimezone(zone), (event.end or event.start).astimezone(zone)
    if event.all_day:
        last = max(start, end - timedelta(seconds=1))
        return '–'.join(dict.fromkeys(day_text(each, locale) for each in (start, last)))
    near = f'{end:%H:%M}' if end.date() == start.date() else moment_text(end, locale)
    return '–'.join([moment_text(start, locale), *([near] if end > start else [])])


def _feeds_page(fresh: str = '', errors: tuple[Finding, ...] | list[Finding] = ()) -> str:
    actor = require_actor()
    with g.runtime.database.reading() as connection:
        found = feeds.feeds_of(connection, actor)
    kinds = [
        in_locale(each.definition.plural, actor.locale) for each in g.catalog.entities.values()
        if each.definition.calendar is not None and g.policy.scope('read', each.key) != 'none' and calendar_of(each)
    ]  # fmt: skip
    count = ngettext('%(num)s address', '%(num)s addresses', len(found))
    return render_template(
        'calendar/feeds.html', feeds=found, fresh=fresh, subscribe=_SCHEME.sub('webcal', fresh, count=1),
        errors=_texts(errors), kinds=', '.join(kinds), count=count,
    )  # fmt: skip


def _texts(findings: Any) -> list[str]:
    locale = require_actor().locale
    return [' '.join(filter(None, (each.text(locale), each.hint_text(locale)))) for each in findings]


def _pack(content: bytes) -> str:
    """The file as a hidden input carries it from the look at it to the taking over."""
    return base64.b64encode(zlib.compress(content, 9)).decode()


def _unpack(packed: str) -> bytes:
    """Raises: Invalid CAL-E005; never unpacks more than a file may hold."""
    try:
        made = zlib.decompressobj()
        content = made.decompress(base64.b64decode(packed[:PACKED_BYTES], validate=True), LARGEST_BYTES + 1)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise Invalid.of('CAL-E005', reason=type(error).__name__) from error
    return content
