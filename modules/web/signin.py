"""The sign-in pages: password, then the code of who asked for a second step. Opens and ends the browser's session."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_appbuilder.security.views import AuthDBView as FabAuthDBView
from flask_babel import gettext as _
from flask_limiter import Limiter
from flask_login import logout_user

from modules.people.doors import doors_of
from modules.people.security import PeopleSecurityManager
from modules.people.sessions import SESSION_KEY, end_here
from modules.people.signing import check_code, sign_in_user
from modules.web.brakes import make_limiter
from modules.web.failures import locale
from modules.web.returning import safe_path
from modules.web.signin_elsewhere import PROVIDER, AuthOAuthView, make_oauth
from modules.web.signin_session import PENDING, await_code, enter, login_page, runtime_in_use
from schema.base.audit import note
from schema.base.errors import Unavailable
from schema.base.findings import finding
from schema.base.sealing import TWO_STEP, Seal

PENDING_SECONDS = 300


class AuthDBView(FabAuthDBView):  # type: ignore[misc]
    """`/login/`, `/login/code` and `/logout/`. Keeps the name, by which FAB and its addresses know it."""

    @expose('/login/', methods=['GET', 'POST'])
    def login(self) -> ResponseReturnValue:
        following = safe_path(request.values.get('next', ''))
        if g.get('actor') is not None:
            return redirect(following)
        if request.method == 'GET':
            return login_page(next_url=request.args.get('next', ''))
        runtime, form = runtime_in_use(), request.form
        username, remember = form.get('username', '').strip()[:320], form.get('remember') == '1'
        password, now = form.get('password', '')[:1000], runtime.clock.now()
        seal = Seal(runtime.settings.secret_key, TWO_STEP)
        doors, address = doors_of(runtime, g.catalog, g.installation), request.remote_addr or ''
        try:
            checked = sign_in_user(runtime.database, seal, username, password, address, now, doors=doors)
        except Unavailable as down:
            return login_page(username=username, error=down.findings[0].text(locale()), next_url=form.get('next', '')), 503
        if checked.user_id is None:
            closed = finding('PRM-E069') if checked.is_closed else None
            told = f'{closed.text(locale())} {closed.hint_text(locale())}' if closed else ''
            error = told or _('The user name or the password does not match.')
            return login_page(username=username, error=error, next_url=form.get('next', '')), 401
        if checked.needs_code:
            return await_code(checked.user_id, username, remember=remember, following=form.get('next', ''))
        enter(self.appbuilder.sm, checked.user_id, remember=remember)
        return redirect(following, 303)

    @expose('/login/code', methods=['GET', 'POST'])
    def code(self) -> ResponseReturnValue:
        """The second step; five minutes after the password it begins anew."""
        runtime = runtime_in_use()
        now = runtime.clock.now()
        pending = session.get(PENDING)
        if not _is_pending(pending) or now.timestamp() - pending[2] > PENDING_SECONDS:
            session.pop(PENDING, None)
            return redirect('/login/', 303)
        if request.method == 'GET':
            return render_template('web/login_code.html', error='')
        user_id, name, _at, remember, following = pending
        seal, address = Seal(runtime.settings.secret_key, TWO_STEP), request.remote_addr or ''
        if not check_code(runtime.database, seal, user_id, name, request.form.get('code', '')[:40], address, now).opens:
            return render_template('web/login_code.html', error=_('This code is wrong or was used before.')), 401
        session.pop(PENDING, None)
        enter(self.appbuilder.sm, user_id, remember=remember)
        return redirect(safe_path(following), 303)

    @expose('/logout/')
    def logout(self) -> ResponseReturnValue:
        """Ends this session, unless another site's page led here."""
        if request.headers.get('Sec-Fetch-Site', 'same-origin') not in {'same-origin', 'none'}:
            return redirect('/')
        runtime = runtime_in_use()
        if key := session.pop(SESSION_KEY, None):
            with runtime.database.writing() as connection:
                end_here(connection, str(key), runtime.clock.now())
                if real := g.viewing.real if g.get('viewing') else g.get('actor'):
                    note(connection, 'sign_out', actor=real, subject=real.username, now=runtime.clock.now())
        logout_user()
        return redirect('/login/')


class WebSecurityManager(PeopleSecurityManager):
    """The security manager with our sign-in pages."""

    authdbview = AuthDBView

    def __init__(self, appbuilder: Any) -> None:
        super().__init__(appbuilder)
        if (service := runtime_in_use().settings.sign_in.oidc) is not None:
            self.oauth = make_oauth(current_app, service)
            self.oauth_remotes = {PROVIDER: self.oauth.create_client(PROVIDER)}

    def create_limiter(self, app: Flask) -> Limiter:
        return make_limiter(app)

    def register_views(self) -> None:
        super().register_views()
        if runtime_in_use().settings.sign_in.oidc is not None:
            self.appbuilder.add_view_no_menu(AuthOAuthView())


def _is_pending(raw: Any) -> bool:
    return isinstance(raw, list) and len(raw) == 5
