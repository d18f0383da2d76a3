"""Signing in over REST: FAB's addresses and answers, with our refusals; who am I; the token that cookies need for changes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, request
from flask.blueprints import BlueprintSetupState
from flask_jwt_extended import create_access_token, create_refresh_token
from flask_wtf.csrf import generate_csrf

from modules.api.answers import answer
from modules.api.bodies import check_values, json_mapping, kind_of
from modules.people.doors import doors_of
from modules.people.signing import sign_in_user
from modules.runtime import Runtime
from modules.web.pinning import EPOCH_CLAIM, require_actor
from permissions.actors import load_person
from schema.base.errors import BadRequest, Forbidden, Unauthenticated
from schema.base.sealing import TWO_STEP, Seal

PROVIDERS = ('db', 'ldap')


def add_rules(blueprint: Blueprint) -> None:
    blueprint.record(_replace_views)
    blueprint.add_url_rule('/me', 'me', me)
    blueprint.add_url_rule('/security/csrf_token/', 'csrf_token', csrf_token)


def login() -> Response:
    """`{username, password, code, provider, refresh}` to `{access_token}`, with `refresh_token` when asked for.

    Raises: Unauthenticated API-E401, API-E402 when the code of the second step is missing; BadRequest API-E008.
    """
    body = json_mapping()
    check_values(body)
    username, password = (_text(body, name) for name in ('username', 'password'))
    if body.get('provider', 'db') not in PROVIDERS:
        raise _wrong('provider', body['provider'], ', '.join(PROVIDERS))
    if not isinstance(body.get('refresh', False), bool):
        raise _wrong('refresh', body['refresh'], 'true, false')
    code = _text(body, 'code')[:40] if body.get('code') is not None else ''
    runtime: Runtime = g.runtime
    now, seal = runtime.clock.now(), Seal(runtime.settings.secret_key, TWO_STEP)
    address, doors = request.remote_addr or '', doors_of(runtime, g.catalog, g.installation)
    checked = sign_in_user(runtime.database, seal, username, password, address, now, code=code, doors=doors)
    if checked.is_closed:
        raise Unauthenticated.of('PRM-E069')
    if checked.user_id is None:
        raise Unauthenticated.of('API-E401')
    if checked.needs_code:
        raise Unauthenticated.of('API-E402', '/code')
    with runtime.database.reading() as connection:
        person = load_person(connection, checked.user_id)
    if person is None:
        raise Unauthenticated.of('API-E401')
    if person.must_change_password:
        raise Forbidden.of('PRM-E032', '/password')
    claims = {EPOCH_CLAIM: person.token_epoch}
    tokens = {'access_token': create_access_token(str(checked.user_id), fresh=True, additional_claims=claims)}
    if body.get('refresh'):
        tokens['refresh_token'] = create_refresh_token(str(checked.user_id), additional_claims=claims)
    return answer(tokens)


def refresh() -> Response:
    """A new access token for the refresh token that signed the request."""
    claims = {EPOCH_CLAIM: g.token_epoch}
    return answer({'access_token': create_access_token(str(require_actor().user_id), fresh=False, additional_claims=claims)})


def me() -> Response:
    actor = require_actor()
    return answer(
        {
            'username': actor.username,
            'name': actor.name,
            'email': actor.email,
            'roles': sorted(actor.roles),
            'locale': actor.locale,
            'timezone': actor.timezone,
            'studio': g.policy.can_studio,
            'admin': g.policy.can_admin,
            'scope': actor.limit.kind if actor.limit else 'all',
        }
    )


def csrf_token() -> Response:
    """For scripts that use the session's cookie: send it back as X-CSRFToken."""
    require_actor()
    return answer({'result': generate_csrf()})


def _replace_views(state: BlueprintSetupState) -> None:
    """FAB's views answer with other bodies for refusals, and with 500 for a NUL in a name."""
    state.app.view_functions.update({'SecurityApi.login': login, 'SecurityApi.refresh': refresh})


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise _wrong(name, value, {'en': 'a text', 'vi': 'một đoạn chữ'})
    return value


def _wrong(name: str, value: Any, expected: Any) -> BadRequest:
    return BadRequest(*BadRequest.of('API-E008', f'/{name}', name=name, value=kind_of(value), expected=expected).findings)
