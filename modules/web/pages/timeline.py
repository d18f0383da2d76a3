"""What happened with a record: its history and the notes, calls and meetings about it, by time; the composer of new ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _

from modules.records.model import HistoryEntry, ListQuery, Record, Sort
from modules.sharing.words import sight_words
from modules.web import forms
from modules.web.pages.context import Desk, desk_for
from modules.web.presenting import FieldView
from schema.base.errors import Conflict, Invalid
from schema.base.ids import new_uid
from schema.catalog import Entity, Field
from schema.values import Link

HISTORY, LOGGED, AHEAD = 40, 20, 3
QUIET = frozenset({'team'})
KINDS = {
    'created': 'plus', 'updated': 'pencil', 'deleted': 'trash', 'restored': 'arrow-back-up', 'merged': 'git-merge',
    'shared': 'share',
}  # fmt: skip
OPTION_ICONS = {'call': 'phone', 'meeting': 'users', 'note': 'note', 'email': 'mail', 'visit': 'map-pin', 'message': 'message'}


@dataclass(frozen=True)
class Log:
    """An entity whose records say what happened with others: a link to any record, a moment, a long text."""

    entity: Entity
    link: Field
    at: Field
    body: Field
    kind: Field | None
    title: Field | None

    @property
    def columns(self) -> tuple[str, ...]:
        fields = (self.at, self.body, self.kind)
        return (*(each.key for each in fields if each is not None), 'created_by')


def log_of(desk: Desk) -> Log | None:
    """The entity that keeps what happened with records such as this; one whose moment starts as the present is meant first."""
    found = []
    for source, link in desk.presenter.catalog.inbound.get(desk.entity.key, ()):
        readable = desk.reader.policy.readable(source.key)
        own = [field for field in source.own_fields if field.key in readable]
        at = next((field for field in own if field.type.key == 'datetime'), None)
        body = next((field for field in own if field.type.key == 'long_text'), None)
        if link.type.key != 'link_any' or at is None or body is None or link.key not in readable:
            continue
        picks = [field for field in own if field.type.key == 'picklist']
        kind = next((field for field in picks if field.definition.required), None)
        title = source.title if not source.title.system else None
        found.append(Log(source, link, at, body, kind, title))
    found.sort(key=lambda log: (not isinstance(log.at.definition.default, Mapping), log.entity.definition.order))
    return found[0] if found else None


def fragment(entity: str, uid: str) -> ResponseReturnValue:
    """The timeline alone, drawn again after a change elsewhere on the page."""
    with desk_for(entity) as desk:
        record = desk.reader.get(desk.entity.key, uid, columns=())
        return render_template('web/timeline.html', **context(desk, record))


def write(entity: str, uid: str) -> ResponseReturnValue:
    """Keep a note, call or meeting about the record; answers the timeline with it."""
    with desk_for(entity) as desk:
        record = desk.reader.get(desk.entity.key, uid, columns=())
        log = log_of(desk)
        if log is None:
            raise Invalid.of('REC-E017', '/body', value='body')
        desk.reader.policy.require('create', log.entity.key)
        body = request.form.get('body', '').strip()
        errors: list[str] = []
        try:
            if not body:
                raise Invalid.of('REC-E001', f'/{log.body.key}', label=log.body.definition.label)
            wire = _wire(log, desk.entity, uid, body)
            log_key, log_uid = log.entity.key, request.form.get('uid') or None
            desk.runtime.write(g.actor, lambda store: store.create(log_key, wire, uid=log_uid), catalog=g.catalog)
        except (Invalid, Conflict) as error:
            errors = [text for texts in forms.errors_by_field(error.findings, desk.presenter.locale).values() for text in texts]
            shown = context(desk, record, typed=request.form.get('body', ''), errors=errors)
            return render_template('web/timeline.html', **shown), error.status
    with desk_for(entity) as fresh:
        response = make_response(render_template('web/timeline.html', **context(fresh, record)))
        response.headers['HX-Trigger'] = json.dumps({'toast': {'kind': 'ok', 'text': _('Saved to the timeline')}})
        return response


def context(desk: Desk, record: Record, *, typed: str = '', errors: Sequence[str] = ()) -> dict[str, Any]:
    """What `web/timeline.html` takes."""
    log = log_of(desk)
    entries = [*history(desk, record, HISTORY), *(_logged(desk, record, log) if log else ())]
    entries.sort(key=lambda entry: entry['at'], reverse=True)
    return {
        'entity': desk.entity, 'record': record, 'days': list(_days(desk, entries)), 'entry_count': len(entries),
        'restorable': desk.reader.policy.scope('update', desk.entity.key) != 'none' and record.deleted_at is None,
        'ahead': _ahead(desk, record, log), 'composer': _composer(desk, log, typed, errors) if log else None,
    }  # fmt: skip


def history(desk: Desk, record: Record, limit: int) -> list[dict[str, Any]]:
    """The record's own history, newest first."""
    entries = desk.reader.timeline(desk.entity.key, record.uid, limit)
    told = sight_words(desk.reader.session, entries)
    return [entry_view(desk, each) | {'sight': words} for each, words in zip(entries, told, strict=True)]


def _wire(log: Log, entity: Entity, uid: str, body: str) -> dict[str, Any]:
    wire: dict[str, Any] = {log.link.key: {'entity': entity.key, 'uid': uid}, log.body.key: body}
    if log.kind is not None and request.form.get('kind'):
        wire[log.kind.key] = request.form['kind']
    if log.title is not None and log.title.key != log.body.key:
        wire[log.title.key] = _first_line(body, int(log.title.definition.document.get('maxLength', 200)))
    return wire


def _first_line(text: str, longest: int) -> str:
    line = text.splitlines()[0].strip()
    return line if len(line) <= min(longest, 120) else f'{line[: min(longest, 120) - 1].rstrip()}…'


def _logged(desk: Desk, record: Record, log: Log) -> Iterator[dict[str, Any]]:
    regarding = {'field': log.link.key, 'op': 'eq', 'value': {'entity': desk.entity.key, 'uid': record.uid}}
    query = ListQuery(
        filter=regarding, sort=(Sort(log.at.key, descending=True),), size=LOGGED, columns=log.columns, counted=False
    )
    view = FieldView(log.kind, desk.presenter.catalog, desk.presenter.locale) if log.kind else None
    for each in desk.reader.list_page(log.entity.key, query).records:
        kind = each.values.get(log.kind.key) if log.kind else None
        key = log.kind.wire(kind) if log.kind and kind is not None else ''
        option = next((option for option in view.options if option['key'] == key), None) if view else None
        author, body = each.values.get('created_by'), each.values.get(log.body.key) or ''
        title = '' if body.startswith(each.title.rstrip('…')) else each.title
        yield {
            'kind': 'log', 'icon': OPTION_ICONS.get(key, log.entity.definition.icon), 'at': each.values[log.at.key],
            'who': author.label if isinstance(author, Link) else '', 'what': option['label'] if option else '',
            'title': title, 'href': f'/{log.entity.key}/{each.uid}', 'body': body,
        }  # fmt: skip


def _ahead(desk: Desk, record: Record, log: Log | None) -> list[dict[str, Any]]:
    """What is to come with the record: appointments and tasks whose moment lies ahead, nearest first."""
    found: list[dict[str, Any]] = []
    for source, link in desk.presenter.catalog.inbound.get(desk.entity.key, ()):
        readable = desk.reader.policy.readable(source.key)
        at = next((field for field in source.own_fields if field.type.key == 'datetime' and field.key in readable), None)
        if link.type.key != 'link_any' or link.key not in readable or at is None or (log and source is log.entity):
            continue
        document = {'all': [
            {'field': link.key, 'op': 'eq', 'value': {'entity': desk.entity.key, 'uid': record.uid}},
            {'field': at.key, 'op': 'gte', 'value': {'now': 0}},
        ]}  # fmt: skip
        query = ListQuery(filter=document, sort=(Sort(at.key),), size=AHEAD, columns=(at.key,), counted=False)
        found += [
            {'icon': source.definition.icon, 'title': each.title, 'href': f'/{source.key}/{each.uid}',
             'at': each.values[at.key], 'at_text': at.type.text(at.definition, each.values[at.key], desk.reader.reading),
             'what': source.definition.label_in(desk.presenter.locale)}
            for each in desk.reader.list_page(source.key, query).records
        ]  # fmt: skip
    return sorted(found, key=lambda entry: entry['at'])[:AHEAD]


def _composer(desk: Desk, log: Log, typed: str, errors: Sequence[str]) -> dict[str, Any] | None:
    policy = desk.reader.policy
    needed = {log.link.key, log.body.key, *([log.title.key] if log.title else [])}
    if policy.scope('create', log.entity.key) == 'none' or not needed <= policy.writable(log.entity.key):
        return None
    options: list[dict[str, Any]] = []
    chosen = ''
    if (kind := log.kind) is not None and kind.key in policy.writable(log.entity.key):
        view = FieldView(kind, desk.presenter.catalog, desk.presenter.locale)
        options = [{**each, 'icon': OPTION_ICONS.get(each['key'], log.entity.definition.icon)} for each in view.options
                   if not each['retired']][:5]  # fmt: skip
        chosen = str(request.form.get('kind') or kind.definition.default or (options[0]['key'] if options else ''))
        options.sort(key=lambda each: each['key'] != kind.definition.default)
    return {
        'options': options, 'chosen': chosen, 'typed': typed, 'errors': list(errors), 'uid': new_uid(),
    }  # fmt: skip


def _days(desk: Desk, entries: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Entries grouped under the day they fall on, as people name it."""
    zone, now = desk.reader.reading.zone, desk.reader.clock.now()
    today = now.astimezone(zone).date()
    group: dict[str, Any] | None = None
    for entry in entries:
        moment: datetime = entry['at'].astimezone(zone)
        entry['time'] = moment.strftime('%H:%M')
        day = moment.date()
        if group is None or group['day'] != day:
            if group is not None:
                yield group
            near = {today: _('Today'), today - timedelta(days=1): _('Yesterday'), today + timedelta(days=1): _('Tomorrow')}
            text = near.get(day) or format_date(day, 'd MMMM' if day.year == today.year else 'd MMMM yyyy', rebase=False)
            group = {'day': day, 'label': text, 'entries': []}
        group['entries'].append(entry)
    if group is not None:
        yield group


def entry_view(desk: Desk, entry: HistoryEntry) -> dict[str, Any]:
    """One line of the history: who, when, and each change as old and new value."""
    fields = desk.entity.fields
    changes = [
        {
            'field': desk.presenter.field(desk.entity, key),
            'old': desk.presenter.value(fields[key], old),
            'new': desk.presenter.value(fields[key], new),
        }
        for key, (old, new) in entry.changes.items()
        if key not in QUIET
    ] if entry.kind == 'updated' else []  # fmt: skip
    at = fields['changed_at']
    return {
        'kind': entry.kind, 'icon': KINDS.get(entry.kind, 'point'), 'who': entry.actor, 'at': entry.at,
        'revision': entry.revision,
        'at_text': at.type.text(at.definition, entry.at, desk.reader.reading),
        'changes': [each for each in changes if each['field'].type_key != 'stage'],
        'stage': next((each for each in changes if each['field'].type_key == 'stage'), None),
    }  # fmt: skip
