"""The dialogue of who sees a record, its picker of people and teams, and its entry in the record's menu. Decides no right."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, g, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.operations import service as operations
from modules.operations.service import Order
from modules.records.model import Record
from modules.sharing import service, words
from modules.sharing.picking import receivers
from modules.web.pages.context import Desk, deciding_columns, desk_for, may_update
from modules.web.pages.many import answer_many, carried, picked
from modules.web.pinning import require_actor
from permissions.policy import Policy
from schema.base.errors import BadRequest, Invalid, NotFound, TrellisError
from schema.base.findings import Finding
from schema.catalog import Entity

blueprint = Blueprint('sharing', __name__, template_folder='templates')


@blueprint.get('/<ekey:entity>/<uid:uid>/share')
def ask(entity: str, uid: str) -> ResponseReturnValue:
    """Who sees the record beside what roles reach; for whoever may change it, also the way to share it."""
    require_actor()
    with desk_for(entity) as desk:
        return _dialog(desk, desk.reader.get(desk.entity.key, uid, columns=deciding_columns(desk)))


@blueprint.post('/<ekey:entity>/<uid:uid>/share')
def share(entity: str, uid: str) -> ResponseReturnValue:
    names = request.form.getlist('with')
    level = service.level_of(request.form.get('level', 'view'))

    def work(store: Any) -> None:
        found = service.find_receivers(store.session, _of_kind(names, 'user'), _of_kind(names, 'team'))
        service.share_one(store, store.catalog.entity(entity).key, uid, found, level)

    return _changed(entity, uid, work, _('Shared'))


@blueprint.post('/<ekey:entity>/<uid:uid>/share/end')
def end(entity: str, uid: str) -> ResponseReturnValue:
    names = [request.form.get('with', '')]

    def work(store: Any) -> None:
        found = service.find_receiver(
            store.session, next(iter(_of_kind(names, 'user')), ''), next(iter(_of_kind(names, 'team')), '')
        )
        service.unshare(store, store.catalog.entity(entity).key, uid, found)

    return _changed(entity, uid, work, _('No longer shared'))


@blueprint.post('/<ekey:entity>/share')
def ask_many(entity: str) -> ResponseReturnValue:
    """The dialogue for the picked records of a list."""
    require_actor()
    with desk_for(entity) as desk:
        desk.reader.policy.require('update', desk.entity.key)
        return _many_dialog(desk, ())


@blueprint.post('/<ekey:entity>/share/start')
def share_many(entity: str) -> ResponseReturnValue:
    """Share the picked records as one operation."""
    actor, names = require_actor(), request.form.getlist('with')
    values = {'users': _of_kind(names, 'user'), 'teams': _of_kind(names, 'team'), 'level': request.form.get('level', 'view')}
    with desk_for(entity) as desk:
        try:
            made = operations.start(desk.runtime, actor, Order('share', desk.entity.key, picked(), values))
        except (BadRequest, Invalid) as error:
            return _many_dialog(desk, error.findings), error.status
        return answer_many(made, desk.entity.key)


@blueprint.get('/people/receivers/choices')
def choices() -> ResponseReturnValue:
    """People and teams that something may be shared with; says so where no role of theirs sees records of the entity."""
    require_actor()
    with desk_for(request.args.get('for', '')) as desk:
        found = receivers(desk.reader.session, request.args.get('q', '')[:100])
        reaches = service.reach_of(desk.reader.session, g.catalog, desk.entity, found)
        many = desk.entity.definition.plural_in(desk.presenter.locale)
    rows = []
    for each in found:
        view, told = words.receiver_view(each), words.reach_words(each, reaches[each.principal], 'view', many)
        sub = told or (_('team') if each.kind == 'team' else '')
        rows.append({'uid': view['value'], 'label': view['name'], 'hue': view['hue'], 'sub': sub})
    return jsonify({'results': rows})


def record_link(policy: Policy, record: Record) -> dict[str, Any]:
    """For everybody who sees the record: who else does."""
    url = f'/{record.entity.key}/{record.uid}/share'
    return {'label': _('Share'), 'icon': 'share', 'attrs': {'hx-get': url, 'hx-target': '#layer'}}


def picked_link(policy: Policy, entity: Entity) -> dict[str, Any] | None:
    """For the bar of picked records."""
    if policy.scope('update', entity.key) == 'none':
        return None
    return {'label': _('Share'), 'icon': 'share', 'url': f'/{entity.key}/share'}


def _changed(entity: str, uid: str, work: Callable[[Any], None], told: str) -> ResponseReturnValue:
    """The dialogue again with what holds now; what was refused is told in it."""
    actor, findings, status = require_actor(), (), 200
    try:
        g.runtime.write(actor, work, catalog=g.catalog)
    except (BadRequest, Invalid) as error:
        findings, status = error.findings, error.status
    except NotFound as error:
        if error.findings[0].code != 'SHR-E005':
            raise
        findings, status = error.findings, error.status
    with desk_for(entity) as desk:
        try:
            record = desk.reader.get(desk.entity.key, uid, columns=deciding_columns(desk))
        except TrellisError:  # who ended what let them see it
            gone = make_response('', 204)
            gone.headers['HX-Redirect'] = f'/{desk.entity.key}/'
            return gone
        response: Response = make_response(_dialog(desk, record, findings), status)
    if not findings:
        toast = {'kind': 'ok', 'text': told}
        response.headers['HX-Trigger'] = json.dumps({'record-changed': {}, 'toast': toast})
    return response


def _dialog(desk: Desk, record: Record, findings: tuple[Finding, ...] = ()) -> str:
    session, locale = desk.reader.session, desk.presenter.locale
    found = service.shares_of(session, desk.entity, record.id)
    reaches = service.reach_of(session, g.catalog, desk.entity, [each.receiver for each in found])
    shares = [words.share_view(each, reaches.get(each.receiver.principal), desk.entity, locale) for each in found]
    return render_template(
        'sharing/dialog.html', entity=desk.entity, record=record, shares=shares, errors=_texts(findings, locale),
        zone=desk.reader.reading.zone,
        may_share=may_update(desk, record) and record.deleted_at is None, level=request.form.get('level', 'view'),
        viewers=words.viewers(session, desk.entity, record.id), swapped=request.method == 'POST',
    )  # fmt: skip


def _many_dialog(desk: Desk, findings: tuple[Finding, ...]) -> str:
    locale = desk.presenter.locale
    return render_template(
        'sharing/many.html', entity=desk.entity, carried=carried(), errors=_texts(findings, locale),
        level=request.form.get('level', 'view'),
    )  # fmt: skip


def _texts(findings: tuple[Finding, ...], locale: str) -> list[str]:
    return [' '.join(filter(None, (each.text(locale), each.hint_text(locale)))) for each in findings]


def _of_kind(names: list[str], kind: str) -> list[str]:
    return [key for each in names for found, _mark, key in [each.partition(':')] if found == kind and key]
