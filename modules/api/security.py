"""Signing in over REST: FAB's addresses and answers, with our refusals; who am I; the token that cookies need for changes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, g
from flask.blueprints import BlueprintSetupState
from flask_jwt_extended import create_access_token, create_refresh_token
from flask_wtf.csrf import generate_csrf

from modules.api.answers import answer
from modules.api.bodies import check_values, json_mapping, kind_of
from modules.web.pinning import require_actor
from schema.base.errors import BadRequest, Unauthenticated

PROVIDERS = ('db',)


def add_rules(blueprint: Blueprint) -> None:
    blueprint.record(_replace_views)
    blueprint.add_url_rule('/me', 'me', me)
    blueprint.add_url_rule('/security/csrf_token/', 'csrf_token', csrf_token)


def login() -> Response:
    """`{username, password, provider, refresh}` to `{access_token}`, with `refresh_token` when asked for.

    Raises: Unauthenticated API-E401; BadRequest API-E008.
    """
    body = json_mapping()
    check_values(body)
    username, password = (_text(body, name) for name in ('username', 'password'))
    if body.get('provider', 'db') not in PROVIDERS:
        raise _wrong('provider', body['provider'], ', '.join(PROVIDERS))
    if not isinstance(body.get('refresh', False), bool):
        raise _wrong('refresh', body['refresh'], 'true, false')
    user = current_app.appbuilder.sm.auth_user_db(username, password)  # type: ignore[attr-defined]
    if user is None:
        raise Unauthenticated.of('API-E401')
    tokens = {'access_token': create_access_token(identity=str(user.id), fresh=True)}
    if body.get('refresh'):
        tokens['refresh_token'] = create_refresh_token(identity=str(user.id))
    return answer(tokens)


def refresh() -> Response:
    """A new access token for the refresh token that signed the request."""
    return answer({'access_token': create_access_token(identity=str(require_actor().user_id), fresh=False)})


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
