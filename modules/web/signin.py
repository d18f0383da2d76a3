"""The sign-in page: Flask-AppBuilder's check of the password under a page of ours, in the person's language."""

from __future__ import annotations

from flask import g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_appbuilder.security.views import AuthDBView as FabAuthDBView
from flask_appbuilder.utils.base import get_safe_redirect
from flask_babel import gettext as _
from flask_login import login_user

from modules.people.security import PeopleSecurityManager


class AuthDBView(FabAuthDBView):  # type: ignore[misc]
    """`/login/` and `/logout/`. Keeps the name, by which FAB and its addresses know it."""

    @expose('/login/', methods=['GET', 'POST'])
    def login(self) -> ResponseReturnValue:
        asked = request.values.get('next', '')
        following = get_safe_redirect(asked) if asked else '/'
        if g.get('actor') is not None:
            return redirect(following)
        if request.method == 'GET':
            return render_template('web/login.html', username='', error='', next_url=request.args.get('next', ''))
        username = request.form.get('username', '').strip()[:320]
        user = self.appbuilder.sm.auth_user_db(username, request.form.get('password', '')[:1000])
        if not user:
            error = _('The user name or the password does not match.')
            page = render_template('web/login.html', username=username, error=error, next_url=request.form.get('next', ''))
            return page, 401
        login_user(user, remember=request.form.get('remember') == '1')
        session.permanent = request.form.get('remember') == '1'
        if not session.get('locale_chosen'):
            session.pop('locale', None)  # what an earlier person spoke here; their own language is read with the person
        return redirect(following, 303)


class WebSecurityManager(PeopleSecurityManager):
    """The security manager with our sign-in page."""

    authdbview = AuthDBView
