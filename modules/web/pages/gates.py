"""What stands between a record and a stage: told on its page beforehand, and asked for in a dialogue when it is moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from modules.records.changing import Change
from modules.records.gating import Gate, Gatekeeper
from modules.records.model import Record
from modules.records.store import Store
from modules.web import form_state, forms
from modules.web.failures import locale as spoken
from modules.web.failures import problem
from modules.web.pages.chips import link_labels
from modules.web.pages.context import Desk, address
from modules.web.pages.typed import typed_again
from modules.web.presenting import FieldView, stage_view
from schema.base.errors import Conflict, Invalid
from schema.base.findings import Finding
from schema.base.numbers import whole
from schema.catalog import Entity
from schema.definitions import StageDef, in_locale

MISSING, SHUT, BARRED, MOVED, BLANK = 'REC-E022', 'REC-E144', 'REC-E031', 'REC-E019', 'REC-E001'
BY_GATE = frozenset({MISSING, SHUT})


def of_record(desk: Desk, record: Record, stages: Iterable[StageDef]) -> Mapping[str, Gate]:
    """By stage ref, how the conditions of stages stand for a record; costs nothing where no stage has one."""
    asked = [stage for stage in stages if stage.gate is not None]
    if not asked:
        return {}
    labels = {key: text for stage in asked for key, text in link_labels(desk, stage.gate or {}).items()}
    with Session(desk.runtime.database.read_engine) as session:
        keeper = Gatekeeper(
            session, desk.presenter.catalog, desk.reader.policy, desk.reader.clock, desk.reader.reading, labels
        )  # fmt: skip
        return keeper.stored(desk.entity, record.uid, asked)


def dialogue(desk: Desk, uid: str, stage: StageDef, findings: Sequence[Finding] = ()) -> str:
    """What the stage asks of the record, as that stands with what was typed: what is there, and what is missing to fill in."""
    return render_template('web/gate.html', **_context(desk, uid, stage, findings))


def refusal(
    entity: Entity, uid: str, stage: StageDef, error: Invalid | Conflict, *, place: str = ''
) -> ResponseReturnValue:  # fmt: skip
    """A refused move as problem+json; with `moved` when somebody else changed the stage meanwhile, else with `dialog_url` when
    the dialogue can ask for what is missing."""
    response = problem(error.status, error.findings)
    body = response.get_json()
    if any(each.code == MOVED and each.pointer == f'/{entity.stage.key if entity.stage else ""}' for each in error.findings):
        body['moved'] = True
    elif is_asked(entity, error.findings):
        body['dialog_url'] = address(f'/{entity.key}/{uid}/gate', {'stage': stage.key, 'place': place})
    response.set_data(jsonify(body).get_data())
    return response


def is_asked(entity: Entity, findings: Iterable[Finding]) -> bool:
    """Whether the dialogue of a stage can ask for what a move lacks: its own needs, or fields that rules complain about."""
    return any(each.code in BY_GATE or _field_of(entity, each) for each in findings if each.level == 'error')


def _context(desk: Desk, uid: str, stage: StageDef, findings: Sequence[Finding]) -> dict[str, Any]:
    entity = desk.entity
    record = desk.reader.get(entity.key, uid)
    change, gate = _foresee(desk, uid, stage)
    found = [each for each in (*change.findings, *(each for each in findings if each not in change.findings))
             if each.level == 'error']  # fmt: skip
    missing = {key for each in found if each.code == MISSING for key in each.params.get('keys', ())}
    unmet = [each.key for each in gate.missing if each.key] if gate is not None else []
    sent = typed_again(desk, desk.reader.policy.writable(entity.key) - {_stage_key(entity)}, found)
    keys = [*(key for key in stage.requires if key in missing), *unmet, *(_field_of(entity, each) for each in found), *sent]
    asked = _asked(desk, record, stage, change, {key: key in missing for key in keys if key})
    shown = {field.key for field in asked}
    readable = desk.reader.policy.readable(entity.key)
    closed = not missing <= readable or (gate is not None and gate.hidden)
    told = [each for each in found if each.code not in BY_GATE and (sent or each.code != BLANK)]
    errors = forms.errors_by_field(told, spoken())
    barred = any(each.code == BARRED for each in found)
    return {
        'entity': entity, 'record': record, 'place': request.values.get('place', ''), 'stage': stage_view(stage, spoken()),
        'revision': _revision(record, found, is_again=bool(sent)),
        'present': present_stage(desk, record), 'asked': asked, 'errors': errors,
        'values': {**desk.presenter.inputs(record), **sent}, 'shown': desk.presenter.record(record),
        'filled': [each for each in desk.presenter.fields(entity, stage.requires) if each.key not in shown],
        'wanted': gate.wanted if gate is not None else (), 'closed': closed,
        'message': in_locale(stage.gate_message, spoken()) if gate is not None and not gate.open else '',
        'other_errors': [text for key, texts in errors.items() if key not in shown for text in texts],
        'can_go': not barred and (not found or any(not each.read_only for each in asked)),
    }  # fmt: skip


def _revision(record: Record, found: Sequence[Finding], *, is_again: bool) -> int:
    """Over which revision the dialogue is filled in: the one at which it was opened, however often it is drawn again, until it
    says what somebody else changed."""
    opened = whole(request.form.get('revision', '')) if is_again else None
    return record.revision if opened is None or any(each.code == MOVED for each in found) else opened


def _foresee(desk: Desk, uid: str, stage: StageDef) -> tuple[Change, Gate | None]:
    """What the move would meet, with what was typed; nothing is written."""
    entity, policy = desk.entity, desk.reader.policy
    wire = forms.read_form(entity, request.form, policy.writable(entity.key), desk.reader.reading)
    wire[_stage_key(entity)] = stage.key
    labels = link_labels(desk, stage.gate) if stage.gate is not None else {}

    def rehearse(store: Store) -> tuple[Change, Gate | None]:
        change = store.rehearse(entity.key, uid, wire)
        keeper = Gatekeeper(store.session, store.catalog, store.policy, desk.reader.clock, desk.reader.reading, labels)
        return change, keeper.gate(change, stage)

    return desk.runtime.write(g.actor, rehearse, catalog=g.catalog)


def _asked(desk: Desk, record: Record, stage: StageDef, change: Change, keys: Mapping[str, bool]) -> list[FieldView]:
    """The fields to fill in, `{key: whether it must be}`, as rules leave them once the record stands in the stage. None is
    hidden: the stage asks for it."""
    state = form_state.standings(desk, record, {**change.values, _stage_key(desk.entity): stage.ref})
    ruled = form_state.ruled(desk, desk.presenter.fields(desk.entity, keys), state, record)
    return [replace(each, hidden=False, required_now=keys[each.key] or each.required) for each in ruled]


def present_stage(desk: Desk, record: Record) -> dict[str, Any] | None:
    """For templates; None for a record in no stage, or where stages are not for the person."""
    ref = record.values.get(_stage_key(desk.entity))
    found = next((each for each in desk.entity.definition.stages if each.ref == ref), None)
    return stage_view(found, desk.presenter.locale) if found else None


def _stage_key(entity: Entity) -> str:
    return entity.stage.key if entity.stage is not None else ''


def _field_of(entity: Entity, found: Finding) -> str:
    """The field other than the stage that a finding is about."""
    key = found.pointer.strip('/').split('/')[0]
    return key if key in entity.fields and key != _stage_key(entity) else ''
