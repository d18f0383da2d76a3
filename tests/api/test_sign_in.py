"""Who speaks: JWT, API tokens, the session's cookie; and whoever cannot prove it is told so in one sentence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask_jwt_extended import create_access_token

from modules.people.tokens import list_tokens, revoke_token
from tests.api.conftest import World, codes
from tests.support.site import PASSWORD


def login(world: World, **body: object) -> dict[str, str]:
    response = world.site.app.test_client().post(
        '/api/v1/security/login', json={'username': 'rep', 'password': PASSWORD, **body}
    )
    assert response.status_code == 200
    return response.get_json()


def bearer(token: str) -> dict[str, str]:
    return {'Authorization': f'Bearer {token}'}


def test_a_jwt_signs_reading_and_writing(world: World) -> None:
    tokens, client = login(world), world.site.app.test_client()

    made = client.post('/api/v1/contact/', json={'full_name': 'Lê Thị Hoa'}, headers=bearer(tokens['access_token']))

    assert set(tokens) == {'access_token'}
    assert made.status_code == 201
    assert client.get('/api/v1/me', headers=bearer(tokens['access_token'])).get_json()['roles'] == ['rep']


def test_a_refresh_token_buys_an_access_token_and_nothing_else(world: World) -> None:
    tokens, client = login(world, refresh=True), world.site.app.test_client()

    fresh = client.post('/api/v1/security/refresh', headers=bearer(tokens['refresh_token']))

    assert client.get('/api/v1/me', headers=bearer(fresh.get_json()['access_token'])).status_code == 200
    assert codes(client.get('/api/v1/me', headers=bearer(tokens['refresh_token']))) == [('PRM-E010', '')]
    assert codes(client.post('/api/v1/security/refresh', headers=bearer(tokens['access_token']))) == [('PRM-E010', '')]


@pytest.mark.parametrize(
    ('body', 'status', 'code'),
    [
        ({'username': 'rep', 'password': 'wrong'}, 401, 'API-E401'),
        ({'username': 'nobody', 'password': PASSWORD}, 401, 'API-E401'),
        ({'username': 'rep'}, 400, 'API-E008'),
        ({'username': ['rep'], 'password': PASSWORD}, 400, 'API-E008'),
        ({'username': 'rep\x00', 'password': PASSWORD}, 400, 'API-E003'),
        ({'username': 'rep', 'password': PASSWORD, 'provider': 'moon'}, 400, 'API-E008'),
    ],
)
def test_a_login_that_fails_says_why(world: World, body: dict[str, object], status: int, code: str) -> None:
    refused = world.site.app.test_client().post('/api/v1/security/login', json=body)

    assert (refused.status_code, codes(refused)[0][0]) == (status, code)


def test_a_login_nested_by_the_thousand_is_refused(world: World) -> None:
    body = b'{"username": ' + b'[' * 100_000 + b']' * 100_000 + b'}'
    refused = world.site.app.test_client().post('/api/v1/security/login', data=body, content_type='application/json')

    assert (refused.status_code, codes(refused)) == (400, [('API-E004', '')])


def test_expired_forged_and_foreign_tokens_are_refused_with_401(world: World) -> None:
    client = world.site.app.test_client()
    with world.site.app.test_request_context():
        expired = create_access_token(identity='1', expires_delta=timedelta(seconds=-5))
        nobody = create_access_token(identity='999999')
        wordy = create_access_token(identity='me')
    forged = login(world)['access_token'][:-4] + 'AAAA'

    for token in (expired, nobody, wordy, forged, 'trl_unknown', 'x', 'a.b.c'):
        refused = client.get('/api/v1/contact/', headers=bearer(token))
        assert (refused.status_code, codes(refused)) == (401, [('PRM-E010', '')]), token


def test_a_withdrawn_api_token_signs_no_more(world: World) -> None:
    token, client, runtime = world.token('leader'), world.site.app.test_client(), world.site.runtime
    assert client.get('/api/v1/me', headers=bearer(token)).status_code == 200
    with runtime.database.session() as session:
        user_id = world.site.actor('leader').user_id or 0
        for each in list_tokens(session, user_id):
            revoke_token(session, user_id, each.id, runtime.clock.now())

    assert client.get('/api/v1/me', headers=bearer(token)).status_code == 401


def test_a_stranger_is_asked_to_sign_in_whatever_the_method(world: World) -> None:
    client = world.site.app.test_client()

    for method in ('GET', 'POST'):
        refused = client.open('/api/v1/contact/', method=method, json={})
        assert (refused.status_code, codes(refused)) == (401, [('PRM-E011', '')])


def test_the_sessions_cookie_reads_alone_and_writes_only_with_its_token(world: World) -> None:
    client = world.site.client('rep')
    token = client.get('/api/v1/security/csrf_token/').get_json()['result']

    refused = client.post('/api/v1/contact/', json={'full_name': 'Bùi Văn Tám'})
    made = client.post('/api/v1/contact/', json={'full_name': 'Bùi Văn Tám'}, headers={'X-CSRFToken': token})

    assert (refused.status_code, codes(refused)) == (400, [('API-E419', '')])
    assert made.status_code == 201
    assert client.get('/api/v1/contact/').status_code == 200
