"""The dialogues of one event: making, changing, moving, ticking off, deleting; of a series one, the rest, or all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

from babel.dates import format_date
from flask import Response, flash, g, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.calendar import rules
from modules.calendar.changing import Asked, Changed, Scope, change, remove, times
from modules.calendar.events import (
    calendar_of,
    clock_of,
    day_of_reader,
    instant,
    participants,
    repeat_of,
    series_zone,
    state_of,
)
from modules.calendar.looking import read_moment, short_day
from modules.calendar.recurrence import DAYS, shifted
from modules.calendar.repeating import NEVER, repeat_for, repeat_wire, sent_again, typed_repeat
from modules.calendar.showing import STAMP
from modules.calendar.views import blueprint
from modules.records.model import Record
from modules.web import forms
from modules.web.failures import locale as spoken
from modules.web.failures import wants_json
from modules.web.pages import gone
from modules.web.pages.conflicts import as_sent, conflicts, seen, seen_revision, without_theirs
from modules.web.pages.context import Desk, desk_for, may_update
from modules.web.pages.moving import undo_url
from modules.web.pages.typed import typed_again
from modules.web.presenting import FieldView
from modules.web.typed_values import typed_day, typed_time
from schema.base.errors import BadRequest, Conflict, Invalid, NotFound
from schema.base.ids import new_uid
from schema.base.text import begun, in_sentence
from schema.fieldtypes.days import day_text, moment_text

SCOPES = ('this', 'following', 'all')
USUAL = timedelta(hours=1)


@blueprint.get('/calendar/new')
def ask_new() -> ResponseReturnValue:
    """The dialogue that makes one, at the time that was pointed at."""
    with _placed(request.args.get('entity', '')) as desk:
        desk.reader.policy.require('create', desk.entity.key)
        return render_template('calendar/event.html', **_context(desk, None, _typed_new(desk), {}))


@blueprint.post('/calendar/new')
def make() -> ResponseReturnValue:
    with _placed(request.form.get('entity', '')) as desk:
        desk.reader.policy.require('create', desk.entity.key)
        key, uid = desk.entity.key, request.form.get('new_uid') or new_uid()
        try:
            wire = _wire(desk, None)
            saved = desk.runtime.write(g.actor, lambda store: store.create(key, wire, uid=uid, accept='all'), catalog=g.catalog)
        except (Invalid, Conflict) as error:
            return _again(desk, None, error)
        label = in_sentence(desk.entity.definition.label_in(desk.presenter.locale))
    return _done(begun(_('%(entity)s saved', entity=label)), Changed(saved), key)


@blueprint.get('/calendar/<ekey:entity>/<uid:uid>')
def show(entity: str, uid: str) -> ResponseReturnValue:
    """What an event is, and its form for whoever may change it."""
    with _placed(entity) as desk:
        record = desk.reader.get(desk.entity.key, uid)
        return render_template('calendar/event.html', **_context(desk, record, _typed_old(desk, record), {}))


@blueprint.post('/calendar/<ekey:entity>/<uid:uid>')
def save(entity: str, uid: str) -> ResponseReturnValue:
    with _placed(entity) as desk:
        record = desk.reader.get(desk.entity.key, uid)
        if told := gone.asked(desk, record, _as_sent(desk, _sent_times(desk, record))):
            return told
        try:
            asked = replace(_asked(record), base=seen())
            wire = without_theirs(_wire(desk, record))
            gone.bring_back(desk, record)
            made = change(desk.runtime, g.actor, g.catalog, asked, wire)
        except (Invalid, Conflict) as error:
            return _again(desk, record, error)
    return _done(_('“%(title)s” saved', title=record.title), made, desk.entity.key)


@blueprint.post('/calendar/<ekey:entity>/<uid:uid>/move')
def move(entity: str, uid: str) -> ResponseReturnValue:
    """A drag or a resize. Answers `{text, undo}`; a refusal is a problem and the grid puts it back."""
    with _placed(entity) as desk:
        record = desk.reader.get(desk.entity.key, uid)
        start = read_moment(request.form.get('start', ''), desk.reader)
        end = read_moment(request.form['end'], desk.reader) if request.form.get('end') else None
        all_day = request.form.get('all_day') == '1'
        writable = desk.reader.policy.writable(desk.entity.key)
        wire = _times(desk, record, start, end, all_day=all_day)
        if told := gone.asked(desk, record, _as_sent(desk, wire)):
            return told
        gone.bring_back(desk, record)
        made = change(desk.runtime, g.actor, g.catalog, _asked(record), {k: v for k, v in wire.items() if k in writable})
        text = _('“%(title)s” moved to %(time)s', title=record.title, time=_when(start, all_day=all_day))
    return _done(text, made, desk.entity.key)


@blueprint.post('/calendar/<ekey:entity>/<uid:uid>/done')
def tick(entity: str, uid: str) -> ResponseReturnValue:
    """Over, or open again: what `state` asks for, else the other one. Of a series only the one that was taken hold of."""
    with _placed(entity) as desk:
        record, calendar = desk.reader.get(desk.entity.key, uid), calendar_of(desk.entity)
        if not calendar.status or not calendar.done:
            raise NotFound.of('API-E404', value=request.path[:60])
        options = [each.key for each in desk.entity.fields[calendar.status].definition.options if not each.retired]
        still = next((key for key in options if key not in {*calendar.done, *calendar.cancelled}), None)
        wanted = request.form.get('state') or ('open' if state_of(record) == 'done' else 'done')
        value = still if wanted == 'open' else calendar.done[0]
        if told := gone.asked(desk, record, []):
            return told
        gone.bring_back(desk, record)
        asked = _asked(record, scope='this')
        made = change(desk.runtime, g.actor, g.catalog, asked, {calendar.status: value})
    text = (
        _('“%(title)s” is done', title=record.title)
        if value in calendar.done
        else _('“%(title)s” is open again', title=record.title)
    )
    return _done(text, made, desk.entity.key)


@blueprint.post('/calendar/<ekey:entity>/<uid:uid>/delete')
def delete(entity: str, uid: str) -> ResponseReturnValue:
    with _placed(entity) as desk:
        record = desk.reader.get(desk.entity.key, uid)
        asked = _asked(record)
        made = remove(desk.runtime, g.actor, g.catalog, asked)
        is_whole = asked.whole(g.actor.zone)
    undo = (
        f'/{desk.entity.key}/{uid}/restore'
        if is_whole
        else undo_url(desk.entity.key, uid, made.saved.revision if made.saved else 0)
    )
    return _answer(_('“%(title)s” deleted', title=record.title), undo)


@contextmanager
def _placed(entity: str) -> Iterator[Desk]:
    """The desk of an entity that has a place in the calendar. Raises: NotFound REC-E029."""
    with desk_for(entity) as desk:
        if desk.entity.definition.calendar is None:
            raise NotFound.of('REC-E029', value=entity[:60], hint='')
        yield desk


def _asked(record: Record, scope: str = '') -> Asked:
    """What the form took hold of. Raises: BadRequest CAL-E011."""
    chosen = scope or request.form.get('scope', 'this')
    occurrence, apart = _occurrence(request.form.get('at', '')), request.form.get('new_uid', '')
    return Asked(record, cast(Scope, chosen) if chosen in SCOPES else 'this', occurrence, seen_revision(), apart)


def _occurrence(stamp: str) -> datetime | None:
    if not stamp:
        return None
    try:
        return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
    except ValueError as error:
        raise BadRequest.of('CAL-E011', '/at', value=stamp[:40]) from error


def _wire(desk: Desk, record: Record | None) -> dict[str, Any]:
    """What the form says, of the fields that it showed. Raises: Invalid REC-E012 for a time that is none."""
    entity, calendar = desk.entity, calendar_of(desk.entity)
    writable = desk.reader.policy.writable(entity.key)
    wire = forms.read_form(entity, request.form, writable, desk.reader.reading)
    for key in (calendar.start, calendar.end, calendar.all_day, calendar.repeat):
        wire.pop(key, None)
    if request.form.get('day'):
        start, end, all_day = _typed_times(desk)
        wire |= _times(desk, record, start, end, all_day=all_day)
        if calendar.repeat and 'repeat' in request.form and not (record and request.form.get('scope') == 'this'):
            wire |= repeat_wire(desk, record, start, _occurrence(request.form.get('at', '')), all_day=all_day)
    return {key: value for key, value in wire.items() if key in writable}


def _times(desk: Desk, record: Record | None, start: datetime, end: datetime | None, *, all_day: bool) -> dict[str, Any]:
    """The wire of a time in the person's zone; whole days begin by the clock of what it becomes."""
    zone, home = g.actor.zone, g.runtime.clock.zone
    if all_day and desk.entity.fields[calendar_of(desk.entity).start].type.key != 'date':
        present = repeat_of(record) if record is not None else None
        repeats = bool(request.form.get('repeat', present)) and (record is None or request.form.get('scope') != 'this')
        clock = home if not repeats else clock_of(record, home) if record is not None and present is not None else zone
        start, end = day_of_reader(start, clock, zone), day_of_reader(end, clock, zone) if end is not None else None
    return times(desk.entity, start, end, zone, all_day=all_day)


def _typed_times(desk: Desk) -> tuple[datetime, datetime | None, bool]:
    """Start, end and whether it lasts whole days, as typed; an end before the start is for the store to refuse."""
    zone = g.actor.zone
    day = _day(request.form.get('day', ''), 'start', desk)
    last = _day(request.form.get('last', ''), 'end', desk) if request.form.get('last') else day
    calendar = calendar_of(desk.entity)
    if request.form.get('all_day') == '1' or desk.entity.fields[calendar.start].type.key == 'date':
        end = datetime.combine(max(last, day) + timedelta(days=1), time(), zone)
        return datetime.combine(day, time(), zone), end, True
    start = datetime.combine(day, _time(request.form.get('from', ''), 'start', desk), zone)
    if not calendar.end or not request.form.get('to'):
        return start, None, False
    end = datetime.combine(max(last, day), _time(request.form['to'], 'end', desk), zone)
    return start, end if end > start else end + timedelta(days=1), False


def _day(text: str, part: str, desk: Desk) -> date:
    try:
        return typed_day(text)
    except ValueError as error:
        raise _no_time(text, part, desk) from error


def _time(text: str, part: str, desk: Desk) -> time:
    try:
        return typed_time(text)
    except ValueError as error:
        raise _no_time(text, part, desk) from error


def _no_time(text: str, part: str, desk: Desk) -> Invalid:
    calendar = calendar_of(desk.entity)
    key = {'start': calendar.start, 'end': calendar.end or calendar.start}.get(part, calendar.repeat or calendar.start)
    return Invalid.of('REC-E012', f'/{key}', label=desk.entity.fields[key].definition.label, value=text[:40])


def _typed_new(desk: Desk) -> dict[str, Any]:
    """What a new one starts with: the time that was pointed at, else the next full hour."""
    zone, calendar = g.actor.zone, calendar_of(desk.entity)
    raw, raw_end = request.args.get('start', ''), request.args.get('end', '')
    if raw:
        start = read_moment(raw, desk.reader).astimezone(zone)
    else:
        start = (g.runtime.clock.now().astimezone(zone) + USUAL).replace(minute=0, second=0, microsecond=0)
    all_day = request.args.get('all_day') == '1' or (len(raw) == 10 and desk.entity.fields[calendar.start].type.key == 'date')
    end = read_moment(raw_end, desk.reader).astimezone(zone) if raw_end else start + USUAL
    return _times_typed(start, end, all_day=all_day) | NEVER


def _typed_old(desk: Desk, record: Record) -> dict[str, Any]:
    """The times of the one that was taken hold of, and the rule of its series."""
    calendar, zone = calendar_of(desk.entity), g.actor.zone
    start, end = (instant(record.values.get(key), zone) for key in (calendar.start, calendar.end))
    repeat, taken = repeat_of(record), _occurrence(request.values.get('at', ''))
    all_day = record.values.get(calendar.all_day) is True or not isinstance(record.values.get(calendar.start), datetime)
    if start is None:
        return {**NEVER, 'all_day': False, 'day': '', 'last': '', 'from': '', 'to': ''}
    if repeat is not None and taken is not None:
        clock = series_zone(record, zone, g.runtime.clock.zone)
        start, end = taken, shifted(start, end, taken, clock)
    elif not isinstance(record.values.get(calendar.start), datetime) and end is not None:
        end += timedelta(days=1)
    if all_day:
        clock = clock_of(record, g.runtime.clock.zone)
        start, end = day_of_reader(start, zone, clock), day_of_reader(end, zone, clock) if end else None
    typed = _times_typed(start.astimezone(zone), end.astimezone(zone) if end else None, all_day=all_day)
    return typed | typed_repeat(record, zone, g.runtime.clock.zone)


def _times_typed(start: datetime, end: datetime | None, *, all_day: bool) -> dict[str, Any]:
    last = (end - timedelta(seconds=1) if end is not None and end > start else end or start).date()
    return {
        'all_day': all_day, 'day': start.date().isoformat(), 'last': (last if all_day or end else start.date()).isoformat(),
        'from': f'{start:%H:%M}', 'to': f'{end:%H:%M}' if end is not None and not all_day else '', 'first': start.date(),
    }  # fmt: skip


def _context(desk: Desk, record: Record | None, typed: Mapping[str, Any], errors: Mapping[str, list[str]]) -> dict[str, Any]:
    entity, calendar, locale = desk.entity, calendar_of(desk.entity), desk.presenter.locale
    label = in_sentence(entity.definition.label_in(locale))
    repeat = repeat_for(record, g.actor.zone, g.runtime.clock.zone) if record is not None else None
    writable = desk.reader.policy.writable(entity.key)
    editable = record is None or may_update(desk, record)
    first = typed.get('first') or g.runtime.clock.now().astimezone(g.actor.zone).date()
    shown = [key for key in (entity.title.key, calendar.place, *_more(desk)) if key]
    choices = [(each, rules.choice_label(each, first, locale)) for each in rules.CHOICES]
    if typed.get('choice') == 'other' and repeat is not None:
        choices.append(('other', rules.words(repeat.rule, locale)))
    return {
        'entity': entity, 'record': record, 'calendar': calendar, 'typed': typed, 'errors': errors, 'editable': editable,
        'form_fields': [field for field in desk.presenter.fields(entity, shown)
                        if record is None or field.key in record.values],
        'values': desk.presenter.inputs(record) if record else {entity.title.key: request.args.get('text', '')[:200]},
        'displayed': desk.presenter.record(record) if record else {},
        'weekdays': _weekdays(first, locale), 'on_first': request.form.get('on_first') or DAYS[first.weekday()],
        'writable': writable, 'new_uid': request.form.get('new_uid') or new_uid(), 'choices': choices,
        'repeat_words': rules.sentence(repeat, locale, g.actor.zone) if repeat else '',
        'series': bool(repeat and request.values.get('at')),
        'at': request.values.get('at', ''), 'state': state_of(record) if record else 'open',
        'title': _('Add %(entity)s', entity=label) if record is None else record.title,
        'save_label': _('Save %(entity)s', entity=label), 'has_end': bool(calendar.end and calendar.end in writable),
        'dated': entity.fields[calendar.start].type.key == 'date',
        'people': [link.label for link in participants(record)] if record else [],
        'when_words': _when_text(typed, locale),
        'kinds': _kinds(desk) if record is None else [],
        'revision': seen_revision() or (record.revision if record else ''),
    }  # fmt: skip


def _weekdays(first: date, locale: str) -> list[dict[str, str]]:
    """The days that a series of weeks may take place on besides."""
    monday = first - timedelta(days=first.weekday())
    week = [monday + timedelta(days=number) for number in range(7)]
    return [
        {'key': key, 'label': short_day(day, locale), 'name': format_date(day, 'EEEE', locale=locale)}
        for key, day in zip(DAYS, week, strict=True)
    ]


def _kinds(desk: Desk) -> list[dict[str, Any]]:
    """What else could be made at this time."""
    catalog, policy = desk.presenter.catalog, desk.reader.policy
    return [
        {'key': each.key, 'label': each.definition.label_in(desk.presenter.locale), 'on': each is desk.entity}
        for each in catalog.entities.values()
        if each.definition.calendar is not None and policy.scope('create', each.key) != 'none'
    ]


def _more(desk: Desk) -> list[str]:
    """The other fields of the quick form, which is short by intention, and who takes part."""
    calendar = calendar_of(desk.entity)
    own = {calendar.start, calendar.end, calendar.all_day, calendar.repeat, calendar.place, desk.entity.title.key}
    people = desk.entity.fields.get(calendar.participants)
    colleagues = [people.key] if people is not None and people.type.key == 'lines' else []
    return list(dict.fromkeys(key for key in (*desk.layouts.quick, *colleagues) if key not in own))


def _again(desk: Desk, record: Record | None, error: Invalid | Conflict) -> ResponseReturnValue:
    """The dialogue as it was typed, with what stands against it."""
    errors = forms.errors_by_field(error.findings, spoken())
    typed = {
        **(_typed_old(desk, record) if record else {'first': None}),
        **{name: request.form.get(name, '') for name in ('day', 'last', 'from', 'to')},
        'all_day': request.form.get('all_day') == '1', **sent_again(),
    }  # fmt: skip
    context = _context(desk, record, typed, errors)
    named = [field.key for field in context['form_fields']]
    shown = typed_again(desk, named, error.findings)
    clashing = conflicts(desk, record, _sent_times(desk, record), shown, error.findings)
    known = {*named, *(each['field'].key for each in clashing)}
    other = [text for key, texts in errors.items() if key not in known for text in texts]
    page = render_template(
        'calendar/event.html',
        **{**context, 'values': {**context['values'], **shown}, 'other_errors': other, 'conflicts': clashing},
    )  # fmt: skip
    return page, error.status


def _sent_times(desk: Desk, record: Record | None) -> dict[str, Any]:
    """What was sent, as far as it can be read."""
    try:
        return _wire(desk, record)
    except Invalid:
        return {}


def _as_sent(desk: Desk, wire: Mapping[str, Any]) -> list[tuple[FieldView, Any]]:
    """What a dialogue or a drag sent, as pages show it."""
    typed = typed_again(desk, list(wire))
    return [(field, as_sent(desk, field.key, wire, typed)) for field in desk.presenter.fields(desk.entity, wire)]


def _done(text: str, made: Changed, key: str) -> ResponseReturnValue:
    if made.operation:
        return _answer(text, f'/operations/{made.operation}/undo')
    saved = made.saved
    undo = ''
    if saved is not None and saved.changed and saved.revision > 1:
        undo = undo_url(key, saved.uid, saved.revision)
    return _answer(text, undo, revision=saved.revision if saved else 0)


def _answer(text: str, undo: str, revision: int = 0) -> ResponseReturnValue:
    """To scripts what to tell; to a dialogue the event that draws the calendar again; else the calendar."""
    if request.headers.get('HX-Request'):
        response: Response = make_response('', 204)
        told = {'kind': 'ok', 'text': text, 'undo': undo}
        response.headers['HX-Trigger'] = json.dumps({'toast': told, 'close-dialog': True, 'calendar-changed': True})
        return response
    if wants_json():
        return jsonify({'text': text, 'undo': undo, 'revision': revision})
    flash(text, f'undo:{undo}' if undo else 'ok')
    return redirect('/' if request.form.get('back') == 'home' else '/calendar/', 303)


def _when(start: datetime, *, all_day: bool) -> str:
    local = start.astimezone(g.actor.zone)
    return day_text(local, spoken()) if all_day else moment_text(local, spoken())


def _when_text(typed: Mapping[str, Any], locale: str) -> str:
    """`19/11/2026 · 09:00–10:00`."""
    if not typed.get('day'):
        return ''
    try:
        first, last = (typed_day(typed.get(name) or typed['day']) for name in ('day', 'last'))
    except ValueError:  # as it was typed; the field says what is wrong with it
        return ''
    days = '–'.join(day_text(each, locale) for each in dict.fromkeys((first, last)))
    hours = '' if typed['all_day'] else f'{typed["from"]}–{typed["to"]}' if typed['to'] else typed['from']
    return ' · '.join(part for part in (days, hours) if part)
