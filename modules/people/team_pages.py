"""The pages of teams and departments: the tree, one team with its people, the question before it is closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from modules.people import closing, teams
from modules.people.closing import NOWHERE, Answers
from modules.people.forms import NO_ERRORS, Errors, Input, errors_of
from modules.people.pages import SAVED, require_admin, tongue
from modules.people.service import read_session
from modules.people.teams import TeamChange, TeamNode, TeamView
from modules.runtime import Runtime
from permissions.tables import ab_user
from schema.base.errors import NotFound, TrellisError

blueprint = Blueprint('people_teams', __name__, template_folder='templates')


@blueprint.route('/teams/', methods=['GET', 'POST'])
def index() -> ResponseReturnValue:
    """All teams as a tree; sent to, one more of them."""
    runtime = require_admin()
    if request.method == 'GET':
        return _page(runtime)
    form = request.form
    try:
        with runtime.database.session() as session:
            made = teams.create_team(
                session, form.get('name', ''), _parent(session, form.get('parent', '')), now=runtime.clock.now(),
                kind=form.get('kind') or 'team', description=form.get('description', ''), by=g.actor,
            )  # fmt: skip
    except TrellisError as error:
        return _page(runtime, values=form.to_dict(), errors=_errors(error), adds=True), error.status
    flash(_('Team added'), 'ok')
    return redirect(f'/teams/{made}', SAVED)


@blueprint.get('/teams/new')
def new() -> ResponseReturnValue:
    return _page(require_admin(), values={'parent': request.args.get('parent', ''), 'kind': 'team'}, adds=True)


@blueprint.route('/teams/<int:team_id>', methods=['GET', 'POST'])
def one(team_id: int) -> ResponseReturnValue:
    """One team beside the tree: what it is, who leads it, who belongs to it."""
    runtime = require_admin()
    here = _team(runtime, team_id)
    if here is None:
        return redirect('/teams/')
    if request.method == 'GET':
        return _page(runtime, here)
    form = request.form
    try:
        with runtime.database.session() as session:
            change = TeamChange(
                form.get('name'), _parent(session, form.get('parent', '')), moves=True, kind=form.get('kind') or here.kind,
                description=form.get('description', here.description),
            )  # fmt: skip
            teams.change_team(session, team_id, change, by=g.actor, now=runtime.clock.now())
    except TrellisError as error:
        return _page(runtime, here, values=form.to_dict(), errors=_errors(error)), error.status
    flash(_('Team saved'), 'ok')
    return redirect(f'/teams/{team_id}', SAVED)


@blueprint.post('/teams/<int:team_id>/members')
def add_members(team_id: int) -> ResponseReturnValue:
    """People by user name; `leads` makes them leaders."""
    runtime, leads = require_admin(), request.form.get('leads') == '1'
    names = [each for each in request.form.getlist('users') if each]
    with runtime.database.session() as session:
        for user_id in _user_ids(session, names):
            teams.put_member(session, team_id, user_id, leads=leads, by=g.actor, now=runtime.clock.now())
    return redirect(f'/teams/{team_id}', SAVED)


@blueprint.post('/teams/<int:team_id>/members/<int:user_id>')
def change_member(team_id: int, user_id: int) -> ResponseReturnValue:
    """`act`: `lead`, `follow` or `leave`."""
    runtime, act, now = require_admin(), request.form.get('act', ''), g.runtime.clock.now()
    with runtime.database.session() as session:
        if act == 'leave':
            teams.remove_member(session, team_id, user_id, by=g.actor, now=now)
        elif act in {'lead', 'follow'}:
            teams.put_member(session, team_id, user_id, leads=act == 'lead', by=g.actor, now=now)
        else:
            raise NotFound.of('API-E404', '/act', value=act[:40])
    return redirect(f'/teams/{team_id}', SAVED)


@blueprint.get('/teams/<int:team_id>/close')
def ask(team_id: int) -> ResponseReturnValue:
    """The question where its records and people go."""
    runtime = require_admin()
    return _question(runtime, team_id, NO_ERRORS)


@blueprint.post('/teams/<int:team_id>/close')
def close(team_id: int) -> ResponseReturnValue:
    runtime, form = require_admin(), request.form
    delete = form.get('act') == 'delete'
    try:
        done = closing.close(
            runtime, g.actor, team_id, Answers(form.get('records_to', ''), form.get('members_to', '')), delete=delete
        )
    except TrellisError as error:
        return _question(runtime, team_id, _errors(error)), error.status
    if done.deleted:
        flash(_('Team deleted'), 'ok')
    elif delete:
        flash(_('The team is closed. Records still name it, so it is not deleted yet.'), 'info')
    else:
        flash(_('Team closed'), 'ok')
    response: Response = make_response('', 204)
    response.headers['HX-Redirect'] = '/teams/' if done.deleted else f'/teams/{team_id}'
    return response if request.headers.get('HX-Request') else redirect('/teams/', SAVED)


@blueprint.post('/teams/<int:team_id>/open')
def reopen(team_id: int) -> ResponseReturnValue:
    runtime = require_admin()
    with runtime.database.session() as session:
        teams.change_team(session, team_id, TeamChange(active=True), by=g.actor, now=runtime.clock.now())
    flash(_('The team is in use again'), 'ok')
    return redirect(f'/teams/{team_id}', SAVED)


def _page(
    runtime: Runtime, here: TeamView | None = None, *, values: Mapping[str, Any] | None = None, errors: Errors = NO_ERRORS,
    adds: bool = False,
) -> str:  # fmt: skip
    with read_session(runtime.database) as session:
        roots = teams.tree(session)
        members = teams.members_of(session, here.id).get(here.id, []) if here else []
    nodes = [node for root in roots for node in root.walk()]
    uids = {node.team.id: node.team.uid for node in nodes}
    inner = next((node for node in nodes if here and node.team.id == here.id), None)
    barred = {node.team.id for node in inner.walk()} if inner else set()
    offered = [node.team for node in nodes if node.team.active and node.team.id not in barred]
    if values is None and here is not None:
        above = uids.get(here.parent_id or 0, '')
        values = {'name': here.name, 'parent': above, 'kind': here.kind, 'description': here.description}
    return render_template(
        'people/teams.html', roots=roots, total=len(nodes), here=here, node=inner, members=members, adds=adds,
        inputs=_inputs(_paths(roots, offered)), values=values or {}, errors=errors, picked=_line(nodes, here),
    )  # fmt: skip


def _question(runtime: Runtime, team_id: int, errors: Errors) -> str:
    with read_session(runtime.database) as session:
        here = teams.find_team(session, team_id)
        held = closing.contents_of(session, g.catalog, team_id)
        roots = teams.tree(session)
    nodes = [node for root in roots for node in root.walk()]
    others = [node.team for node in nodes if node.team.active and node.team.id != team_id]
    records = [
        {'label': g.catalog.entities[key].definition.plural_in(tongue()), 'count': count} for key, count in held.live.items()
    ]
    return render_template(
        'people/team_close.html', here=here, held=held, records=records, errors=errors, values=request.form,
        records_input=_target_input('records_to', _('Its records go to'), _('no team'), _paths(roots, others)),
        members_input=_target_input('members_to', _('Its people go to'), _('no other team'), _paths(roots, others)),
    )  # fmt: skip


def _target_input(key: str, label: str, nowhere: str, choices: Sequence[Mapping[str, Any]]) -> Input:
    return Input(key, label, 'picklist', required=True, options=[{'key': NOWHERE, 'label': nowhere}, *choices])


def _inputs(parents: Sequence[Mapping[str, Any]]) -> tuple[Input, ...]:
    kinds = [{'key': 'team', 'label': _('Team')}, {'key': 'department', 'label': _('Department')}]
    return (
        Input('name', _('Name'), required=True, max_length=teams.LONGEST_NAME),
        Input('kind', _('Kind'), 'picklist', options=kinds),
        Input('parent', _('Stands below'), 'picklist', options=parents, placeholder=_('No team above'),
              help=_('Who leads a team also sees the teams below it.')),
        Input('description', _('Description'), 'long_text', max_length=teams.LONGEST_DESCRIPTION),
    )  # fmt: skip


def _paths(roots: Sequence[TeamNode], offered: Sequence[TeamView]) -> list[dict[str, str]]:
    """Choices in the order of the tree, each with what stands above it."""
    wanted, found = {each.id for each in offered}, []

    def walk(node: TeamNode, above: str) -> None:
        label = f'{above} / {node.team.name}' if above else node.team.name
        if node.team.id in wanted:
            found.append({'key': node.team.uid, 'label': label})
        for each in node.below:
            walk(each, label)

    for root in roots:
        walk(root, '')
    return found


def _line(nodes: Sequence[TeamNode], here: TeamView | None) -> frozenset[int]:
    """Ids of the team and of all above it, which stand open in the tree."""
    known, found = {node.team.id: node.team for node in nodes}, []
    at = here.id if here else None
    while at is not None:
        found.append(at)
        at = known[at].parent_id
    return frozenset(found)


def _team(runtime: Runtime, team_id: int) -> TeamView | None:
    with read_session(runtime.database) as session:
        return next((each for each in teams.list_teams(session) if each.id == team_id), None)


def _parent(session: Session, uid: str) -> int | None:
    """The id behind a team's uid, None for blank. Raises, later: NotFound PRM-E016."""
    if not uid:
        return None
    return next((each.id for each in teams.list_teams(session) if each.uid == uid), -1)


def _user_ids(session: Session, names: Sequence[str]) -> list[int]:
    """Raises: NotFound PRM-E012."""
    rows = session.execute(ab_user.select().where(ab_user.c.username.in_(list(names))))
    known = {row.username: row.id for row in rows}
    for name in names:
        if name not in known:
            raise NotFound.of('PRM-E012', value=name[:80], hint='')
    return [known[name] for name in names]


def _errors(error: TrellisError) -> Errors:
    targets = (
        _target_input('records_to', _('Its records go to'), '', ()),
        _target_input('members_to', _('Its people go to'), '', ()),
    )
    return errors_of(error.findings, (*_inputs(()), *targets), tongue())


@blueprint.app_template_global()
def team_people(node: TeamNode) -> str:
    """How many people a team and those below it have, in words."""
    return ngettext('%(num)s person', '%(num)s people', node.people)
