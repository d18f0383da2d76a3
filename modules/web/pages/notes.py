"""What people do with the entries of a timeline: write, change, delete and pin them; whom they may name in one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.records.model import ListQuery, Record
from modules.timeline import follows, mentions, pins
from modules.timeline.logs import Log
from modules.web import forms
from modules.web.pages import composer, gone, timeline
from modules.web.pages import timeline_entries as entries
from modules.web.pages.composer import Typed, Written
from modules.web.pages.context import Desk, desk_for, may_update
from modules.web.pages.moving import base_revision
from schema.base.errors import Conflict, Forbidden, Invalid, NotFound, TrellisError

PEOPLE = 8
BESIDE_COMPOSER = {'HX-Retarget': '#timeline-entries', 'HX-Reselect': '#timeline-entries'}
"""A note half written stays in the composer while an entry is saved."""


def write(entity: str, uid: str) -> ResponseReturnValue:
    """Keep a note, call, meeting or task about the record; answers the timeline with it."""
    with desk_for(entity) as desk:
        record = desk.reader.get(desk.entity.key, uid)
        sources = timeline.Sources.of(desk)
        if asked := gone.asked(desk, record, composer.as_sent(desk, sources.log, sources.plans)):
            return asked
        try:
            gone.bring_back(desk, record)
            written = composer.keep(desk, record, sources.log, sources.plans)
        except (Invalid, Conflict) as error:
            typed = Typed(
                request.form.get('body', ''), request.form.get('kind', ''), request.form.get('title', ''),
                request.form.get('due', ''), request.form.get('at', ''), _texts(desk, error),
            )  # fmt: skip
            page = render_template('web/timeline.html', **timeline.context(desk, record, typed))
            return page, error.status, gone.beside('#timeline')
    return gone.back_again(written.text) if record.deleted_at is not None else _fresh(entity, record, written)


def entry(entity: str, uid: str, log_uid: str) -> ResponseReturnValue:
    """One entry of the log: GET gives it as shown, or with `?edit=1` its form; POST saves another text."""
    with desk_for(entity) as desk:
        record, log, found = _entry(desk, uid, log_uid, or_deleted=request.method == 'POST')
        errors: list[str] = []
        body = str(found.values.get(log.body.key) or '')
        if request.method == 'POST':
            body = request.form.get('body', '').strip()
            held = replace(desk, entity=log.entity)
            if asked := gone.asked(held, found, [(desk.presenter.field(log.entity, log.body.key), body)]):
                return asked
            try:
                gone.bring_back(held, found)
                written = composer.change(desk, record, log, found.uid, body, base_revision())
                if found.deleted_at is not None:
                    return gone.back_again(written.text)
                answer = _fresh(entity, record, written)
                answer.headers.update(BESIDE_COMPOSER)
                return answer
            except (Invalid, Conflict) as error:
                errors = _texts(desk, error)
        if request.method == 'POST' or request.args.get('edit'):
            page, place = _form(desk, record, found, body, errors), {'HX-Retarget': f'#entry-{log_uid}'}
            return (page, 422, {**place, **gone.beside(f'#entry-{log_uid}')}) if errors else page
        shown = entries.log_views(desk, record, log, [found])[0]
        shown['time'] = timeline.day_text(desk, shown['at'])
        return render_template('web/timeline_entry.html', entity=desk.entity, record=record, entry=shown)


def remove(entity: str, uid: str, log_uid: str) -> ResponseReturnValue:
    """Put an entry into the recycle bin; answers the timeline and a way back."""
    with desk_for(entity) as desk:
        record, log, found = _entry(desk, uid, log_uid)
        key = log.entity.key
        desk.runtime.write(g.actor, lambda store: store.delete(key, found.uid), catalog=g.catalog)
    with desk_for(entity) as fresh:
        toast = {'kind': 'ok', 'text': _('The entry is in the recycle bin'), 'undo': f'/{key}/{found.uid}/restore'}
        return timeline.answer(fresh, record, toast)


def pin(entity: str, uid: str, log_uid: str) -> ResponseReturnValue:
    """Pin an entry to the top, or with `off=1` take it down; whoever may change the record may. Raises: Forbidden PRM-E001."""
    with desk_for(entity) as desk:
        record, log, found = _entry(desk, uid, log_uid)
        if not may_update(desk, record):
            raise Forbidden.of('PRM-E001', action='update', entity=desk.entity.key)
        with desk.runtime.database.session() as session:
            if request.form.get('off'):
                pins.unpin(session, record.uid, found.uid)
            else:
                now = desk.reader.clock.now()
                pins.pin(session, record.uid, log.entity.ref, found.uid, by=g.actor.name, now=now)
    with desk_for(entity) as fresh:
        return timeline.answer(fresh, record)


def people(entity: str, uid: str) -> ResponseReturnValue:
    """Whom a note about the record may name: people who may see it, `[{username, name}]`."""
    with desk_for(entity) as desk:
        record = desk.reader.get(desk.entity.key, uid, columns=())
        found = mentions.candidates(
            desk.runtime, g.catalog, desk.reader.session, record, request.args.get('q', '')[:80], most=PEOPLE
        )
        return jsonify([{'username': each.username, 'name': each.name} for each in found])


def follow(entity: str, uid: str) -> ResponseReturnValue:
    """Follow the record, or with `off=1` no longer; answers the bell."""
    with desk_for(entity) as desk:
        record = desk.reader.get(desk.entity.key, uid, columns=())
        me, on = g.actor.user_id, not request.form.get('off')
        with desk.runtime.database.session() as session:
            if me is None:
                on = False
            elif on:
                follows.follow(session, me, desk.entity.ref, record.uid, desk.reader.clock.now())
            else:
                follows.unfollow(session, me, record.uid)
        return render_template('web/follow.html', entity=desk.entity, record=record, following=on, unread_count=0)


def _entry(desk: Desk, uid: str, log_uid: str, *, or_deleted: bool = False) -> tuple[Record, Log, Record]:
    """Record, log and entry; the entry must be about the record. Raises: NotFound REC-E028."""
    record = desk.reader.get(desk.entity.key, uid)
    log = timeline.Sources.of(desk).log
    if log is None:
        raise NotFound.of('REC-E028', label=desk.entity.definition.label)
    chosen = {'all': [entries.about(record, log.link.key), {'field': 'uid', 'op': 'eq', 'value': log_uid}]}
    query = ListQuery(filter=chosen, columns=log.columns, size=1, counted=False)
    for deleted in (False, True) if or_deleted else (False,):
        page = desk.reader.list_page(log.entity.key, replace(query, deleted=deleted))
        if page.records:
            return record, log, page.records[0]
    raise NotFound.of('REC-E028', label=log.entity.definition.label)


def _form(desk: Desk, record: Record, found: Record, body: str, errors: list[str]) -> str:
    context: dict[str, Any] = {'entity': desk.entity, 'record': record, 'log_entry': found, 'body': body, 'errors': errors}
    return render_template('web/timeline_edit.html', **context)


def _fresh(entity: str, record: Record, written: Written) -> Response:
    toasts = [{'kind': 'ok', 'text': written.text}]
    if written.unseeing:
        names = ', '.join(written.unseeing)
        toasts.append({'kind': 'warn', 'text': _('Not told, for they may not see this record: %(names)s', names=names)})
    with desk_for(entity) as fresh:
        return timeline.answer(fresh, record, *toasts)


def _texts(desk: Desk, error: TrellisError) -> list[str]:
    found = forms.errors_by_field(error.findings, desk.presenter.locale)
    return [text for texts in found.values() for text in texts]
