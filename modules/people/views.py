"""`/settings` for everybody, the sign-in log for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from modules.people import sessions, tokens, two_step
from modules.people.account_views import device_words
from modules.people.forms import NO_ERRORS, Errors, Input, errors_of, off_input, password_inputs
from modules.people.pages import SAVED, require_admin, role_label, tongue
from modules.people.service import read_session
from modules.people.sessions import SESSION_KEY
from modules.people.settings import Settings, change_password, read_settings, write_settings
from modules.people.signing import list_sign_ins
from modules.people.token_forms import form_of, told, wish_of
from modules.people.zones import zone_options
from modules.runtime import Runtime
from permissions.actors import known_preferences
from schema.base.actor import Actor
from schema.base.errors import TrellisError, Unauthenticated

people = Blueprint('people_pages', __name__, template_folder='templates')
LANGUAGES = ({'key': 'vi', 'label': 'Tiếng Việt'}, {'key': 'en', 'label': 'English'})
YEAR_SECONDS = 31_536_000


@people.route('/settings', methods=['GET', 'POST'])
def settings() -> ResponseReturnValue:
    """The person's own names, language, zone, theme and shortcuts."""
    runtime, actor = _person()
    if request.method == 'GET':
        with read_session(runtime.database) as connected:
            values = read_settings(connected, actor).as_values()
        return _settings_page(runtime, actor, values, NO_ERRORS)
    form = request.form
    wished = Settings(
        form.get('last_name', ''), form.get('first_name', ''), form.get('email', ''), form.get('locale', ''),
        form.get('timezone', ''), form.get('theme', ''), shortcuts='1' in form.getlist('shortcuts'),
    )  # fmt: skip
    try:
        with runtime.database.session() as connected:
            write_settings(connected, actor, wished, runtime.clock.now())
    except TrellisError as error:
        errors = errors_of(error.findings, _profile_inputs(), tongue())
        return _settings_page(runtime, actor, wished.as_values(), errors), error.status
    session['locale'] = wished.locale
    flash(_('Settings saved'), 'ok')
    answer = redirect('/settings', SAVED)
    answer.set_cookie('theme', wished.theme, max_age=YEAR_SECONDS, samesite='Lax')
    return answer


@people.post('/settings/password')
def password() -> ResponseReturnValue:
    runtime, actor = _person()
    form = request.form
    try:
        change_password(
            runtime.database, actor, form.get('password', ''), form.get('new_password', ''), form.get('again', ''),
            now=runtime.clock.now(), here=session.get(SESSION_KEY),
        )  # fmt: skip
    except TrellisError as error:
        with read_session(runtime.database) as connected:
            values = read_settings(connected, actor).as_values()
        return _settings_page(runtime, actor, values, errors_of(error.findings, password_inputs(), tongue())), error.status
    flash(_('Password changed; you are signed out everywhere else'), 'ok')
    return redirect('/settings', SAVED)


@people.post('/settings/tokens')
def new_token() -> ResponseReturnValue:
    """Makes a token and shows it, this once, on the page itself: it must not travel through a cookie."""
    runtime, actor = _person()
    name, now = ' '.join(request.form.get('name', '').split())[:200] or _('API token'), runtime.clock.now()
    try:
        wish = wish_of(request.form, g.catalog, g.installation.token_days, now=now, zone=actor.zone)
    except TrellisError as error:
        with read_session(runtime.database) as connected:
            values = read_settings(connected, actor).as_values()
        return _settings_page(runtime, actor, values, errors_of(error.findings, (), tongue()), sent=request.form), error.status
    with runtime.database.session() as connected:
        user_id = int(actor.user_id or 0)
        made = tokens.create_token(connected, user_id, name, now, days=wish.days, limit=wish.limit, by=actor)
        values = read_settings(connected, actor).as_values()
    return _settings_page(runtime, actor, values, NO_ERRORS, made=made)


@people.post('/settings/tokens/<int:token_id>/withdraw')
def withdraw_token(token_id: int) -> ResponseReturnValue:
    runtime, actor = _person()
    with runtime.database.session() as connected:
        tokens.revoke_token(connected, int(actor.user_id or 0), token_id, runtime.clock.now(), by=actor)
    flash(_('Token withdrawn'), 'ok')
    return redirect('/settings#tokens', SAVED)


@people.get('/users/sign-ins')
def sign_ins() -> ResponseReturnValue:
    """Who tried to sign in, lately."""
    runtime = require_admin()
    with read_session(runtime.database) as connected:
        attempts = list_sign_ins(connected)
    return render_template('people/sign_ins.html', attempts=attempts, zone=g.actor.zone)


@people.app_context_processor
def preferences() -> dict[str, Any]:
    """What every page follows: single-key shortcuts, and the theme on a device where none was chosen."""
    if g.get('actor') is None:
        return {}
    chosen = known_preferences(g.runtime.database.read_engine, g.actor.user_id)
    themed = {'theme': chosen.theme} if chosen.theme and 'theme' not in request.cookies else {}
    return {'shortcuts': chosen.shortcuts, **themed}


def _person() -> tuple[Runtime, Actor]:
    """Raises: Unauthenticated PRM-E011."""
    if g.get('actor') is None:
        raise Unauthenticated.of('PRM-E011')
    return g.runtime, g.actor


def _settings_page(
    runtime: Runtime, actor: Actor, values: Mapping[str, Any], errors: Errors, made: str = '',
    sent: MultiDict[str, str] | None = None,
) -> str:  # fmt: skip
    with read_session(runtime.database) as connected:
        user_id, now = int(actor.user_id or 0), runtime.clock.now()
        held = tokens.list_tokens(connected, user_id)
        opened = sessions.list_sessions(connected, user_id, now, here=session.get(SESSION_KEY))
        second = two_step.standing(connected, user_id)
    return render_template(
        'people/settings.html', inputs=_profile_inputs(), password_inputs=password_inputs(), values=values, errors=errors,
        tokens=told(held, g.catalog, tongue(), now), made=made, zone=actor.zone, sessions=opened, second=second,
        token_form=form_of(g.policy, g.installation.token_days, tongue(), sent),
        roles=[role_label(key) for key in sorted(actor.roles)], device=device_words, off_input=off_input(),
    )  # fmt: skip


def _profile_inputs() -> tuple[Input, ...]:
    themes = [
        {'key': 'auto', 'label': _('As the device')},
        {'key': 'light', 'label': _('Light')},
        {'key': 'dark', 'label': _('Dark')},
    ]
    zones = zone_options(tongue(), g.runtime.clock.now(), g.actor.timezone)
    return (
        Input('last_name', _('Family and middle name'), max_length=64, inputs={'autocomplete': 'family-name'}),
        Input('first_name', _('Given name'), required=True, max_length=64, inputs={'autocomplete': 'given-name'}),
        Input('email', _('E-mail'), 'email', required=True, inputs={'autocomplete': 'email'}),
        Input('locale', _('Language'), 'picklist', options=LANGUAGES, required=True),
        Input('timezone', _('Time zone'), 'picklist', options=zones, required=True),
        Input('theme', _('Appearance'), 'picklist', options=themes, required=True),
        Input('shortcuts', _('Single-key shortcuts'), 'boolean', help=_('Press ? to see them. Keys with Ctrl or Alt stay on.')),
    )
