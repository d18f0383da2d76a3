"""What a request stands on: the pinned catalog, the actor, the policy. One statement when the person is known already."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask, current_app, g, request, session
from flask_jwt_extended import decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from flask_wtf.csrf import CSRFProtect
from jwt.exceptions import PyJWTError

from modules.people.tokens import is_token, state_and_owner
from modules.runtime import Runtime
from permissions.actors import Person, load_person
from schema.base.actor import Actor
from schema.base.errors import Unauthenticated

UNPINNED = ('static', 'appbuilder.static', 'ops.healthz', 'ops.readyz', 'ops.metrics')
SAFE = frozenset({'GET', 'HEAD', 'OPTIONS', 'TRACE'})
LANGUAGES = ('vi', 'en')
LOGIN, REFRESH = '/api/v1/security/login', '/api/v1/security/refresh'
UPLOADS = '/api/v1/files/'
LARGEST_UPLOAD_BYTES = 101 * 1024 * 1024  # the largest that a field may take, and room for the form around it


def install(app: Flask, csrf: CSRFProtect) -> None:
    @app.before_request
    def pin() -> None:
        if request.endpoint in UNPINNED:
            return
        runtime: Runtime = current_app.extensions['trellis']
        g.runtime = runtime
        if request.path == UPLOADS:
            request.max_content_length = LARGEST_UPLOAD_BYTES
        bearer = _bearer() if request.path != LOGIN else None
        if request.method not in SAFE and bearer is None and _cookie_signs():
            csrf.protect()
        pin_request(runtime, bearer)


def pin_request(runtime: Runtime, bearer: str | None) -> None:
    """Set `g.catalog`, `g.actor` (None when nobody is signed in) and `g.policy`. Raises: Unauthenticated PRM-E010."""
    with runtime.database.reading() as connection:
        token = bearer if bearer and is_token(bearer) else None
        state, user_id = state_and_owner(connection, token, runtime.clock.now())
        if state is None:
            runtime.catalogs.state()
            return
        g.catalog, g.rights_epoch = runtime.catalogs.at(state.active), state.rights_epoch
        if token is None:
            user_id = _jwt_user(bearer) if bearer else _session_user()
        person = load_person(connection, user_id, epoch=state.rights_epoch) if user_id is not None else None
    if bearer and person is None:
        raise Unauthenticated.of('PRM-E010')
    set_actor(runtime, _at_home(runtime, person, signed_by_cookie=bearer is None) if person else None)


def _at_home(runtime: Runtime, person: Person, *, signed_by_cookie: bool) -> Actor:
    """The actor in the language chosen on this browser, else in their own, else in the browser's; in their own time zone."""
    chosen = session.get('locale') if signed_by_cookie else None
    return replace(
        person.actor,
        locale=chosen if chosen in LANGUAGES else person.preferences.locale or _asked_locale(),
        timezone=person.preferences.timezone or str(runtime.settings.timezone),
    )


def _asked_locale() -> str:
    """What the browser asks for, else the installation's language."""
    return request.accept_languages.best_match(LANGUAGES) or str(current_app.config['BABEL_DEFAULT_LOCALE'])


def spoken_locale() -> str:
    """The language of this response: the actor's, else the one chosen on this browser, else the one it asks for."""
    asked = request.args.get('_l_')
    if asked in LANGUAGES:
        return str(asked)
    actor: Actor | None = g.get('actor')
    if actor is not None:
        return actor.locale
    chosen = session.get('locale')
    return str(chosen) if chosen in LANGUAGES else _asked_locale()


def set_actor(runtime: Runtime, actor: Actor | None) -> None:
    g.actor = actor
    g.policy = runtime.policy(actor, g.catalog) if actor is not None else None


def require_actor() -> Actor:
    """The person who is signed in. Raises: Unauthenticated PRM-E011."""
    actor: Actor | None = g.get('actor')
    if actor is None:
        raise Unauthenticated.of('PRM-E011')
    return actor


def _bearer() -> str | None:
    scheme, _, token = request.headers.get('Authorization', '').partition(' ')
    return token.strip() if scheme.casefold() == 'bearer' and token.strip() else None


def _cookie_signs() -> bool:
    """Whether a cookie would sign this request, so that another site could have sent it. Pages keep their forms guarded even
    before anybody signed in."""
    if not request.path.startswith('/api/'):
        return True
    return request.path != LOGIN and ('_user_id' in session or 'remember_token' in request.cookies)


def _jwt_user(token: str) -> int:
    """The user id that a JWT of ours names; only the refresh address takes refresh tokens. The user is not looked up here."""
    try:
        claims = decode_token(token)
        if claims.get('type') != ('refresh' if request.path == REFRESH else 'access'):
            raise Unauthenticated.of('PRM-E010')
        return int(claims['sub'])
    except (JWTExtendedException, PyJWTError, LookupError, ValueError, TypeError) as error:
        raise Unauthenticated.of('PRM-E010') from error


def _session_user() -> int | None:
    """flask-login keeps the id in the signed session; the remember cookie, when it is used, is read by flask-login itself."""
    raw = session.get('_user_id')
    if raw is None and 'remember_token' in request.cookies:
        raw = current_app.login_manager._load_user() or session.get('_user_id')  # type: ignore[attr-defined]
    try:
        return int(raw) if raw is not None else None
    except (TypeError, ValueError):
        return None
