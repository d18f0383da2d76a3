"""The Flask application: configuration, Flask-AppBuilder on the shared engine, request pinning, pages and blueprints.

Registers what modules filled into the registries; knows no entity.
"""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from flask.json.provider import DefaultJSONProvider
from flask.templating import Environment
from flask_appbuilder import AppBuilder
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.orm import scoped_session, sessionmaker
from werkzeug.middleware.proxy_fix import ProxyFix

from modules.runtime import Runtime
from modules.web import (
    dated,
    directions,
    dispatch,
    failures,
    guard,
    packing,
    pinning,
    shell,
    speaking,
    typed_inputs,
    typed_values,
)
from modules.web.converters import CONVERTERS
from modules.web.home import HomeView
from modules.web.late_rules import LateRule
from modules.web.signin import WebSecurityManager

HERE = Path(__file__).parent
LANGUAGES = {'vi': {'flag': 'vn', 'name': 'Tiếng Việt'}, 'en': {'flag': 'gb', 'name': 'English'}}
LARGEST_REQUEST_BYTES = 25 * 1024 * 1024

csrf = CSRFProtect()


class _Json(DefaultJSONProvider):
    sort_keys = False

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Raises: ValueError, also for what is nested by the thousand."""
        try:
            return super().loads(s, **kwargs)
        except RecursionError as error:
            raise ValueError('nested too deeply') from error


class _Templates(Environment):
    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Templates have no globals of their own here, and a page looks through those of all a hundred times."""
        return super().make_globals(d) if d else self.globals


class Application(Flask):
    json_provider_class = _Json
    jinja_environment = _Templates
    url_rule_class = LateRule


def make_flask(runtime: Runtime) -> Flask:
    """A ready application for one process. Raises: AssetsMissing when the front end has not been built."""
    app = Application(
        'trellis', root_path=str(HERE), template_folder='templates', static_folder='static', static_url_path='/static'
    )
    app.config.update(_configuration(runtime))
    app.url_map.converters.update(CONVERTERS)
    app.extensions['trellis'] = runtime
    if hops := runtime.settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0, x_prefix=0)  # type: ignore[method-assign]
    logging.getLogger('flask_appbuilder').setLevel(logging.WARNING)
    csrf.init_app(app)
    guard.install(app, runtime.settings)
    packing.install(app)
    pinning.install(app, csrf)
    with app.app_context():
        _add_appbuilder(app, runtime)
        shell.install(app)
        speaking.install(app)
        failures.install(app)
        for blueprint in runtime.registries.blueprints:
            app.register_blueprint(blueprint)
        dispatch.install(app)
    typed_inputs.install(app)
    directions.install(app)
    typed_values.install(app)
    dated.install(app)
    return app


def runtime_of_app() -> Runtime:
    """The runtime of the application in hand."""
    runtime: Runtime = current_app.extensions['trellis']
    return runtime


def _configuration(runtime: Runtime) -> dict[str, object]:
    settings = runtime.settings
    secure = settings.base_url.startswith('https://')
    return {
        'SECRET_KEY': settings.secret_key,
        'SQLALCHEMY_DATABASE_URI': settings.database_url,
        'SESSION_COOKIE_NAME': 'trellis',
        'SESSION_COOKIE_HTTPONLY': True,
        'SESSION_COOKIE_SAMESITE': 'Lax',
        'SESSION_COOKIE_SECURE': secure,
        'SESSION_REFRESH_EACH_REQUEST': False,  # pinning does once a day; else a late answer would undo what was chosen since
        'REMEMBER_COOKIE_SECURE': secure,
        'REMEMBER_COOKIE_HTTPONLY': True,
        'PERMANENT_SESSION_LIFETIME': timedelta(days=14),
        'MAX_CONTENT_LENGTH': LARGEST_REQUEST_BYTES,
        'MAX_FORM_MEMORY_SIZE': 5 * 1024 * 1024,
        'SEND_FILE_MAX_AGE_DEFAULT': timedelta(days=365),
        'WTF_CSRF_CHECK_DEFAULT': False,  # pinning asks for the token, except where a bearer token signs the request
        'WTF_CSRF_TIME_LIMIT': None,
        'WTF_CSRF_SSL_STRICT': secure,
        'JWT_SECRET_KEY': sha256(f'jwt {settings.secret_key}'.encode()).hexdigest(),  # long enough whatever the secret is
        'JWT_ACCESS_TOKEN_EXPIRES': timedelta(hours=1),
        'APP_NAME': 'Trellis',
        'LANGUAGES': LANGUAGES,
        'BABEL_DEFAULT_LOCALE': settings.locale,
        'BABEL_DEFAULT_TIMEZONE': str(settings.timezone),
        'BABEL_TRANSLATION_DIRECTORIES': str(HERE / 'translations'),
        'FAB_UPDATE_PERMS': False,
        'FAB_CREATE_DB': False,
        'FAB_ADD_SECURITY_VIEWS': True,
        'FAB_ADD_SECURITY_PERMISSION_VIEW': False,
        'FAB_ADD_SECURITY_VIEW_MENU_VIEW': False,
        'FAB_ADD_SECURITY_PERMISSION_VIEWS_VIEW': False,
        'FAB_API_SWAGGER_UI': False,
        'FAB_ROLES': {},
        'AUTH_ROLE_ADMIN': 'admin',
        'AUTH_ROLE_PUBLIC': 'Public',
        'AUTH_RATE_LIMITED': False,  # FAB's own brake knows one address only; modules/web/brakes.py counts
        'RATELIMIT_ENABLED': True,
    }


def _add_appbuilder(app: Flask, runtime: Runtime) -> None:
    """FAB on an engine of ours: one pool for the process, and its own session, closed with the request.

    It writes at sign-in (the log, the last time), so it takes the writing engine: a reader that begins to write meets
    "database is locked" on SQLite at once. Only FAB's own pages use it.
    """
    session = scoped_session(sessionmaker(runtime.database.write_engine))
    AppBuilder(
        app,
        session,
        indexview=HomeView,
        base_template='appbuilder/baselayout.html',
        security_manager_class=WebSecurityManager,
        update_perms=False,
    )
    app.extensions['babel'].locale_selector = pinning.spoken_locale

    @app.teardown_appcontext
    def close(_error: BaseException | None) -> None:
        session.remove()
