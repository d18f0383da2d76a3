"""`/settings/…`: where a person is signed in, the second step of signing in, the first password of their own."""

from __future__ import annotations

import re
from typing import Any

import segno
from flask import Blueprint, flash, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.orm import Session

from modules.people import sessions, two_step
from modules.people.forms import NO_ERRORS, Errors, errors_of, password_inputs
from modules.people.pages import SAVED, tongue
from modules.people.sessions import SESSION_KEY
from modules.people.settings import change_password, is_own_password
from modules.runtime import Runtime
from schema.base import audit
from schema.base.actor import Actor
from schema.base.errors import Invalid, TrellisError, Unauthenticated
from schema.base.sealing import TWO_STEP, Seal

account = Blueprint('people_account', __name__, template_folder='templates')
SYSTEMS = (
    ('Windows', r'Windows'),
    ('Android', r'Android'),
    ('iPhone', r'iPhone|iPad'),
    ('macOS', r'Mac OS X'),
    ('Linux', r'Linux'),
)
BROWSERS = (
    ('Edge', r'Edg'),
    ('Cốc Cốc', r'coc_coc'),
    ('Firefox', r'Firefox|FxiOS'),
    ('Chrome', r'Chrom|CriOS'),
    ('Safari', r'Safari'),
)


def device_words(agent: str) -> str:
    """A browser's name for itself, in two words that people know."""
    named = [next((name for name, sign in signs if re.search(sign, agent)), '') for signs in (BROWSERS, SYSTEMS)]
    return ' · '.join(filter(None, named)) or agent.split('/')[0][:40] or _('Unknown device')


@account.post('/settings/sessions/<int:session_id>/end')
def end_session(session_id: int) -> ResponseReturnValue:
    """Sign out one other browser of one's own."""
    runtime, actor = _person()
    with runtime.database.session() as connected:
        sessions.end_session(connected, int(actor.user_id or 0), session_id, runtime.clock.now())
        _note(connected, 'sign_out', way='another browser')
    flash(_('Signed out there'), 'ok')
    return redirect('/settings#sessions', SAVED)


@account.post('/settings/sessions/end')
def end_others() -> ResponseReturnValue:
    runtime, actor = _person()
    with runtime.database.session() as connected:
        sessions.end_all(connected, int(actor.user_id or 0), runtime.clock.now(), but=session.get(SESSION_KEY))
        _note(connected, 'sign_out', way='everywhere else')
    flash(_('Signed out everywhere else'), 'ok')
    return redirect('/settings#sessions', SAVED)


@account.route('/settings/two-step', methods=['GET', 'POST'])
def set_up_codes() -> ResponseReturnValue:
    """The picture for the phone; with the right code, the recovery codes, this once."""
    runtime, actor = _person()
    user_id, seal, now = int(actor.user_id or 0), Seal(runtime.settings.secret_key, TWO_STEP), runtime.clock.now()
    error, codes = '', None
    with runtime.database.session() as connected:
        if two_step.is_on(connected, user_id):
            return redirect('/settings#two-step', SAVED)
        secret = two_step.begin(connected, seal, user_id)
        if request.method == 'POST':
            try:
                codes = two_step.confirm(connected, seal, user_id, request.form.get('code', '')[:40], now)
                _note(connected, 'two_step_changed', on=True)
            except Invalid as refused:
                error = ' '.join(f'{each.text(tongue())} {each.hint_text(tongue())}' for each in refused.findings)
    if codes is not None:
        return render_template('people/recovery_codes.html', codes=codes)
    picture = segno.make(two_step.address(secret, actor.username, request.host), error='m')
    drawn = Markup(picture.svg_inline(scale=5, border=2, dark='#000', light='#fff', omitsize=False))
    page = render_template('people/two_step.html', secret=secret, picture=drawn, error=error)
    return (page, 422) if error else page


@account.post('/settings/two-step/off')
def drop_codes() -> ResponseReturnValue:
    """Needs the password, for an open browser is not yet the person."""
    runtime, actor = _person()
    if not is_own_password(runtime.database, actor, request.form.get('present', '')):
        flash(_('The password does not match; codes are still asked for.'), 'error')
        return redirect('/settings#two-step', SAVED)
    with runtime.database.session() as connected:
        two_step.turn_off(connected, int(actor.user_id or 0))
        _note(connected, 'two_step_changed', on=False)
    flash(_('No code is asked for any more'), 'ok')
    return redirect('/settings#two-step', SAVED)


@account.route('/settings/first-password', methods=['GET', 'POST'])
def first_password() -> ResponseReturnValue:
    """The page that somebody with a password given by others cannot leave without choosing one."""
    runtime, actor = _person()
    if not g.must_change_password:
        return redirect('/settings', SAVED)
    if request.method == 'GET':
        return _first_password_page(NO_ERRORS)
    form = request.form
    try:
        change_password(
            runtime.database, actor, form.get('password', ''), form.get('new_password', ''), form.get('again', ''),
            now=runtime.clock.now(), here=session.get(SESSION_KEY),
        )  # fmt: skip
    except TrellisError as error:
        return _first_password_page(errors_of(error.findings, password_inputs(), tongue())), error.status
    flash(_('Password changed; you are signed out everywhere else'), 'ok')
    return redirect('/', SAVED)


def _first_password_page(errors: Errors) -> str:
    return render_template('people/first_password.html', inputs=password_inputs(), errors=errors)


def _note(connected: Session, kind: str, **params: Any) -> None:
    audit.note(connected, kind, actor=g.actor, subject=g.actor.username, params=params, now=g.runtime.clock.now())


def _person() -> tuple[Runtime, Actor]:
    """Raises: Unauthenticated PRM-E011."""
    if g.get('actor') is None:
        raise Unauthenticated.of('PRM-E011')
    return g.runtime, g.actor
