"""Sessions that can be seen and ended, codes as a second step, passwords that others know or anybody could guess."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from modules.people.tables import web_session
from modules.people.two_step import STEP_SECONDS
from modules.web.pinning import RENEWED
from permissions.tables import account_security
from tests.permissions.test_people_pages import NEW_USER, post
from tests.support.site import PASSWORD, Site

LOGIN = '/api/v1/security/login'
FRESH = 'ba con voi trên cầu'


def sign_in(site: Site, username: str, password: str = PASSWORD) -> FlaskClient:
    client = site.client()
    assert post(client, '/login/', {'username': username, 'password': password}).status_code == 303
    return client


def choose(client: FlaskClient, present: str, new: str) -> TestResponse:
    """The form of the first password, sent from its own page."""
    page = client.get('/settings/first-password')
    token = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
    assert token is not None
    form = {'password': present, 'new_password': new, 'again': new, 'csrf_token': token[1]}
    return client.post('/settings/first-password', data=form)


def is_in(client: FlaskClient) -> bool:
    return client.get('/settings').status_code == 200


def jwt(site: Site, username: str, password: str = PASSWORD, **more: str) -> TestResponse:
    return site.client().post(LOGIN, json={'username': username, 'password': password, 'provider': 'db', **more})


def with_codes(site: Site, client: FlaskClient) -> tuple[pyotp.TOTP, list[str]]:
    """Set up the second step as a person would; the device and the recovery codes."""
    shown = client.get('/settings/two-step').text
    secret = re.search(r'data-secret>(\w+)<', shown)
    assert secret is not None
    device = pyotp.TOTP(secret[1])
    page = post(client, '/settings/two-step', {'code': device.at(site.runtime.clock.now())})
    assert page.status_code == 200
    return device, re.findall(r'<li><code>([0-9a-f-]+)</code>', page.text)


def next_code(site: Site, device: pyotp.TOTP) -> str:
    """A code of the coming half minute, which is let in and was not used yet."""
    return device.at(site.runtime.clock.now() + timedelta(seconds=STEP_SECONDS))


def test_signing_out_ends_the_session_for_who_copied_the_cookie(site: Site) -> None:
    rep = sign_in(site, 'rep')
    cookie = rep.get_cookie('trellis')
    assert cookie is not None
    thief = site.app.test_client()
    thief.set_cookie('trellis', cookie.value)
    assert is_in(thief)

    rep.get('/logout/')

    assert not is_in(thief)
    assert not is_in(rep)


def test_a_session_is_listed_and_ended_by_its_person_alone(site: Site) -> None:
    here, there, other = sign_in(site, 'rep'), sign_in(site, 'rep'), sign_in(site, 'rep2')
    page = here.get('/settings').text
    (ended,) = re.findall(r'/settings/sessions/(\d+)/end', page)

    assert post(other, f'/settings/sessions/{ended}/end', {}).status_code == 303
    assert is_in(there)
    assert post(here, f'/settings/sessions/{ended}/end', {}).status_code == 303

    assert not is_in(there)
    assert (is_in(here), is_in(other)) == (True, True)


def test_a_changed_password_ends_other_sessions_and_signed_tokens(site: Site) -> None:
    here, there = sign_in(site, 'rep'), sign_in(site, 'rep')
    token = jwt(site, 'rep').get_json()['access_token']
    signed = {'Authorization': f'Bearer {token}'}
    before = site.client().get('/api/v1/me', headers=signed).status_code

    changed = post(here, '/settings/password', {'password': PASSWORD, 'new_password': FRESH, 'again': FRESH})

    assert (before, changed.status_code) == (200, 303)
    assert (is_in(here), is_in(there)) == (True, False)
    assert site.client().get('/api/v1/me', headers=signed).status_code == 401


@pytest.mark.parametrize('password', ['12345678', 'password1', 'repreprep', 'trellis1', 'short'])
def test_a_password_that_anybody_would_try_is_refused(sqlite_site: Site, password: str) -> None:
    rep = sign_in(sqlite_site, 'rep')

    refused = post(rep, '/settings/password', {'password': PASSWORD, 'new_password': password, 'again': password})

    assert refused.status_code == 422
    assert jwt(sqlite_site, 'rep').status_code == 200


def test_an_administrator_signs_somebody_out_everywhere(sqlite_site: Site) -> None:
    admin, rep = sign_in(sqlite_site, 'admin'), sign_in(sqlite_site, 'rep')
    rep_id = sqlite_site.actor('rep').user_id

    assert post(rep, f'/users/sessions/{rep_id}', {}).status_code == 403
    assert post(admin, f'/users/sessions/{rep_id}', {}).status_code == 303

    assert (is_in(rep), is_in(admin)) == (False, True)


def test_a_password_given_by_others_opens_one_page_only(site: Site) -> None:
    admin = site.client('admin')
    assert post(admin, '/users/add', {**NEW_USER, 'must_change_password': '1'}).status_code == 303
    given = NEW_USER['password']
    minh = sign_in(site, 'minh', given)

    elsewhere = minh.get('/contact/')
    page = minh.get('/settings/first-password')
    same = choose(minh, given, given)
    refused = jwt(site, 'minh', given)
    chosen = choose(minh, given, FRESH)

    assert (elsewhere.status_code, elsewhere.location) == (302, '/settings/first-password')
    assert (page.status_code, same.status_code) == (200, 422)
    assert (refused.status_code, refused.get_json()['errors'][0]['code']) == (403, 'PRM-E032')
    assert chosen.status_code == 303
    assert minh.get('/contact/').status_code == 200
    assert jwt(site, 'minh', FRESH).status_code == 200


def test_codes_are_asked_for_once_they_are_set_up(site: Site) -> None:
    rep = sign_in(site, 'rep')
    assert post(rep, '/settings/two-step', {'code': '000000'}).status_code in {200, 422}
    device, recovery = with_codes(site, rep)
    again = site.client()

    asked = post(again, '/login/', {'username': 'rep', 'password': PASSWORD})
    halfway = is_in(again)
    wrong = post(again, '/login/code', {'code': '12345'})
    right = post(again, '/login/code', {'code': next_code(site, device)})

    assert (asked.status_code, asked.location, halfway) == (303, '/login/code', False)
    assert (wrong.status_code, right.status_code) == (401, 303)
    assert is_in(again)
    assert len(set(recovery)) == 10
    with site.runtime.database.reading() as connection:
        kept = str(connection.execute(sa.select(account_security)).all())
    assert device.secret not in kept
    assert recovery[0].replace('-', '') not in kept


def test_a_code_and_a_recovery_code_work_once(site: Site) -> None:
    device, recovery = with_codes(site, sign_in(site, 'rep'))
    code = next_code(site, device)

    told = jwt(site, 'rep')
    first, second = jwt(site, 'rep', code=code), jwt(site, 'rep', code=code)
    spare, spent = jwt(site, 'rep', code=recovery[0].upper()), jwt(site, 'rep', code=recovery[0])

    assert (told.status_code, told.get_json()['errors'][0]['code']) == (401, 'API-E402')
    assert [each.status_code for each in (first, second, spare, spent)] == [200, 401, 200, 401]


def test_guessing_codes_is_braked_like_guessing_passwords(sqlite_site: Site) -> None:
    device, _recovery = with_codes(sqlite_site, sign_in(sqlite_site, 'rep'))
    for number in range(10):
        jwt(sqlite_site, 'rep', code=f'00000{number}')

    assert jwt(sqlite_site, 'rep', code=next_code(sqlite_site, device)).status_code == 429


def test_codes_end_with_the_password_or_by_an_administrator(sqlite_site: Site) -> None:
    rep, rep2 = sign_in(sqlite_site, 'rep'), sign_in(sqlite_site, 'rep2')
    with_codes(sqlite_site, rep)
    with_codes(sqlite_site, rep2)

    post(rep, '/settings/two-step/off', {'present': 'guess'})
    still = jwt(sqlite_site, 'rep').status_code
    post(rep, '/settings/two-step/off', {'present': PASSWORD})
    post(sqlite_site.client('admin'), f'/users/two-step/{sqlite_site.actor("rep2").user_id}', {})

    assert still == 401
    assert (jwt(sqlite_site, 'rep').status_code, jwt(sqlite_site, 'rep2').status_code) == (200, 200)


def test_using_a_session_is_noted_at_most_every_five_minutes(sqlite_site: Site) -> None:
    rep = sign_in(sqlite_site, 'rep')
    database, old = sqlite_site.runtime.database, sqlite_site.runtime.clock.now() - timedelta(minutes=6)
    with database.writing() as connection:
        connection.execute(web_session.update().values(seen_at=old))

    def seen() -> list[object]:
        with database.reading() as connection:
            return list(connection.execute(sa.select(web_session.c.seen_at)).scalars())

    rep.get('/settings')
    first = seen()
    rep.get('/settings')

    assert first != [old]
    assert seen() == first


def test_the_cookie_lives_longer_once_a_day_and_by_a_page_that_somebody_opens(sqlite_site: Site) -> None:
    rep = sqlite_site.client()
    post(rep, '/login/', {'username': 'rep', 'password': PASSWORD, 'remember': '1'})

    def renews(mode: str) -> bool:
        return 'Set-Cookie' in rep.get('/settings', headers={'Sec-Fetch-Mode': mode}).headers

    rep.get('/settings')
    with rep.session_transaction() as cookie:
        cookie[RENEWED] = '2000-01-01'

    assert [renews(mode) for mode in ('cors', 'navigate', 'navigate')] == [False, True, False]


def test_an_answer_that_comes_late_does_not_bring_back_the_language_before(sqlite_site: Site) -> None:
    rep = sqlite_site.client()
    post(rep, '/login/', {'username': 'rep', 'password': PASSWORD, 'remember': '1'})
    rep.get('/lang/vi')
    rep.get('/settings')
    asked_before = rep.get_cookie('trellis')

    rep.get('/lang/en')
    late = sqlite_site.app.test_client()
    late.set_cookie('trellis', asked_before.value if asked_before else '')
    answers = [late.get(path, headers={'Sec-Fetch-Mode': 'cors'}) for path in ('/company/', '/company/new', '/calendar/')]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert [answer.headers.get('Set-Cookie') for answer in answers] == [None] * 3
