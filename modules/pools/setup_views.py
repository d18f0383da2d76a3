"""Administrators' pages of pools: the list, making one, changing one. Reads forms; decides no right beyond being one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.people.forms import NO_ERRORS, Errors, Input, errors_of
from modules.people.pages import require_admin, tongue
from modules.people.service import read_session
from modules.pools import queries, setup, wires
from modules.pools.model import Pool, Wish
from modules.pools.sources import is_broken
from modules.sharing.picking import receivers
from modules.sharing.service import receivers_of
from modules.sharing.words import receiver_view
from modules.web.conditions import builder_words, faces_of
from schema.base.actor import principal
from schema.base.errors import Conflict, TrellisError
from schema.catalog import Entity

setup_pages = Blueprint('pools_setup', __name__, template_folder='templates', url_prefix='/pools/setup')
SAVED = 303


@dataclass(frozen=True)
class Picker(Input):
    """Several people and teams, looked up by what is typed."""

    remote_url: str = '/pools/setup/choices'


@setup_pages.get('/')
def index() -> ResponseReturnValue:
    """All pools."""
    runtime = require_admin()
    with runtime.database.reading() as connection:
        pools, counts = queries.list_pools(connection), queries.count_all(connection)
        people = {each.id: queries.people_of(connection, each.id) for each in pools}
    rows = [
        {
            'pool': each, 'entity': _plural(each), 'waiting': counts.get(each.id, (0, 0))[0],
            'claimed': counts.get(each.id, (0, 0))[1], 'broken': is_broken(each, g.catalog),
            'people': sum(len(people[each.id][kind]) for kind in ('members', 'member_teams')),
        }
        for each in pools
    ]  # fmt: skip
    return render_template('pools/setup.html', rows=rows)


@setup_pages.route('/new', methods=['GET', 'POST'])
def new() -> ResponseReturnValue:
    runtime = require_admin()
    if request.method == 'GET':
        values = {'entity': request.args.get('entity', '') or _first_entity(), 'activity': 'owner', 'active': True}
        return _form(None, {**values, 'managers': _people([g.actor.user_id], [])}, NO_ERRORS)
    try:
        with runtime.database.session() as session:
            made = setup.create(session, g.catalog, _wish(session), by=g.actor, now=runtime.clock.now())
    except TrellisError as error:
        return _form(None, _typed(), _errors(error)), error.status
    flash(_('Pool “%(name)s” is there', name=made.name), 'ok')
    return redirect('/pools/setup/', SAVED)


@setup_pages.route('/<uuid:pool>', methods=['GET', 'POST'])
def edit(pool: Any) -> ResponseReturnValue:
    runtime = require_admin()
    with runtime.database.reading() as connection:
        found = queries.get_pool(connection, str(pool))
        people = queries.people_of(connection, found.id)
    if request.method == 'GET':
        return _form(found, _values(found, people), NO_ERRORS)
    try:
        with runtime.database.session() as session:
            setup.update(session, g.catalog, found.uid, _wish(session), by=g.actor, now=runtime.clock.now())
    except TrellisError as error:
        return _form(found, _typed(), _errors(error)), error.status
    flash(_('Pool saved'), 'ok')
    return redirect('/pools/setup/', SAVED)


@setup_pages.post('/<uuid:pool>/delete')
def delete(pool: Any) -> ResponseReturnValue:
    runtime = require_admin()
    try:
        with runtime.database.session() as session:
            setup.delete(session, g.catalog, str(pool), by=g.actor, now=runtime.clock.now())
    except Conflict as error:
        found = error.findings[0]
        flash(f'{found.text(tongue())} {found.hint_text(tongue())}', 'bad')
        return redirect(f'/pools/setup/{pool}', SAVED)
    flash(_('Pool deleted'), 'ok')
    return redirect('/pools/setup/', SAVED)


@setup_pages.get('/source')
def source() -> ResponseReturnValue:
    """The builder of the source rule for the kind of record that was chosen."""
    require_admin()
    return render_template(
        'pools/_source.html', entity_key=_entity_of(request.args.get('entity', '')).key, condition='', errors=[]
    )


@setup_pages.get('/faces/<entity>')
def faces(entity: str) -> ResponseReturnValue:
    require_admin()
    found = faces_of(g.catalog.documents, entity, tongue())
    return abort(404) if found is None else jsonify(found)


@setup_pages.get('/choices')
def choices() -> ResponseReturnValue:
    """People and teams, for the pickers."""
    runtime = require_admin()
    with read_session(runtime.database) as session:
        rows = [_picked(each) for each in receivers(session, request.args.get('q', '')[:100])]
    return jsonify({'results': [{**each, 'sub': _('team') if each['uid'].startswith('team:') else ''} for each in rows]})


def _form(found: Pool | None, values: Mapping[str, Any], errors: Errors) -> str:
    entity = g.catalog.find_entity(values.get('entity') or '')
    return render_template(
        'pools/setup_form.html', pool=found, values=values, errors=errors, inputs={each.key: each for each in _inputs(found)},
        entity_key=entity.key if entity else '', texts=builder_words(tongue()), fixed=found is not None and _is_used(found),
        broken=found is not None and is_broken(found, g.catalog),
    )  # fmt: skip


def _inputs(found: Pool | None) -> Sequence[Input]:
    entities = [{'key': key, 'label': each.definition.plural_in(tongue())} for key, each in g.catalog.entities.items()]
    people = _('People and teams; who joins a team later belongs too.')
    return (
        Input('name', _('Name'), required=True, max_length=setup.LONGEST_NAME),
        Input('description', _('Description'), 'long_text', max_length=setup.LONGEST_DESCRIPTION),
        Input('entity', _('Kind of record'), 'picklist', required=True, options=entities),
        Picker('members', _('Members'), 'links', help=' '.join((_('They see what waits and may claim it.'), people))),
        Picker(
            'managers', _('Managers'), 'links', required=True,
            help=_('They see and change every record of the pool, also the claimed ones, and move them.'),
        ),
        Input(
            'daily_limit', _('Claims a day'), 'integer', help=_('For each member; blank for no limit. Days are the company’s.')
        ),
        Input(
            'return_days', _('Goes back after days'), 'integer',
            help=_('Without activity; blank to leave claimed records with their owners. Records in an end stage stay.'),
        ),
        Input(
            'activity', _('What counts as activity'), 'picklist', required=True,
            options=[
                {'key': 'owner', 'label': _('Work of the owner alone')}, {'key': 'anyone', 'label': _('Work of anybody')},
            ],
            help=_('Work is changing the record, or adding something about it, such as a call, a task or an appointment.'),
        ),
        Input('takes_new', _('Takes new records for which nobody chose an owner'), 'boolean',
              help=_('Otherwise whoever makes a record owns it, and only records without an owner enter.')),
        Input(
            'is_default', _('Default pool'), 'boolean', help=_('Takes what no other pool takes. One for each kind of record.')
        ),
        Input('active', _('Open'), 'boolean', help=_('A closed pool keeps its records; only its managers see them.')),
    )  # fmt: skip


def _values(found: Pool, people: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    entity = g.catalog.by_ref.get(found.entity_ref)
    return {
        'name': found.name, 'description': found.description, 'entity': entity.key if entity else '', 'source': found.source,
        'takes_new': found.takes_new, 'daily_limit': found.daily_limit, 'return_days': found.return_days,
        'activity': found.activity, 'active': found.active, 'is_default': found.is_default,
        'members': _people(people['members'], people['member_teams']),
        'managers': _people(people['managers'], people['manager_teams']),
    }  # fmt: skip


def _typed() -> dict[str, Any]:
    """The form again with what was typed."""
    form = request.form
    values: dict[str, Any] = {
        key: form.get(key, '') for key in ('name', 'description', 'entity', 'daily_limit', 'return_days', 'activity', 'source')
    }
    values |= {key: '1' in form.getlist(key) for key in ('takes_new', 'is_default', 'active')}
    for key in ('members', 'managers'):
        users, teams = _names(key)
        with g.runtime.database.reading() as connection:
            ids = [[*wires.known_ids(connection, kind, names).values()] for kind, names in (('users', users), ('teams', teams))]
        values[key] = _people(*ids)
    return values


def _wish(session: Any) -> Wish:
    """The submitted pool. Raises: Invalid POL-E016, POL-E018; BadRequest API-E401."""
    form = request.form
    body: dict[str, Any] = {key: form.get(key, '') for key in ('name', 'description', 'entity', 'activity')}
    body |= {key: '1' in form.getlist(key) for key in ('takes_new', 'is_default', 'active')}
    body['source'] = wires.read_source(form.get('source', ''))
    body |= {key: wires.read_number(form.get(key, ''), key, most) for key, most in (
        ('daily_limit', setup.MOST_A_DAY), ('return_days', setup.MOST_DAYS),
    )}  # fmt: skip
    body['members'], body['member_teams'] = _names('members')
    body['managers'], body['manager_teams'] = _names('managers')
    return wires.read_wish(session, body)


def _names(key: str) -> tuple[list[str], list[str]]:
    """User names and team uids of a picker."""
    pairs = [each.partition(':') for each in request.form.getlist(key) if each]
    return [name for kind, _mark, name in pairs if kind == 'user'], [name for kind, _mark, name in pairs if kind == 'team']


def _errors(error: TrellisError) -> Errors:
    inputs = [*_inputs(None), Input('source', _('What enters by itself'))]
    pointed = [each if not each.pointer.startswith(('/member_', '/manager_')) else _plain(each) for each in error.findings]
    return errors_of(pointed, inputs, tongue())


def _plain(found: Any) -> Any:
    return type(found)(found.code, found.pointer.replace('_teams', 's'), found.params, found.level)


def _people(users: Sequence[int], teams: Sequence[int]) -> list[dict[str, Any]]:
    tokens = [*(principal('user', each) for each in users), *(principal('team', each) for each in teams)]
    with read_session(g.runtime.database) as session:
        known = receivers_of(session, tokens)
    return [_picked(known[each]) for each in tokens if each in known]


def _picked(receiver: Any) -> dict[str, Any]:
    view = receiver_view(receiver)
    label = view['name'] if view['active'] else f'{view["name"]} ({_("closed")})'
    return {'uid': view['value'], 'label': label, 'hue': view['hue']}


def _is_used(found: Pool) -> bool:
    with g.runtime.database.reading() as connection:
        waiting, claimed = queries.count_all(connection).get(found.id, (0, 0))
    return bool(waiting or claimed)


def _plural(found: Pool) -> str:
    entity = g.catalog.by_ref.get(found.entity_ref)
    return entity.definition.plural_in(tongue()) if entity else ''


def _first_entity() -> str:
    return 'lead' if 'lead' in g.catalog.entities else next(iter(g.catalog.entities), '')


def _entity_of(key: str) -> Entity:
    found: Entity = g.catalog.entity(key)
    return found
