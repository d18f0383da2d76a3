"""The sign-in pages: password, then the code of who asked for a second step. Opens and ends the browser's session."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_appbuilder.security.views import AuthDBView as FabAuthDBView
from flask_babel import gettext as _
from flask_limiter import Limiter
from flask_login import login_user, logout_user

from modules.people.security import PeopleSecurityManager
from modules.people.sessions import SESSION_KEY, end_here, open_session
from modules.people.signing import check_code, sign_in_user
from modules.people.two_step import Seal
from modules.runtime import Runtime
from modules.web.brakes import make_limiter
from modules.web.returning import safe_path
from schema.base.audit import note

PENDING = 'pending'  # in the signed cookie: whose password was right and when, until the code comes
PENDING_SECONDS = 300


class AuthDBView(FabAuthDBView):  # type: ignore[misc]
    """`/login/`, `/login/code` and `/logout/`. Keeps the name, by which FAB and its addresses know it."""

    @expose('/login/', methods=['GET', 'POST'])
    def login(self) -> ResponseReturnValue:
        following = safe_path(request.values.get('next', ''))
        if g.get('actor') is not None:
            return redirect(following)
        if request.method == 'GET':
            return render_template('web/login.html', username='', error='', next_url=request.args.get('next', ''))
        runtime, form = _runtime(), request.form
        username, remember = form.get('username', '').strip()[:320], form.get('remember') == '1'
        password, now = form.get('password', '')[:1000], runtime.clock.now()
        seal = Seal(runtime.settings.secret_key)
        checked = sign_in_user(runtime.database, seal, username, password, request.remote_addr or '', now)
        if checked.user_id is None:
            error = _('The user name or the password does not match.')
            page = render_template('web/login.html', username=username, error=error, next_url=form.get('next', ''))
            return page, 401
        if checked.needs_code:
            session[PENDING] = [checked.user_id, username[:128], int(now.timestamp()), remember, form.get('next', '')[:500]]
            return redirect('/login/code', 303)
        self._enter(checked.user_id, remember=remember)
        return redirect(following, 303)

    @expose('/login/code', methods=['GET', 'POST'])
    def code(self) -> ResponseReturnValue:
        """The second step; five minutes after the password it begins anew."""
        runtime = _runtime()
        now = runtime.clock.now()
        pending = session.get(PENDING)
        if not _is_pending(pending) or now.timestamp() - pending[2] > PENDING_SECONDS:
            session.pop(PENDING, None)
            return redirect('/login/', 303)
        if request.method == 'GET':
            return render_template('web/login_code.html', error='')
        user_id, name, _at, remember, following = pending
        seal, address = Seal(runtime.settings.secret_key), request.remote_addr or ''
        if not check_code(runtime.database, seal, user_id, name, request.form.get('code', '')[:40], address, now).opens:
            return render_template('web/login_code.html', error=_('This code is wrong or was used before.')), 401
        session.pop(PENDING, None)
        self._enter(user_id, remember=remember)
        return redirect(safe_path(following), 303)

    @expose('/logout/')
    def logout(self) -> ResponseReturnValue:
        runtime = _runtime()
        if key := session.pop(SESSION_KEY, None):
            with runtime.database.writing() as connection:
                end_here(connection, str(key), runtime.clock.now())
                if real := g.viewing.real if g.get('viewing') else g.get('actor'):
                    note(connection, 'sign_out', actor=real, subject=real.username, now=runtime.clock.now())
        logout_user()
        return redirect('/login/')

    def _enter(self, user_id: int, *, remember: bool) -> None:
        """A fresh session; what an earlier person of this browser chose does not pass to the next one."""
        runtime = _runtime()
        kept = {name: session[name] for name in ('locale', 'locale_chosen') if session.get('locale_chosen') and name in session}
        session.clear()
        session.update(kept)
        agent = request.user_agent.string or ''
        with runtime.database.writing() as connection:
            now, address = runtime.clock.now(), request.remote_addr or ''
            session[SESSION_KEY] = open_session(connection, user_id, now, address=address, agent=agent)
        session.permanent = remember
        login_user(self.appbuilder.sm.get_user_by_id(user_id))  # last: FAB's session holds SQLite's write lock from here on


class WebSecurityManager(PeopleSecurityManager):
    """The security manager with our sign-in pages."""

    authdbview = AuthDBView

    def create_limiter(self, app: Flask) -> Limiter:
        return make_limiter(app)


def _runtime() -> Runtime:
    runtime: Runtime = current_app.extensions['trellis']
    return runtime


def _is_pending(raw: Any) -> bool:
    return isinstance(raw, list) and len(raw) == 5
