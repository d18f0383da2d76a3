"""`/views/<entity>/…`: saving what a list shows, naming, sharing, arranging and deleting views; columns of one's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Response, flash, g, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from modules.saved_views import choices, service
from modules.saved_views.model import ALL, LONGEST_NAME, NARROWEST, WIDEST, View, Wish
from modules.web.failures import wants_json
from modules.web.pages.columns import asked_columns, shown_columns
from modules.web.pages.context import Desk, desk_for, filter_document
from modules.web.pages.sorting import read_sort, written_sort
from modules.web.pages.viewing import open_view
from permissions.tables import team
from schema.base.errors import Forbidden, Invalid
from schema.base.text import in_sentence
from schema.catalog import Entity

blueprint = Blueprint('saved_views', __name__, template_folder='templates')
SEE_OTHER = 303


@blueprint.get('/views/<entity>/new')
def new(entity: str) -> ResponseReturnValue:
    """The dialogue that asks for a name; the address carries what the list shows."""
    with desk_for(entity) as desk:
        return _dialog(desk, None, Wish('', document=_shown_document(desk)), ())


@blueprint.post('/views/<entity>')
def create(entity: str) -> ResponseReturnValue:
    with desk_for(entity) as desk:
        wish = _posted(filter_document(request.form.get('document', ''), '/document') or {})
        try:
            with g.runtime.database.session() as session:
                made = service.create(session, g.policy, desk.entity, wish, now=g.runtime.clock.now())
                _first(session, desk.entity, made)
        except (Invalid, Forbidden) as error:
            return _dialog(desk, None, wish, error.findings), 422
        flash(_('View “%(name)s” saved', name=made.name), 'ok')
        return _go(_address(desk.entity, made))


@blueprint.post('/views/<entity>/<uuid:uid>/save')
def save(entity: str, uid: Any) -> ResponseReturnValue:
    """What the address shows becomes the view's contents. Raises: NotFound VIE-E001, Forbidden VIE-E002, Invalid."""
    with desk_for(entity) as desk:
        found = service.view(desk.reader.session, g.actor, desk.entity, str(uid))
        document = {**_shown_document(desk), **({'board': found.document['board']} if 'board' in found.document else {})}
        wish = Wish(found.name, found.audience, _team_uid(desk, found), document)
        with g.runtime.database.session() as session:
            made = service.change(session, g.policy, desk.entity, found.uid, wish, now=g.runtime.clock.now())
        flash(_('View “%(name)s” saved', name=made.name), 'ok')
        return _go(_address(desk.entity, made))


@blueprint.route('/views/<entity>/<uuid:uid>', methods=['GET', 'POST'])
def edit(entity: str, uid: Any) -> ResponseReturnValue:
    """Name and audience of one view. Raises: NotFound VIE-E001, Forbidden VIE-E002."""
    with desk_for(entity) as desk:
        found = service.view(desk.reader.session, g.actor, desk.entity, str(uid))
        if request.method == 'GET':
            return _dialog(desk, found, Wish(found.name, found.audience, _team_uid(desk, found), found.document), ())
        wish = _posted(found.document)
        try:
            with g.runtime.database.session() as session:
                made = service.change(session, g.policy, desk.entity, found.uid, wish, now=g.runtime.clock.now())
                _first(session, desk.entity, made)
        except Invalid as error:
            return _dialog(desk, found, wish, error.findings), 422
        return _go(_address(desk.entity, made))


@blueprint.post('/views/<entity>/<uuid:uid>/delete')
def delete(entity: str, uid: Any) -> ResponseReturnValue:
    """Raises: NotFound VIE-E001, Forbidden VIE-E002."""
    with desk_for(entity) as desk:
        with g.runtime.database.session() as session:
            gone = service.delete(session, g.policy, desk.entity, str(uid), now=g.runtime.clock.now())
        flash(_('View “%(name)s” deleted', name=gone.name), 'ok')
        return _go(f'{_path(desk.entity)}?view={ALL}')


@blueprint.get('/views/<entity>/manage')
def manage(entity: str) -> ResponseReturnValue:
    """The dialogue with all views: their order, which one opens first, changing and deleting them."""
    with desk_for(entity) as desk:
        opened = open_view(desk.entity, desk.reader.session)
        rows = [
            {'view': each, 'mine': each.owner_id == g.actor.user_id, 'changeable': service.may_change(g.policy, each),
             'first': opened.choice.default == each.uid, 'audience': _audiences()[each.audience]}
            for each in opened.views
        ]  # fmt: skip
        default = next((each for each in opened.views if each.is_default), None)
        return render_template(
            'saved_views/manage.html', entity=desk.entity, rows=rows, opened=opened, default=default,
            title=in_sentence(desk.entity.definition.plural_in(desk.presenter.locale)),
        )  # fmt: skip


@blueprint.post('/views/<entity>/arrange')
def arrange(entity: str) -> ResponseReturnValue:
    """The person's order of tabs (`uid`, in order), what opens first for them (`first`) and for everybody (`for_all`)."""
    with desk_for(entity) as desk, g.runtime.database.session() as session:
        now, found = g.runtime.clock.now(), desk.entity
        service.reorder(session, g.actor, found, request.form.getlist('uid'), now=now)
        if 'first' in request.form:
            chosen = request.form['first']
            if chosen:
                service.set_default(session, g.policy, found, chosen, everybody=False, now=now)
            else:
                choices.choose(session, g.actor, found, {'default': ''}, now=now)
        if 'for_all' in request.form and g.policy.can_admin:
            service.set_default(session, g.policy, found, request.form['for_all'] or ALL, everybody=True, now=now)
    return _go(_path(found))


@blueprint.post('/views/<entity>/columns')
def columns(entity: str) -> ResponseReturnValue:
    """Columns and widths of one's own. With a view open its columns change in the address alone, until the view is saved.

    Raises: BadRequest REC-E036; Invalid VIE-E010.
    """
    with desk_for(entity) as desk:
        keys, view = asked_columns(desk), request.form.get('view', '')
        kept: dict[str, Any] = {}
        if request.form.get('reset'):
            kept = {'columns': [], 'widths': {}}
        elif not view and 'cols' in request.form:
            kept['columns'] = keys
        if 'widths' in request.form:
            kept['widths'] = _widths(desk)
        with g.runtime.database.session() as session:
            choices.choose(session, g.actor, desk.entity, kept, now=g.runtime.clock.now())
    back = dict(parse_qsl(request.form.get('back', '')))
    back.pop('cols', None)
    if view and keys and not request.form.get('reset'):
        back['cols'] = ','.join(keys)
    if wants_json():
        return jsonify({'text': ''})
    return redirect(f'/{desk.entity.key}/?{urlencode(back)}'.rstrip('?'), SEE_OTHER)


def _widths(desk: Desk) -> dict[str, int]:
    """`key:pixels,…` as the list sends them. Raises: Invalid VIE-E010."""
    found: dict[str, int] = {}
    for part in filter(None, request.form['widths'].split(',')[:60]):
        key, _mark, pixels = part.partition(':')
        if not pixels.isascii() or not pixels.isdigit() or not NARROWEST <= int(pixels[:6]) <= WIDEST:
            raise Invalid.of('VIE-E010', '/widths', least=NARROWEST, most=WIDEST)
        if key in desk.entity.fields:
            found[key] = int(pixels)
    return found


def _shown_document(desk: Desk) -> dict[str, Any]:
    """What the address shows, as a view keeps it."""
    opened = open_view(desk.entity, desk.reader.session)
    shown = shown_columns(desk, opened)
    sort = written_sort(read_sort(opened.sort))
    return {
        'filter': dict(opened.filter) if opened.filter else None, 'sort': sort.split(',') if sort else [],
        'columns': shown.keys, 'widths': dict(shown.widths),
    }  # fmt: skip


def _posted(document: Mapping[str, Any]) -> Wish:
    audience, _colon, team_uid = request.form.get('audience', 'private').partition(':')
    return Wish(request.form.get('name', ''), audience, team_uid, document)


def _first(session: Session, entity: Entity, made: View) -> None:
    if request.form.get('first') == '1':
        service.set_default(session, g.policy, entity, made.uid, everybody=False, now=g.runtime.clock.now())


def _dialog(desk: Desk, found: View | None, wish: Wish, findings: Any) -> str:
    locale, policy = desk.presenter.locale, desk.reader.policy
    names = _audiences()
    teams = [(f'team:{each["uid"]}', _('Team %(name)s', name=each['name'])) for each in _teams(desk)]
    public = [('public', names['public'])] if service.may_publish(policy, desk.entity) else []
    return render_template(
        'saved_views/view.html', entity=desk.entity, view=found, wish=wish, longest=LONGEST_NAME,
        chosen=f'team:{wish.team}' if wish.team else wish.audience, audiences=[('private', names['private']), *teams, *public],
        document=json.dumps(dict(wish.document), ensure_ascii=False), errors=[each.text(locale) for each in findings],
    )  # fmt: skip


def _audiences() -> dict[str, str]:
    return {'private': _('Only me'), 'team': _('My team'), 'public': _('Everybody')}


def _teams(desk: Desk) -> list[dict[str, str]]:
    actor = desk.reader.actor
    ids = sorted(actor.team_ids | actor.led_team_ids)
    if not ids:
        return []
    rows = desk.reader.session.execute(team.select().where(team.c.id.in_(ids), team.c.active).order_by(team.c.name))
    return [{'uid': row.uid, 'name': row.name} for row in rows]


def _team_uid(desk: Desk, found: View) -> str:
    if found.team_id is None:
        return ''
    row = desk.reader.session.execute(team.select().where(team.c.id == found.team_id)).first()
    return row.uid if row is not None else ''


def _address(entity: Entity, made: View) -> str:
    return f'{_path(entity)}?view={made.uid}'


def _path(entity: Entity) -> str:
    """The list, or the board where one came from there."""
    return f'/{entity.key}/{"board" if request.values.get("at") == "board" else ""}'


def _go(target: str) -> ResponseReturnValue:
    if not request.headers.get('HX-Request'):
        return redirect(target, SEE_OTHER)
    response: Response = make_response('', 204)
    response.headers['HX-Redirect'] = target
    return response
