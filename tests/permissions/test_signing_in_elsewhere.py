"""Signing in with an OpenID Connect provider and with an LDAP directory, both real servers on this machine."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
import requests
import sqlalchemy as sa
from flask.testing import FlaskClient

from modules.installation.service import save_settings
from modules.ops.settings import Settings
from modules.ops.sign_in_services import SettingError
from modules.people import two_step
from modules.people.service import People
from modules.web.application import make_flask
from permissions.fab_tables import users
from schema.base.audit import audit_entry
from schema.base.limits import Limit
from schema.base.sealing import TWO_STEP, Seal
from tests.support.sign_in_services import Directory, Provider
from tests.support.site import PASSWORD, Site

HOA = {'sub': 'hoa-7', 'email': 'Hoa.Le@example.com', 'email_verified': True, 'given_name': 'Hoa', 'family_name': 'Lê Thị',
       'preferred_username': 'hoa.le', 'groups': ['Sales', 'all']}  # fmt: skip
GROUPS = {'TRELLIS_SIGN_IN_GROUPS': '{"sales": ["rep"], "cn=leads,dc=example": ["leader", "no_such_role"]}'}


def with_services(site: Site, **environ: str) -> FlaskClient:
    """A stranger's browser at the same installation, started anew with what the operator set."""
    settings = site.runtime.settings
    given = {'TRELLIS_HOME': str(site.home), 'TRELLIS_DATABASE_URL': settings.database_url.replace('+psycopg', ''),
             'TRELLIS_REDIS_URL': settings.redis_url, 'TRELLIS_SECRET_KEY': settings.secret_key, **environ}  # fmt: skip
    site.runtime.settings = Settings.from_environment(given)
    site._apps[:] = [make_flask(site.runtime)]
    return site.app.test_client()


def visit(client: FlaskClient, following: str = '') -> Any:
    """There and back; the answer of our side."""
    begun = client.get('/login/oidc', query_string={'next': following})
    assert begun.status_code == 302
    there = requests.get(begun.location, allow_redirects=False, timeout=10)
    back = urlsplit(there.headers['Location'])
    return client.get(f'{back.path}?{back.query}')


def sign_in(client: FlaskClient, username: str, password: str) -> Any:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get('/login/').get_data(as_text=True))
    assert token is not None
    return client.post('/login/', data={'csrf_token': token[1], 'username': username, 'password': password})


def whoami(client: FlaskClient) -> tuple[str, list[str]]:
    me = client.get('/api/v1/me').get_json()
    return me['username'], me['roles']


def noted(site: Site) -> list[str]:
    with site.runtime.database.reading() as connection:
        return list(connection.execute(sa.select(audit_entry.c.kind).order_by(audit_entry.c.id)).scalars())


def test_a_person_of_the_provider_gets_an_account_with_the_roles_of_their_groups(site: Site, oidc_provider: Provider) -> None:
    client = with_services(site, **oidc_provider.environ, **GROUPS)
    oidc_provider.person = HOA
    offered = client.get('/login/').get_data(as_text=True)

    first = visit(client, '/contact/')
    known, roles = whoami(client)
    oidc_provider.person = {**HOA, 'email': 'hoa@elsewhere.example', 'groups': []}
    again = site.app.test_client()
    second = visit(again, 'https://evil.example/')

    asked = oidc_provider.asked[0]
    assert '/login/oidc' in offered
    assert (first.status_code, first.location, known, roles) == (303, '/contact/', 'hoa.le', ['rep'])
    assert (second.status_code, second.location, whoami(again)) == (303, '/', ('hoa.le', ['rep']))
    assert (asked['code_challenge_method'], bool(asked['nonce']), bool(asked['state'])) == ('S256', True, True)
    assert {'person_created', 'sign_in'} <= {*noted(site)}
    page = again.get('/settings').get_data(as_text=True)
    assert '/settings/sessions/' in page


def test_an_address_joins_an_account_only_when_the_provider_proved_it(sqlite_site: Site, oidc_provider: Provider) -> None:
    client = with_services(sqlite_site, **oidc_provider.environ)
    mail = sqlite_site.actor('rep').email
    oidc_provider.person = {'sub': 'thief', 'email': mail, 'email_verified': False, 'preferred_username': 'rep'}
    oidc_provider.in_token = ('sub',)

    visit(client)
    stranger = whoami(client)
    oidc_provider.person = {'sub': 'the rep', 'email': mail.upper(), 'email_verified': True}
    own = sqlite_site.app.test_client()
    visit(own)

    assert stranger == ('rep-2', [])
    assert whoami(own) == ('rep', ['rep'])
    with sqlite_site.runtime.database.reading() as connection:
        taken = connection.execute(sa.select(users.c.email).where(users.c.username == 'rep-2')).scalar_one()
    assert taken == 'rep-2@unknown.invalid'


@pytest.mark.parametrize('lie', [
    {'nonce': 'of another visit'}, {'iss': 'https://evil.example'}, {'aud': 'another client'}, {'exp': 1}, {'key': True},
    {'alg': 'none'},
])  # fmt: skip
def test_a_token_that_does_not_prove_this_visit_opens_nothing(
    sqlite_site: Site, oidc_provider: Provider, lie: dict[str, Any]
) -> None:
    client = with_services(sqlite_site, **oidc_provider.environ, **GROUPS)
    oidc_provider.person, oidc_provider.lies = HOA, lie

    refused = visit(client)

    assert (refused.status_code, client.get('/api/v1/me').status_code) == (401, 401)
    assert noted(sqlite_site)[-1] == 'sign_in_failed'


def test_a_forged_state_a_used_code_and_a_denied_consent_open_nothing(sqlite_site: Site, oidc_provider: Provider) -> None:
    client = with_services(sqlite_site, **oidc_provider.environ)
    oidc_provider.person = HOA
    begun = client.get('/login/oidc').location
    there = requests.get(begun, allow_redirects=False, timeout=10).headers['Location']
    code, state = (parse_qs(urlsplit(there).query)[name][0] for name in ('code', 'state'))
    victim = sqlite_site.app.test_client()

    answers = [
        victim.get('/oauth-authorized/oidc', query_string={'code': code, 'state': state}),
        client.get('/oauth-authorized/oidc', query_string={'code': code, 'state': 'forged'}),
        client.get('/oauth-authorized/oidc', query_string={'error': 'access_denied', 'state': state}),
        client.get('/oauth-authorized/oidc'),
    ]
    right = client.get('/oauth-authorized/oidc', query_string={'code': code, 'state': state})
    used = sqlite_site.app.test_client().get('/oauth-authorized/oidc', query_string={'code': code, 'state': state})

    assert [each.status_code for each in answers] == [401] * 4
    assert (right.status_code, used.status_code) == (303, 401)
    assert [victim.get(path).status_code for path in ('/login/github', '/oauth-authorized/github')] == [404, 404]


def test_closed_accounts_second_steps_and_closed_houses_hold_for_the_provider_too(
    sqlite_site: Site, oidc_provider: Provider
) -> None:
    runtime, rep = sqlite_site.runtime, sqlite_site.actor('rep')
    seal, user_id = Seal(runtime.settings.secret_key, TWO_STEP), rep.user_id or 0
    client = with_services(sqlite_site, **oidc_provider.environ, TRELLIS_SIGN_IN_CLOSED='1')
    with runtime.database.session() as session:
        secret = two_step.begin(session, seal, user_id)
        two_step.confirm(session, seal, user_id, pyotp.TOTP(secret).at(runtime.clock.now()), runtime.clock.now())
    oidc_provider.person = {'sub': 'rep', 'email': rep.email, 'email_verified': True}

    half = visit(client, '/contact/')
    before = client.get('/api/v1/me').status_code
    with runtime.database.session() as session:
        People(session, runtime.catalogs.current(), runtime.clock.now()).set_active(user_id, active=False)
    closed = visit(sqlite_site.app.test_client())
    oidc_provider.person = HOA
    unknown = visit(sqlite_site.app.test_client())

    assert (half.status_code, half.location, before) == (303, '/login/code', 401)
    assert (closed.status_code, unknown.status_code) == (403, 403)
    assert 'Hoa, ' in unknown.get_data(as_text=True)


def test_a_provider_that_is_not_there_leaves_the_password(sqlite_site: Site) -> None:
    lost = {'TRELLIS_OIDC_ISSUER': 'http://127.0.0.1:1', 'TRELLIS_OIDC_CLIENT_ID': 'a', 'TRELLIS_OIDC_CLIENT_SECRET': 'b'}
    client = with_services(sqlite_site, **lost)

    assert client.get('/login/oidc').status_code == 503
    assert sign_in(client, 'rep', PASSWORD).status_code == 303


def test_a_person_of_the_directory_signs_in_with_the_directorys_password(site: Site, directory: Directory) -> None:
    client = with_services(site, **directory.environ, **GROUPS, TRELLIS_SIGN_IN_FOLLOW_GROUPS='1')
    directory.add(
        'mai', 'mật khẩu của Mai', givenName=['Mai'], sn=['Đỗ'], mail=['mai@example.com'], memberOf=['CN=Leads,DC=example']
    )
    directory.add('long', 'mật khẩu của Long', mail=[site.actor('rep2').email])

    first = sign_in(client, 'mai', 'mật khẩu của Mai')
    mai = whoami(client)
    joined = site.app.test_client()
    sign_in(joined, 'long', 'mật khẩu của Long')
    wrong = [sign_in(site.app.test_client(), *each) for each in (
        ('mai', 'wrong'), ('mai', ''), ('*', 'mật khẩu của Mai'), ('mai)(uid=*', 'mật khẩu của Mai'), ('nobody', 'x'),
    )]  # fmt: skip
    directory.entries['uid=mai,ou=people,dc=example']['memberOf'] = ['Sales']
    later = site.app.test_client()
    sign_in(later, 'mai', 'mật khẩu của Mai')
    script = later.post('/api/v1/security/login', json={'username': 'mai', 'password': 'mật khẩu của Mai', 'provider': 'ldap'})

    assert (first.status_code, mai) == (303, ('mai', ['leader']))
    assert whoami(joined) == ('rep2', [])
    assert [each.status_code for each in wrong] == [401] * 5
    assert whoami(later) == ('mai', ['rep'])
    assert script.status_code == 200
    assert sign_in(site.app.test_client(), 'rep', PASSWORD).status_code == 303


def test_passwords_may_be_left_to_administrators(sqlite_site: Site, directory: Directory) -> None:
    runtime = sqlite_site.runtime
    with runtime.database.session() as session:
        save_settings(session, {'password_sign_in': 'admins'}, sqlite_site.actor('admin'), runtime.clock.now())
    alone = sign_in(sqlite_site.client(), 'rep', PASSWORD)
    client = with_services(sqlite_site, **directory.environ)

    rep, admin = sign_in(client, 'rep', PASSWORD), sign_in(sqlite_site.app.test_client(), 'admin', PASSWORD)
    script = client.post('/api/v1/security/login', json={'username': 'rep', 'password': PASSWORD, 'provider': 'db'})
    directory.port = 1
    down = sign_in(with_services(sqlite_site, **directory.environ), 'rep', PASSWORD)

    assert alone.status_code == 303  # no other way in is set up: the setting would shut everybody out
    assert (rep.status_code, admin.status_code) == (401, 303)
    assert script.get_json()['errors'][0]['code'] == 'PRM-E069'
    assert down.status_code == 503


@pytest.mark.parametrize('environ', [
    {'TRELLIS_OIDC_ISSUER': 'http://login.example.com', 'TRELLIS_OIDC_CLIENT_ID': 'a', 'TRELLIS_OIDC_CLIENT_SECRET': 'b'},
    {'TRELLIS_OIDC_ISSUER': 'https://login.example.com', 'TRELLIS_OIDC_CLIENT_ID': 'a'},
    {'TRELLIS_LDAP_URL': 'ldap://ldap.example.com', 'TRELLIS_LDAP_SEARCH_BASE': 'dc=example'},
    {'TRELLIS_LDAP_URL': 'ldaps://ldap.example.com'},
    {'TRELLIS_LDAP_URL': 'http://ldap.example.com', 'TRELLIS_LDAP_SEARCH_BASE': 'dc=example'},
    {'TRELLIS_SIGN_IN_GROUPS': 'sales=rep'}, {'TRELLIS_SIGN_IN_GROUPS': '[]'}, {'TRELLIS_PROXIES': 'two'},
])  # fmt: skip
def test_sign_in_services_that_would_not_be_safe_are_refused_at_the_start(tmp_path: Any, environ: dict[str, str]) -> None:
    with pytest.raises(SettingError, match='TRELLIS_'):
        Settings.from_environment({'TRELLIS_HOME': str(tmp_path), **environ})


def test_a_limit_is_read_as_it_was_stored_and_an_unknown_one_leaves_nothing() -> None:
    chosen = Limit.of('chosen', {'c1': ['update'], 'd2': []})

    assert Limit.from_json(chosen.as_json()) == chosen
    assert (chosen.allows('read', 'c1'), chosen.allows('update', 'c1'), chosen.allows('delete', 'c1')) == (True, True, False)
    assert chosen.allows('read', 'd2') is False
    assert Limit.from_json({'kind': 'of a newer Trellis'}) == Limit('chosen')
