"""What a request stands on: the pinned catalog, the actor, the policy. One statement when the person is known already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from flask import Flask, current_app, g, request, session
from flask_jwt_extended import decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from flask_wtf.csrf import CSRFError, CSRFProtect
from jwt.exceptions import PyJWTError

from modules.installation.declared import Installation
from modules.installation.service import installation_at
from modules.people.sessions import SESSION_KEY, note_seen, state_and_session
from modules.people.tokens import Signed, is_token, note_used, state_and_owner
from modules.runtime import Runtime
from modules.ways import reading_posts
from modules.web.brakes import count_forgery
from modules.why import viewing
from permissions.actors import Person, load_person
from schema.base.actor import Actor
from schema.base.audit import caller_address
from schema.base.database import looking_only
from schema.base.errors import BadRequest, Forbidden, Unauthenticated
from schema.base.text import is_text
from schema.versions import State

UNPINNED = ('static', 'appbuilder.static', 'ops.healthz', 'ops.readyz', 'ops.metrics')
UNFORCED = (*UNPINNED, 'AuthDBView.logout', 'people_account.first_password', 'web.language')
"""What somebody may reach who has yet to choose a password of their own."""
SAFE = frozenset({'GET', 'HEAD', 'OPTIONS', 'TRACE'})
LANGUAGES = ('vi', 'en')
EPOCH_CLAIM = 'epoch'
RENEWED = 'renewed'  # in the signed cookie: the day it was last made to live longer
FILES_FOR_TOKENS = frozenset({'exports.download'})
"""Pages that give out files and so take tokens as the API does."""
OPENED_BY_TOKEN = ('/hooks/', '/unsubscribe/')
"""Addresses whose token alone opens them, whatever cookies come along."""
LOGIN, REFRESH = '/api/v1/security/login', '/api/v1/security/refresh'
FORMS = frozenset({'application/x-www-form-urlencoded', 'multipart/form-data'})
UPLOADS = '/api/v1/files/'
LARGEST_UPLOAD_BYTES = 101 * 1024 * 1024  # the largest that a field may take, and room for the form around it


def install(app: Flask, csrf: CSRFProtect) -> None:
    runtime: Runtime = app.extensions['trellis']
    reading = reading_posts((*runtime.registries.ways_out, *runtime.registries.no_ways_out))

    @app.teardown_request
    def stop_looking(_error: BaseException | None) -> None:
        looking_only.set(False)

    @app.before_request
    def pin() -> None:
        if request.endpoint in UNPINNED:
            return
        g.runtime = runtime
        caller_address.set(request.remote_addr or '')
        if request.path == UPLOADS:
            request.max_content_length = LARGEST_UPLOAD_BYTES
        bearer, stale = _bearer() if _takes_bearers() else None, None
        if request.method not in SAFE and bearer is None and _cookie_signs():
            stale = _stale_form(csrf)
        pin_request(runtime, bearer)
        _require_text()
        if stale is not None:
            raise Unauthenticated.of('PRM-E011') if _must_sign_in() else stale
        if g.get('must_change_password') and request.endpoint not in UNFORCED:
            raise Forbidden.of('PRM-E032')
        asks = request.method in SAFE or request.endpoint in reading
        if g.get('viewing') is not None:
            viewing.require_looking_only(g.viewing, request.endpoint or '', request.path, asks=asks)
        limit = g.actor.limit if g.get('actor') else None
        if limit is not None and limit.only_reads and not asks:
            raise Forbidden.of('PRM-E064')


def _stale_form(csrf: CSRFProtect) -> CSRFError | None:
    """What is wrong with the token of the request; judged once it is known who sent it."""
    try:
        csrf.protect()
    except CSRFError as error:
        return error
    return None


def _require_text() -> None:
    """Addresses and forms of pages hold nothing that no column can keep; the API tells where. Raises: BadRequest API-E003."""
    if request.path.startswith('/api/'):
        return
    formed = request.method not in SAFE and request.mimetype in FORMS
    given = (request.path, *request.args.items(multi=True), *(request.form.items(multi=True) if formed else ()))
    if not all(is_text(part) for each in given for part in ([each] if isinstance(each, str) else each)):
        raise BadRequest.of('API-E003')


def _must_sign_in() -> bool:
    """Whether a form of a record came from a page whose person is signed in no longer."""
    return g.get('actor') is None and (request.endpoint or '').startswith('entity.')


def pin_request(runtime: Runtime, bearer: str | None) -> None:
    """Set `g.catalog`, `g.actor` (None when nobody is signed in) and `g.policy`. Raises: Unauthenticated PRM-E010."""
    with runtime.database.reading() as connection:
        state, claim = _claimed(connection, bearer, runtime.clock.now())
        if state is None:
            runtime.catalogs.state()
            return
        g.catalog, g.rights_epoch = runtime.catalogs.at(state.active), state.rights_epoch
        g.installation = installation_at(runtime.database, state.rights_epoch)
        person = load_person(connection, claim.user_id, epoch=state.rights_epoch) if claim.user_id is not None else None
    if person is not None and claim.token_epoch not in {None, person.token_epoch}:
        person = None
    if bearer and person is None:
        count_forgery()
        raise Unauthenticated.of('PRM-E010')
    g.token_epoch = claim.token_epoch
    if bearer is None:
        _settle_session(runtime, claim if person else _Claim())
    g.must_change_password = bearer is None and person is not None and person.must_change_password
    actor = _at_home(runtime, person, signed_by_cookie=bearer is None) if person else None
    if claim.token is not None and actor is not None:
        actor = replace(actor, limit=claim.token.limit)
        if claim.token.unnoted:
            with runtime.database.writing() as connection:
                note_used(connection, claim.token.token_id, runtime.clock.now())
    g.viewing = _resume_viewing(runtime, actor, claim, state.rights_epoch)
    set_actor(runtime, g.viewing.seen if g.viewing else actor)


def _resume_viewing(runtime: Runtime, actor: Actor | None, claim: _Claim, epoch: int) -> viewing.Viewing | None:
    """The eyes that an administrator looks through with this session; they are nobody's own."""
    if actor is None or claim.viewing_as is None or claim.viewing_until is None:
        return None
    key = str(session.get(SESSION_KEY))
    return viewing.resumed(runtime, g.catalog, actor, claim.viewing_as, claim.viewing_until, key, epoch)


@dataclass(frozen=True)
class _Claim:
    """Who a request says it comes from: an API token, a signed access token (with its epoch) or a browser's session."""

    user_id: int | None = None
    token_epoch: int | None = None
    unseen: bool = False
    token: Signed | None = None
    viewing_as: str | None = None
    viewing_until: datetime | None = None


def _claimed(connection: sa.Connection, bearer: str | None, now: datetime) -> tuple[State | None, _Claim]:
    """The live version row and the claim, in one statement. Raises: Unauthenticated PRM-E010 for a broken access token."""
    if bearer is None:
        state, found = state_and_session(connection, session.get(SESSION_KEY), now)
        if found is None:
            return state, _Claim()
        return state, _Claim(
            found.user_id, unseen=found.stale, viewing_as=found.viewing_as, viewing_until=found.viewing_until
        )  # fmt: skip
    state, token = state_and_owner(connection, bearer if is_token(bearer) else None, now)
    if is_token(bearer):
        return state, _Claim(token.user_id, token=token) if token else _Claim()
    return state, _signed_claim(bearer)


def _settle_session(runtime: Runtime, claim: _Claim) -> None:
    """A session that ended elsewhere is forgotten here too, so that nothing behind us takes it for good; use is noted."""
    key = session.get(SESSION_KEY)
    if claim.user_id is None:
        for name in (SESSION_KEY, '_user_id', '_fresh', '_id'):
            session.pop(name, None)
        return
    if claim.unseen:
        with runtime.database.writing() as connection:
            note_seen(connection, key or '', runtime.clock.now(), address=request.remote_addr or '')
    today = f'{runtime.clock.now():%Y-%m-%d}'
    if session.permanent and session.get(RENEWED) != today and opens_page():
        session[RENEWED] = today


def opens_page() -> bool:
    """Whether a person will look at what is answered, not a script, such as the worker's that keeps forms at hand. Only such an
    answer may change the cookie by itself: one that is late would bring back what the person has chosen otherwise since."""
    return request.headers.get('Sec-Fetch-Mode', 'navigate') == 'navigate'


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
    chosen: Installation = g.get('installation') or Installation()
    fallback = str(current_app.config['BABEL_DEFAULT_LOCALE'])
    return request.accept_languages.best_match(LANGUAGES) or chosen.locale_or(fallback)


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


def _takes_bearers() -> bool:
    """Tokens open the API and what it refers to, never the pages: a token must not make another or change a password."""
    path = request.path
    return path != LOGIN and (path.startswith(('/api/', '/files/')) or request.endpoint in FILES_FOR_TOKENS)


def _cookie_signs() -> bool:
    """Whether a cookie would sign this request, so that another site could have sent it. Pages keep their forms guarded even
    before anybody signed in."""
    if request.path.startswith(OPENED_BY_TOKEN):
        return False
    if not request.path.startswith('/api/'):
        return True
    return request.path != LOGIN and SESSION_KEY in session


def _signed_claim(token: str) -> _Claim:
    """What a JWT of ours names; only the refresh address takes refresh tokens. The user is not looked up here."""
    try:
        claims = decode_token(token)
        if claims.get('type') != ('refresh' if request.path == REFRESH else 'access'):
            raise Unauthenticated.of('PRM-E010')
        return _Claim(int(claims['sub']), int(claims[EPOCH_CLAIM]))
    except (JWTExtendedException, PyJWTError, LookupError, ValueError, TypeError) as error:
        raise Unauthenticated.of('PRM-E010') from error
