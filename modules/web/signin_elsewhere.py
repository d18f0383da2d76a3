"""Signing in with the company's OpenID Connect provider, under FAB's addresses. Authlib keeps state, nonce and PKCE and judges
the identity token; which account it opens is decided by `modules.people.arriving`."""

from __future__ import annotations

import logging
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, abort, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_appbuilder.security.views import AuthOAuthView as FabAuthOAuthView
from joserfc.errors import JoseError
from requests.exceptions import RequestException

from modules.ops.sign_in_services import OidcService
from modules.people.arriving import Identity, arrive
from modules.people.signing import let_in, turn_away
from modules.web.failures import answer, locale
from modules.web.returning import safe_path
from modules.web.signin_session import await_code, enter, login_page, runtime_in_use
from schema.base.errors import TrellisError
from schema.base.findings import finding

LOG = logging.getLogger(__name__)
PROVIDER = 'oidc'
FOLLOWING = 'oidc_next'
WAIT_SECONDS = 8
ALGORITHMS = frozenset({'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'})
"""Signed with a key that the provider alone holds; `none` and secrets shared with others prove nothing."""
UNPROVED = (AuthlibBaseError, JoseError, RequestException, RuntimeError, LookupError, ValueError, TypeError)
"""What Authlib raises for a wrong state, code or token, and for a provider that is not there or answers nonsense."""


def make_oauth(app: Flask, service: OidcService) -> OAuth:
    """FAB's `oauth` with one provider. Nothing is fetched before somebody signs in."""
    oauth = OAuth(app)
    scopes = service.scopes if 'openid' in service.scopes.split() else f'openid {service.scopes}'
    oauth.register(
        PROVIDER,
        client_id=service.client_id,
        client_secret=service.client_secret,
        server_metadata_url=f'{service.issuer}/.well-known/openid-configuration',
        client_kwargs={'scope': scopes, 'code_challenge_method': 'S256', 'default_timeout': WAIT_SECONDS},
    )
    return oauth


class AuthOAuthView(FabAuthOAuthView):  # type: ignore[misc]
    """`/login/oidc` and `/oauth-authorized/oidc`. FAB's own bodies would send people to any `next` and match by user name."""

    include_route_methods = {'login', 'oauth_authorized'}

    @expose('/login/<provider>')
    def login(self, provider: str = '') -> ResponseReturnValue:
        if g.get('actor') is not None:
            return redirect(safe_path(request.args.get('next')))
        client, _service = self._client(provider)
        session[FOLLOWING] = safe_path(request.args.get('next'))
        try:
            return client.authorize_redirect(_return_address())  # type: ignore[no-any-return]
        except UNPROVED as error:
            LOG.warning('the sign-in service does not answer: %s', error)
            return _refused(503)

    @expose('/oauth-authorized/<provider>')
    def oauth_authorized(self, provider: str) -> ResponseReturnValue:
        client, service = self._client(provider)
        runtime, following = runtime_in_use(), safe_path(session.pop(FOLLOWING, ''))
        now, address = runtime.clock.now(), request.remote_addr or ''
        try:
            identity = _identity(client, service)
        except UNPROVED as error:
            LOG.warning('the sign-in service proved nobody: %s', error)
            turn_away(runtime.database, '', address, now, way=PROVIDER)
            return _refused(401)
        name = identity.email or identity.username
        try:
            user_id = arrive(runtime.database, g.catalog, runtime.settings.sign_in, identity, now)
        except TrellisError as error:
            LOG.warning('no account could be made for %s: %s', name, error)
            user_id = None
        if user_id is None:
            turn_away(runtime.database, name, address, now, way=PROVIDER)
            return _unknown(identity)
        if let_in(runtime.database, user_id, name, address, now, way=PROVIDER).needs_code:
            return await_code(user_id, name, remember=False, following=following)
        enter(self.appbuilder.sm, user_id, remember=False)
        return redirect(following, 303)

    def _client(self, provider: str) -> tuple[Any, OidcService]:
        service = runtime_in_use().settings.sign_in.oidc
        if provider != PROVIDER or service is None:
            abort(404)
        return self.appbuilder.sm.oauth_remotes[PROVIDER], service


def _return_address() -> str:
    settings = runtime_in_use().settings
    path = url_for('AuthOAuthView.oauth_authorized', provider=PROVIDER)
    return f'{settings.base_url}{path}' if settings.base_url_given else f'{request.host_url.rstrip("/")}{path}'


def _identity(client: Any, service: OidcService) -> Identity:
    """Whom the answer of the provider proves. Raises: one of UNPROVED."""
    metadata = client.load_server_metadata()
    offered = metadata.get('id_token_signing_alg_values_supported') or ['RS256']
    metadata['id_token_signing_alg_values_supported'] = [each for each in offered if each in ALGORITHMS]
    issuers = {'essential': True, 'values': [service.issuer, f'{service.issuer}/']}
    token = client.authorize_access_token(claims_options={'iss': issuers})
    claims = dict(token['userinfo'])
    if service.groups not in claims or 'email' not in claims:
        more = dict(client.userinfo(token=token)) if metadata.get('userinfo_endpoint') else {}
        claims = {**more, **claims} if more.get('sub') == claims['sub'] else claims
    groups = claims.get(service.groups)
    return Identity(
        provider=service.issuer[:200],
        subject=str(claims['sub'])[:255],
        username=_text(claims, 'preferred_username') or _text(claims, 'email'),
        first_name=_text(claims, 'given_name') or _text(claims, 'name'),
        last_name=_text(claims, 'family_name'),
        email=_text(claims, 'email'),
        is_email_proved=claims.get('email_verified') is True,
        groups=tuple(map(str, groups)) if isinstance(groups, list) else (),
    )


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return ' '.join(value.split())[:200] if isinstance(value, str) else ''


def _refused(status: int) -> ResponseReturnValue:
    found = finding('PRM-E067')
    return login_page(error=f'{found.text(locale())} {found.hint_text(locale())}'), status


def _unknown(identity: Identity) -> ResponseReturnValue:
    return answer(403, (finding('PRM-E068', value=identity.first_name or identity.email or identity.username),))
