"""Moves of a record to another stage: from the path, from the dialogue that asks for what a gate needs, from the board."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import flash, g, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.operations.mapping import propose
from modules.records import reverting
from modules.records.model import Record
from modules.web import forms
from modules.web.failures import locale as spoken
from modules.web.failures import problem, wants_json
from modules.web.pages.context import Desk, address, desk_for
from modules.web.presenting import stage_view
from schema.base.errors import Conflict, Invalid, NotFound
from schema.base.findings import Finding
from schema.base.numbers import whole
from schema.catalog import Entity
from schema.definitions import StageDef, in_locale

GATE, MOVED = 'REC-E022', 'REC-E019'


def move(entity: str, uid: str) -> ResponseReturnValue:
    """Change the stage. A refusal answers the gate's dialogue to htmx, and a problem with its address to scripts."""
    with desk_for(entity) as desk:
        stage = stage_of(desk, asked_stage())
        try:
            text, revision = save(desk, uid, stage)
        except (Invalid, Conflict) as error:
            if wants_json():
                return gate_problem(desk.entity, uid, stage, error)
            if not request.headers.get('HX-Request'):
                raise
            return render_template('web/gate.html', **gate_context(desk, uid, stage, error.findings)), error.status
    undo = undo_url(desk.entity.key, uid, revision)
    if wants_json():
        return jsonify({'revision': revision, 'text': text, 'undo': undo})
    if request.form.get('place') == 'board':  # the board draws the one card again and stays where it was scrolled to
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
        return render_template('web/gate.html', **gate_context(desk, uid, stage_of(desk, asked_stage()), ()))


def pipeline(entity: str, uid: str) -> ResponseReturnValue:
    """The dialogue that moves one record to another pipeline: the stage there that is proposed, and the others. Without `to`
    another pipeline, with the choice among them."""
    with desk_for(entity) as desk:
        require_stage(desk)
        record = desk.reader.get(desk.entity.key, uid)
        pipelines, locale, said = desk.entity.definition.pipelines, desk.presenter.locale, request.args.get('to', '')
        present = present_stage(desk, record)
        here = next((each for each in pipelines if present and any(stage.key == present['key'] for stage in each.stages)), None)
        others = [each for each in pipelines if each is not here]
        there = next((each for each in (pipelines if said else others) if not said or each.key == said), None)
        if there is None:
            raise NotFound.of('API-E404', '/to', value=said[:60])
        proposed = propose(here, there)[present['key']] if here is not None and present else there.stages[0].key
        return render_template(
            'web/pipeline.html', entity=desk.entity, record=record, present=present, proposed=proposed, there=there.key,
            others=[(each.key, in_locale(each.label, locale)) for each in others], place=request.args.get('place', ''),
            pipeline_label=in_locale(there.label, locale), stages=[stage_view(each, locale) for each in there.stages],
        )  # fmt: skip


def save(desk: Desk, uid: str, stage: StageDef) -> tuple[str, int]:
    """Write the move with whatever fields came along. Returns what to tell, and the new revision."""
    stage_field = desk.entity.stage
    if stage_field is None:
        raise NotFound.of('API-E404', value=request.path)
    key = desk.entity.key
    title = desk.reader.get(key, uid, columns=()).title
    wire = forms.read_form(desk.entity, request.form, desk.reader.policy.writable(key), desk.reader.reading)
    wire[stage_field.key] = stage.key
    base = base_revision()
    saved = desk.runtime.write(g.actor, lambda store: store.update(key, uid, wire, base_revision=base), catalog=g.catalog)
    return _('%(title)s moved to %(stage)s', title=title, stage=in_locale(stage.label, desk.presenter.locale)), saved.revision


def gate_problem(
    entity: Entity, uid: str, stage: StageDef, error: Invalid | Conflict, *, place: str = ''
) -> ResponseReturnValue:  # fmt: skip
    """The refusal as problem+json; with `moved` when somebody else changed the stage meanwhile, else with `dialog_url` when the
    stage asks for fields."""
    response = problem(error.status, error.findings)
    body = response.get_json()
    if any(each.code == MOVED and each.pointer == f'/{entity.stage.key if entity.stage else ""}' for each in error.findings):
        body['moved'] = True
    elif stage.requires:
        body['dialog_url'] = address(f'/{entity.key}/{uid}/gate', {'stage': stage.key, 'place': place})
    response.set_data(jsonify(body).get_data())
    return response


def gate_context(desk: Desk, uid: str, stage: StageDef, findings: Sequence[Finding]) -> dict[str, Any]:
    """What `web/gate.html` takes: fields that are there, fields that are missing, and errors after a try."""
    record = desk.reader.get(desk.entity.key, uid)
    values, inputs = desk.presenter.record(record), desk.presenter.inputs(record)
    asked_for = [key for key in stage.requires if key in desk.entity.fields]
    typed = forms.shown_again(desk.entity, request.form, asked_for, desk.reader.reading)
    errors = forms.errors_by_field(findings, spoken())
    fields = desk.presenter.fields(desk.entity, stage.requires)
    missing = [field for field in fields if record.values.get(field.key) in (None, '', ())]
    named = {field.key for field in missing}
    asked = bool(typed)
    return {
        'entity': desk.entity, 'record': record, 'values': {**inputs, **typed}, 'shown': values,
        'place': request.values.get('place', ''),
        'stage': stage_view(stage, desk.presenter.locale), 'present': present_stage(desk, record),
        'filled': [field for field in fields if field.key not in named], 'missing': missing,
        'errors': {key: texts for key, texts in errors.items() if key in named} if asked else {},
        'other_errors': [text for each in findings if each.code != GATE and each.pointer.strip('/') not in named
                         for text in filter(None, (each.text(spoken()), each.hint_text(spoken())))],
    }  # fmt: skip


def undo_url(key: str, uid: str, revision: int) -> str:
    """Where the toast's Undo goes: the move that made this revision is taken back."""
    return f'/{key}/{uid}/moved/{revision}'


def take_back(entity: str, uid: str, number: int) -> ResponseReturnValue:
    """Take back the move that made a revision, unless somebody changed the stage since. Raises: Conflict REC-E019."""
    with desk_for(entity) as desk:
        key = desk.entity.key
        desk.runtime.write(g.actor, lambda store: reverting.take_back(store, key, uid, number), catalog=g.catalog)
    text = _('Back where it was')
    flash(text, 'ok')
    return jsonify({'text': text, 'reload': True}) if wants_json() else redirect(f'/{key}/{uid}', 303)


def present_stage(desk: Desk, record: Record) -> dict[str, Any] | None:
    field = desk.entity.stage
    ref = record.values.get(field.key) if field else None
    found = next((each for each in desk.entity.definition.stages if each.ref == ref), None)
    return stage_view(found, desk.presenter.locale) if found else None


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
