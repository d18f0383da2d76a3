"""What every way of signing in ends with: the browser's session, the wait for a code, or the page to try again."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_login import login_user

from modules.people.sessions import SESSION_KEY, open_session
from modules.runtime import Runtime

PENDING = 'pending'  # in the signed cookie: whose password was right and when, until the code comes


def runtime_in_use() -> Runtime:
    runtime: Runtime = current_app.extensions['trellis']
    return runtime


def enter(security: Any, user_id: int, *, remember: bool) -> None:
    """A fresh session; what an earlier person of this browser chose does not pass to the next one."""
    runtime = runtime_in_use()
    kept = {name: session[name] for name in ('locale', 'locale_chosen') if session.get('locale_chosen') and name in session}
    session.clear()
    session.update(kept)
    agent = request.user_agent.string or ''
    with runtime.database.writing() as connection:
        now, address = runtime.clock.now(), request.remote_addr or ''
        session[SESSION_KEY] = open_session(connection, user_id, now, address=address, agent=agent)
    session.permanent = remember
    login_user(security.get_user_by_id(user_id))  # last: FAB's session holds SQLite's write lock from here on


def await_code(user_id: int, name: str, *, remember: bool, following: str) -> ResponseReturnValue:
    """Remember whom the code must belong to, and ask for it."""
    session[PENDING] = [user_id, name[:128], int(runtime_in_use().clock.now().timestamp()), remember, following[:500]]
    return redirect('/login/code', 303)


def login_page(*, username: str = '', error: str = '', next_url: str = '') -> str:
    """The page with every way in that there is."""
    services = runtime_in_use().settings.sign_in
    closed = services.oidc is not None and services.ldap is None and g.installation.password_sign_in == 'admins'
    return render_template(
        'web/login.html', username=username, error=error, next_url=next_url,
        service=services.oidc.name if services.oidc else '', folded=closed and not error,
    )  # fmt: skip
