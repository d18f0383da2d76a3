"""FAB's pages of users, roles and passwords under FAB's addresses, with bodies, forms and templates of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_appbuilder.security import views as fab
from flask_babel import get_locale
from flask_babel import gettext as _

from modules.people import tokens, two_step
from modules.people.forms import NO_ERRORS, Errors, Input, errors_of, read_teams, read_user
from modules.people.service import PAGE, People, UserView, read_session
from modules.people.teams import list_teams
from modules.people.token_forms import told
from modules.runtime import Runtime
from permissions.fab_tables import roles
from permissions.grants import rights_of
from schema.base.errors import TrellisError, Unauthenticated
from schema.base.numbers import whole
from schema.definitions import ACTIONS, in_locale

SAVED = 303


def require_admin() -> Runtime:
    """Raises: Unauthenticated PRM-E011, Forbidden PRM-E003."""
    if g.get('policy') is None:
        raise Unauthenticated.of('PRM-E011')
    g.policy.require_admin()
    runtime: Runtime = g.runtime
    return runtime


def tongue() -> str:
    found = get_locale()
    return found.language if found else 'en'


def role_label(key: str) -> str:
    role = g.catalog.roles.get(key)
    return in_locale(role.label, tongue()) or key if role else key


class UserDBModelView(fab.UserDBModelView):  # type: ignore[misc]
    """`/users/…`. FAB's own bodies would change accounts past our checks, so only these routes exist."""

    include_route_methods = {
        'list',
        'show',
        'add',
        'edit',
        'delete',
        'userinfo',
        'end_sessions',
        'drop_two_step',
        'withdraw_token',
    }

    @expose('/list/')
    def list(self) -> ResponseReturnValue:
        runtime = require_admin()
        search, number = request.args.get('q', '')[:200], _page_number()
        with read_session(runtime.database) as session:
            found, total = People(session, g.catalog, runtime.clock.now()).list_users(search, number=number)
            teams = {each.id: each.name for each in list_teams(session)}
        return render_template(
            'people/users.html', users=found, total=total, teams=teams, search=search, number=number, size=PAGE,
            role_label=role_label,
        )  # fmt: skip

    @expose('/show/<pk>', methods=['GET'])
    def show(self, pk: str) -> ResponseReturnValue:
        return redirect(f'/users/edit/{_whole(pk)}')

    @expose('/add', methods=['GET', 'POST'])
    def add(self) -> ResponseReturnValue:
        runtime = require_admin()
        if request.method == 'GET':
            return _user_page(runtime, None, {'active': True, 'must_change_password': True}, NO_ERRORS)
        new = read_user(request.form)
        try:
            with runtime.database.session() as session:
                people = People(session, g.catalog, runtime.clock.now(), by=g.actor)
                user_id = people.create(new)
                people.set_teams(user_id, read_teams(request.form, list_teams(session)))
        except TrellisError as error:
            return _refused(runtime, None, error)
        flash(_('%(name)s can sign in now', name=new.username), 'ok')
        return redirect('/users/list/', SAVED)

    @expose('/edit/<pk>', methods=['GET', 'POST'])
    def edit(self, pk: str) -> ResponseReturnValue:
        runtime, user_id = require_admin(), _whole(pk)
        with read_session(runtime.database) as session:
            user = People(session, g.catalog, runtime.clock.now()).get_user(user_id)
        if request.method == 'GET':
            return _user_page(runtime, user, _values(runtime, user), NO_ERRORS)
        try:
            with runtime.database.session() as session:
                teams = read_teams(request.form, list_teams(session))
                active = '1' in request.form.getlist('active')
                people = People(session, g.catalog, runtime.clock.now(), by=g.actor)
                people.update(user_id, read_user(request.form), teams, active=active)
        except TrellisError as error:
            return _refused(runtime, user, error)
        flash(_('User saved'), 'ok')
        return redirect('/users/list/', SAVED)

    @expose('/delete/<pk>', methods=['POST'])
    def delete(self, pk: str) -> ResponseReturnValue:
        """Users are never deleted, for records and history name them: the account is closed."""
        runtime = require_admin()
        with runtime.database.session() as session:
            People(session, g.catalog, runtime.clock.now(), by=g.actor).set_active(_whole(pk), active=False)
        flash(_('User closed'), 'ok')
        return redirect('/users/list/', SAVED)

    @expose('/sessions/<pk>', methods=['POST'])
    def end_sessions(self, pk: str) -> ResponseReturnValue:
        """Sign the user out everywhere."""
        runtime, user_id = require_admin(), _whole(pk)
        with runtime.database.session() as session:
            People(session, g.catalog, runtime.clock.now(), by=g.actor).end_sessions(user_id)
        flash(_('Signed out everywhere'), 'ok')
        return redirect(f'/users/edit/{user_id}', SAVED)

    @expose('/two-step/<pk>', methods=['POST'])
    def drop_two_step(self, pk: str) -> ResponseReturnValue:
        runtime, user_id = require_admin(), _whole(pk)
        with runtime.database.session() as session:
            People(session, g.catalog, runtime.clock.now(), by=g.actor).drop_two_step(user_id)
        flash(_('No code is asked for any more'), 'ok')
        return redirect(f'/users/edit/{user_id}', SAVED)

    @expose('/tokens/<pk>/<token>', methods=['POST'])
    def withdraw_token(self, pk: str, token: str) -> ResponseReturnValue:
        runtime, user_id = require_admin(), _whole(pk)
        with runtime.database.session() as session:
            tokens.revoke_token(session, user_id, _whole(token), runtime.clock.now(), by=g.actor)
        flash(_('Token withdrawn'), 'ok')
        return redirect(f'/users/edit/{user_id}#tokens', SAVED)

    @expose('/userinfo/')
    def userinfo(self) -> ResponseReturnValue:
        return redirect('/settings')


class RoleModelView(fab.RoleModelView):  # type: ignore[misc]
    """`/roles/…`, to read: what a role may do is edited in Studio."""

    include_route_methods = {'list', 'show'}

    @expose('/list/')
    def list(self) -> ResponseReturnValue:
        require_admin()
        return render_template('people/roles.html', roles=[_role(key) for key in g.catalog.roles])

    @expose('/show/<pk>', methods=['GET'])
    def show(self, pk: str) -> ResponseReturnValue:
        """By FAB's number or by the role's key."""
        runtime = require_admin()
        key = pk
        if (number := whole(pk)) is not None:
            with runtime.database.reading() as connection:
                key = str(connection.execute(sa.select(roles.c.name).where(roles.c.id == number)).scalar() or '')
        if key not in g.catalog.roles:
            abort(404)
        return render_template('people/role.html', role=_role(key), rows=_reach(key), actions=ACTIONS)


class ResetPasswordView(fab.ResetPasswordView):  # type: ignore[misc]
    include_route_methods = {'this_form_get'}

    @expose('/form', methods=['GET'])
    def this_form_get(self) -> ResponseReturnValue:
        return redirect(f'/users/edit/{_whole(request.args.get("pk", ""))}#f-password')


class ResetMyPasswordView(fab.ResetMyPasswordView):  # type: ignore[misc]
    include_route_methods = {'this_form_get'}

    @expose('/form', methods=['GET'])
    def this_form_get(self) -> ResponseReturnValue:
        return redirect('/settings#f-new_password')


class UserInfoEditView(fab.UserInfoEditView):  # type: ignore[misc]
    include_route_methods = {'this_form_get'}

    @expose('/form', methods=['GET'])
    def this_form_get(self) -> ResponseReturnValue:
        return redirect('/settings')


def _whole(raw: str) -> int:
    """An id of the address; anything else is not there."""
    number = whole(raw)
    return abort(404) if number is None else number


def _page_number() -> int:
    raw = request.args.get('page', '1')
    number = whole(raw)
    return abort(400) if number is None else max(number, 1)


def _user_inputs(runtime: Runtime, user: UserView | None) -> tuple[Input, ...]:
    with read_session(runtime.database) as session:
        joined = (user.teams or {}) if user else {}
        listed = [each for each in list_teams(session) if each.active or each.id in joined]
        teams = [{'key': each.uid, 'label': each.name} for each in listed]
        known = People(session, g.catalog, runtime.clock.now()).role_choices()
    choices = [{'key': key, 'label': role_label(key)} for key in known]
    password_help = _('At least 8 letters.') if user is None else _('At least 8 letters; leave blank to keep the present one.')
    return (
        Input('last_name', _('Family and middle name'), max_length=64),
        Input('first_name', _('Given name'), required=True, max_length=64),
        Input('username', _('User name'), required=True, max_length=64, inputs={'autocapitalize': 'none'}),
        Input('email', _('E-mail'), 'email', required=True),
        Input('roles', _('Roles'), 'multi_picklist', options=choices, help=_('What they may do; several roles add up.')),
        Input('teams', _('Teams'), 'multi_picklist', options=teams),
        Input('leads', _('Leads'), 'multi_picklist', options=teams, help=_('Teams whose records they look after.')),
        Input('password', _('Password'), 'password', required=user is None, help=password_help),
        Input(
            'must_change_password',
            _('Chooses a new password at the next sign-in'),
            'boolean',
            help=_('Counts when a password is typed above.'),
        ),
        *(() if user is None else (Input('active', _('May sign in'), 'boolean'),)),
    )


def _values(runtime: Runtime, user: UserView) -> dict[str, Any]:
    with read_session(runtime.database) as session:
        uids = {each.id: each.uid for each in list_teams(session)}
    joined = user.teams or {}
    return {
        'last_name': user.last_name, 'first_name': user.first_name, 'username': user.username, 'email': user.email,
        'roles': [*user.roles], 'teams': [uids[each] for each in joined],
        'leads': [uids[each] for each, leads in joined.items() if leads], 'active': user.active, 'must_change_password': True,
    }  # fmt: skip


def _refused(runtime: Runtime, user: UserView | None, error: TrellisError) -> ResponseReturnValue:
    """The form again with what was typed, except the password."""
    form = request.form
    values: dict[str, Any] = {key: form.get(key, '') for key in ('last_name', 'first_name', 'username', 'email')}
    values |= {key: [each for each in form.getlist(key) if each] for key in ('roles', 'teams', 'leads')}
    values |= {key: '1' in form.getlist(key) for key in ('active', 'must_change_password')}
    errors = errors_of(error.findings, _user_inputs(runtime, user), tongue())
    return _user_page(runtime, user, values, errors), error.status


def _user_page(runtime: Runtime, user: UserView | None, values: Mapping[str, Any], errors: Errors) -> str:
    second, held, joined = None, [], []
    if user is not None:
        with read_session(runtime.database) as session:
            second, held = two_step.standing(session, user.id), tokens.list_tokens(session, user.id)
            joined = [each for each in list_teams(session) if each.id in (user.teams or {})]
    return render_template(
        'people/user_form.html', user=user, inputs=_user_inputs(runtime, user), values=values, errors=errors, second=second,
        tokens=told(held, g.catalog, tongue(), runtime.clock.now()), zone=g.actor.zone, joined=joined,
    )  # fmt: skip


def _role(key: str) -> dict[str, Any]:
    role = g.catalog.roles[key]
    return {
        'key': key, 'label': role_label(key), 'help': in_locale(role.document.get('x-help', {}), tongue()),
        'studio': role.studio, 'admin': role.admin,
    }  # fmt: skip


def _reach(key: str) -> Sequence[Mapping[str, Any]]:
    rights = rights_of(g.catalog, frozenset({key})).entities
    return [
        {
            'label': entity.definition.plural_in(tongue()),
            'scopes': rights[entity.key].scopes,
            'conditional': [
                action for action, parts in rights[entity.key].parts.items() if any(part.conditions for part in parts)
            ],
        }
        for entity in g.catalog.entities.values()
    ]
