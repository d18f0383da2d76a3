"""Moves between stages: by the stage path, by choosing a stage, after the dialogue of what a stage needs, from the board."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

from flask import flash, g, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.operations.mapping import propose
from modules.records import reverting
from modules.records.gating import may_go
from modules.records.model import Record
from modules.records.since import Seen
from modules.web import forms
from modules.web.failures import wants_json
from modules.web.pages import gates
from modules.web.pages.context import Desk, desk_for, may_update
from modules.web.presenting import stage_view
from schema.base.errors import Conflict, Invalid, NotFound
from schema.base.numbers import whole
from schema.definitions import PipelineDef, StageDef, in_locale


def move(entity: str, uid: str) -> ResponseReturnValue:
    """Change the stage. A refusal answers the gate's dialogue to htmx, and a problem with its address to scripts."""
    with desk_for(entity) as desk:
        stage = stage_of(desk, asked_stage())
        try:
            text, revision = save(desk, uid, stage)
        except (Invalid, Conflict) as error:
            if wants_json():
                return gates.refusal(desk.entity, uid, stage, error)
            if not request.headers.get('HX-Request'):
                raise
            return gates.dialogue(desk, uid, stage, error.findings), error.status
    place = request.form.get('place', '')
    undo = undo_url(desk.entity.key, uid, revision, place)
    if wants_json():
        return jsonify({'revision': revision, 'text': text, 'undo': undo})
    if place == 'board':  # the board draws the one card again and stays where it was scrolled to
        response = make_response('', 204)
        toast = {'kind': 'ok', 'text': text, 'undo': undo}
        response.headers['HX-Trigger'] = json.dumps({'close-dialog': True, 'card-moved': {'uid': uid}, 'toast': toast})
        return response
    flash(text, f'undo:{undo}')
    if request.headers.get('HX-Request'):
        response = make_response('', 204)
        response.headers['HX-Refresh'] = 'true'
        return response
    return redirect(f'/{desk.entity.key}/{uid}', 303)


def gate(entity: str, uid: str) -> ResponseReturnValue:
    """The dialogue that shows what a stage needs and asks for what is missing."""
    with desk_for(entity) as desk:
        return gates.dialogue(desk, uid, stage_of(desk, asked_stage()))


def pipeline(entity: str, uid: str) -> ResponseReturnValue:
    """The dialogue that moves one record by choosing a stage, of its own pipeline or of the one named by `to`, where a stage is
    proposed."""
    with desk_for(entity) as desk:
        require_stage(desk)
        record = desk.reader.get(desk.entity.key, uid)
        pipelines, locale, said = desk.entity.definition.pipelines, desk.presenter.locale, request.args.get('to', '')
        now = _stage_now(desk, record)
        here = next((each for each in pipelines if now in each.stages), None)
        there = next((each for each in pipelines if each.key == said), None) if said else here or pipelines[0]
        if there is None:
            raise NotFound.of('API-E404', '/to', value=said[:60])
        proposed = propose(here, there)[now.key] if here is not None and now is not None and here is not there else ''
        return render_template(
            'web/stage.html', entity=desk.entity, record=record, present=gates.present_stage(desk, record), there=there.key,
            pipelines=[(each.key, in_locale(each.label, locale)) for each in pipelines], place=request.args.get('place', ''),
            groups=_grouped(desk, there, now), proposed=proposed,
        )  # fmt: skip


def _grouped(desk: Desk, pipeline: PipelineDef, now: StageDef | None) -> list[dict[str, Any]]:
    """The stages of a pipeline under the names of their groups, each with what it asks for and whether it may be entered."""
    locale, found = desk.presenter.locale, []
    names = {each.key: in_locale(each.label, locale) for each in pipeline.groups}
    for key, stages in groupby(pipeline.stages, key=lambda each: each.group):
        views = []
        for each in stages:
            needs = [field.label for field in desk.presenter.fields(desk.entity, each.requires)]
            views.append({
                **stage_view(each, locale), 'needs': needs, 'gated': each.gate is not None, 'now': each is now,
                'barred': not may_go(desk.entity, now, each),
            })  # fmt: skip
        found.append({'label': names.get(key, ''), 'stages': views})
    return found


def _stage_now(desk: Desk, record: Record) -> StageDef | None:
    ref = record.values.get(desk.entity.stage.key) if desk.entity.stage is not None else None
    return next((each for each in desk.entity.definition.stages if each.ref == ref), None)


def save(desk: Desk, uid: str, stage: StageDef) -> tuple[str, int]:
    """Write the move with whatever fields came along. Returns what to tell, and the new revision."""
    stage_field = desk.entity.stage
    if stage_field is None:
        raise NotFound.of('API-E404', value=request.path)
    key = desk.entity.key
    title = desk.reader.get(key, uid, columns=()).title
    wire = forms.read_form(desk.entity, request.form, desk.reader.policy.writable(key), desk.reader.reading)
    wire[stage_field.key] = stage.key
    revision = base_revision()
    base = Seen(revision) if revision is not None else None  # fields of the gate's dialogue may stay as they were seen
    saved = desk.runtime.write(g.actor, lambda store: store.update(key, uid, wire, base_revision=base), catalog=g.catalog)
    return _('%(title)s moved to %(stage)s', title=title, stage=in_locale(stage.label, desk.presenter.locale)), saved.revision


def undo_url(key: str, uid: str, revision: int, place: str = '') -> str:
    """Where the toast's Undo goes: the move that made this revision is taken back, on the board without leaving it."""
    return f'/{key}/{uid}/moved/{revision}{"?place=board" if place == "board" else ""}'


def take_back(entity: str, uid: str, number: int) -> ResponseReturnValue:
    """Take back the move that made a revision, unless somebody changed the stage since. Raises: Conflict REC-E019."""
    with desk_for(entity) as desk:
        key = desk.entity.key
        desk.runtime.write(g.actor, lambda store: reverting.take_back(store, key, uid, number), catalog=g.catalog)
    text = _('Back where it was')
    if request.args.get('place') == 'board' and wants_json():
        return jsonify({'text': text, 'moved': uid})
    flash(text, 'ok')
    return jsonify({'text': text, 'reload': True}) if wants_json() else redirect(f'/{key}/{uid}', 303)


def may_move(desk: Desk, record: Record) -> bool:
    """Whether the person may set the record's stage, to offer it."""
    stage = desk.entity.stage
    return stage is not None and stage.key in desk.reader.policy.writable(desk.entity.key) and may_update(desk, record)


def require_stage(desk: Desk) -> None:
    """Names of stages are for those who may read the stage. Raises: NotFound API-E404."""
    stage = desk.entity.stage
    if stage is None or stage.key not in desk.reader.policy.readable(desk.entity.key):
        raise NotFound.of('API-E404', value=request.path)


def asked_stage() -> str:
    return _said('stage')


def base_revision() -> int | None:
    """The revision that the sender saw."""
    return whole(_said('revision'))


def _said(name: str) -> str:
    """A value of the form or, of a page's script, of the JSON."""
    body = request.get_json(silent=True)
    return str(request.values.get(name) or (body.get(name) if isinstance(body, dict) else '') or '')


def stage_of(desk: Desk, key: str) -> StageDef:
    """Raises: NotFound API-E404 without a stage or when it is not for the person, REC-E014."""
    entity = desk.entity
    require_stage(desk)
    assert entity.stage is not None
    found = next((each for each in entity.definition.stages if each.key == key), None)
    if found is None:
        choices = ', '.join(each.key for each in entity.definition.stages)
        raise NotFound.of('REC-E014', '/stage', label=entity.stage.definition.label, value=key[:60], choices=choices)
    return found
