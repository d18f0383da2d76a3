"""`/view-as/…`: beginning and ending to look through another person's or a role's eyes. Decides nothing."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.people.forms import Input
from modules.people.pages import SAVED, require_admin, role_label
from modules.people.service import read_session
from modules.people.sessions import SESSION_KEY
from modules.people.teams import list_teams
from modules.runtime import Runtime
from modules.web.pinning import require_actor
from modules.web.presenting import hue_of
from modules.why import viewing
from modules.why.pages import show_why
from modules.why.viewing import Target
from permissions.actors import full_name
from permissions.fab_tables import users
from schema.base.errors import NotFound, TrellisError

blueprint = Blueprint('why', __name__, template_folder='templates')
PERSON_INPUT = {'key': 'person', 'widget': 'user', 'remote_url': '/people/users/choices'}


blueprint.add_url_rule('/why/', 'show_why', show_why)


@blueprint.get('/view-as/')
def choose_eyes() -> ResponseReturnValue:
    """The question through whose eyes to look; `person` (a user name) and `role` come chosen."""
    runtime = require_admin()
    return _page(runtime, request.args.get('person', ''), request.args.get('role', ''), '', '')


@blueprint.post('/view-as/start')
def start_viewing() -> ResponseReturnValue:
    runtime = require_admin()
    form = request.form
    username, role, team = (form.get(key, '').strip()[:120] for key in ('person', 'role', 'team'))
    key = session.get(SESSION_KEY)
    if key is None:  # signed by a token: there is no browser to look through
        abort(404)
    try:
        begun = viewing.begin(runtime, g.actor, _target(runtime, username, role, team), str(key))
    except TrellisError as error:
        told = ' '.join(f'{each.text(g.actor.locale)} {each.hint_text(g.actor.locale)}'.strip() for each in error.findings)
        return _page(runtime, username, role, team, told), error.status
    flash(_('You see what %(name)s sees', name=begun.seen.name), 'ok')
    return redirect('/', SAVED)


@blueprint.post('/view-as/stop')
def stop_viewing() -> ResponseReturnValue:
    """Be oneself again; harmless for who is."""
    require_actor()
    if g.viewing is not None:
        viewing.end(g.runtime, g.viewing.real, g.viewing.target, str(session.get(SESSION_KEY)))
        flash(_('You are yourself again'), 'ok')
    return redirect('/', SAVED)


def _target(runtime: Runtime, username: str, role: str, team: str) -> Target:
    """Raises: NotFound WHY-E002."""
    with read_session(runtime.database) as connected:
        if username:
            user_id = connected.execute(sa.select(users.c.id).where(users.c.username == username)).scalar()
            if user_id is None:
                raise NotFound.of('WHY-E002')
            return Target(user_id=user_id)
        team_id = next((each.id for each in list_teams(connected) if each.uid == team), None)
    if not role or (team and team_id is None):
        raise NotFound.of('WHY-E002')
    return Target(role=role, team_id=team_id)


def _page(runtime: Runtime, username: str, role: str, team: str, error: str) -> str:
    with read_session(runtime.database) as connected:
        person = connected.execute(sa.select(users).where(users.c.username == username)).mappings().first()
        teams = [{'key': each.uid, 'label': each.name} for each in list_teams(connected)]
    roles = [{'key': key, 'label': role_label(key)} for key in g.catalog.roles]
    inputs = (
        Input('role', _('Role'), 'picklist', options=roles, help=_('As if somebody had this role alone and owned nothing.')),
        Input('team', _('In the team'), 'picklist', options=teams, placeholder=_('No team')),
    )
    return render_template(
        'why/view_as.html', person=_link(person), person_input=PERSON_INPUT | {'label': _('Person')}, inputs=inputs,
        values={'role': role, 'team': team}, error=error, minutes=int(viewing.LONGEST.total_seconds() // 60),
    )  # fmt: skip


def _link(person: Any) -> dict[str, Any] | None:
    if person is None:
        return None
    name = full_name(person['first_name'], person['last_name']) or person['username']
    return {'uid': person['username'], 'label': name, 'hue': hue_of(person['username'])}
