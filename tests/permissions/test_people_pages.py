"""Pages of users, teams, roles and settings; signing in; FAB's own pages are gone."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask.testing import FlaskClient

from modules.people.tables import sign_in
from modules.people.team_cli import team_group
from tests.support.site import PASSWORD, Site

ADMIN_PAGES = (
    '/users/list/', '/users/list/?q=rep', '/users/add', '/users/edit/1', '/users/sign-ins', '/teams/', '/teams/1',
    '/roles/list/', '/roles/show/rep', '/roles/show/1', '/settings',
)  # fmt: skip
NEW_USER = {
    'first_name': 'Minh', 'last_name': 'Võ Đức', 'username': 'minh', 'email': 'minh@example.com', 'roles': ['', 'rep'],
    'password': 'mật khẩu của Minh', 'active': ['0', '1'],
}  # fmt: skip


def post(client: FlaskClient, path: str, form: dict[str, Any]) -> Any:
    """The form sent from the page it stands on."""
    page = client.get('/login/' if path.startswith('/login/') else '/settings').get_data(as_text=True)
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found is not None
    return client.post(path, data={**form, 'csrf_token': found[1]})


@pytest.mark.parametrize('path', ADMIN_PAGES)
def test_admin_pages_stand_in_our_shell_and_are_closed_to_others(sqlite_site: Site, path: str) -> None:
    page = sqlite_site.client('admin').get(path)
    text = page.get_data(as_text=True)

    assert page.status_code == 200
    assert 'class="t-rail"' in text
    assert not re.search(r'jquery|bootstrap\.min|select2|/static/appbuilder', text, re.IGNORECASE)
    assert not re.search(r'<script(?![^>]*\bsrc=)|\son[a-z]+="|<style', text)
    assert sqlite_site.client('rep').get(path).status_code == (200 if path == '/settings' else 403)
    assert sqlite_site.client().get(path).headers['Location'].startswith('/login/')


@pytest.mark.parametrize(
    ('path', 'status'),
    [('/users/api', 404), ('/users/api/read', 404), ('/groups/list/', 404), ('/permissions/list/', 404),
     ('/userstatschartview/chart/', 404), ('/users/edit/abc', 404), ('/users/edit/99999', 404), ('/users/list/?page=abc', 400),
     ('/roles/show/nobody', 404), ('/resetmypassword/form', 302), ('/userinfoeditview/form', 302), ('/users/userinfo/', 302)],
)  # fmt: skip
def test_no_page_of_fab_is_left(sqlite_site: Site, path: str, status: int) -> None:
    assert sqlite_site.client('admin').get(path).status_code == status


def test_a_new_user_signs_in_and_is_shut_out_when_closed(site: Site) -> None:
    admin, minh = site.client('admin'), site.client()

    made = post(admin, '/users/add', NEW_USER)
    signed_in = post(minh, '/login/', {'username': 'MINH@example.com', 'password': NEW_USER['password']})
    before = minh.get('/settings').status_code
    closed = post(admin, f'/users/delete/{site.actor("minh").user_id}', {})
    after = minh.get('/settings')

    assert (made.status_code, signed_in.status_code, before, closed.status_code) == (303, 303, 200, 303)
    assert after.status_code == 302
    assert post(site.client(), '/login/', {'username': 'minh', 'password': NEW_USER['password']}).status_code == 401
    with site.runtime.database.reading() as connection:
        log = connection.execute(sa.select(sign_in.c.username, sign_in.c.succeeded).order_by(sign_in.c.id)).all()
    assert [tuple(row) for row in log] == [('MINH@example.com', True), ('minh', False)]


def test_a_bad_user_form_keeps_what_was_typed_and_names_each_field(sqlite_site: Site) -> None:
    bad = {**NEW_USER, 'username': 'rep', 'email': 'nowhere', 'password': 'short'}

    answer = post(sqlite_site.client('admin'), '/users/add', bad)
    text = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert all(f'id="f-{key}-error"' in text for key in ('username', 'email', 'password'))
    assert 'value="Võ Đức"' in text
    assert 'short"' not in text


def test_the_last_administrator_cannot_be_closed_on_screen(sqlite_site: Site) -> None:
    admin = sqlite_site.client('admin')

    refused = post(admin, f'/users/delete/{sqlite_site.actor("admin").user_id}', {})

    assert refused.status_code == 409
    assert 'last active administrator' in refused.get_data(as_text=True)
    assert admin.get('/settings').status_code == 200


def test_no_page_reads_its_person_through_the_writers_connection(sqlite_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite has one writer: a page would wait for whoever writes, and making a user for itself."""
    asked: list[int] = []
    monkeypatch.setattr(sqlite_site.app.appbuilder.sm, 'get_user_by_id', asked.append)

    admin = sqlite_site.client('admin')
    for path in (*ADMIN_PAGES, '/', '/contact/', '/contact/new', '/nowhere'):
        admin.get(path)
    made = post(admin, '/users/add', NEW_USER)

    assert (made.status_code, asked) == (303, [])


def test_ten_wrong_passwords_hold_up_the_right_one(sqlite_site: Site) -> None:
    stranger = sqlite_site.client()
    wrong = {'username': 'rep', 'password': 'wrong password'}

    statuses = {post(stranger, '/login/', wrong).status_code for _ in range(10)}

    assert statuses == {401}
    held_up = post(stranger, '/login/', {'username': 'rep', 'password': PASSWORD})
    assert (held_up.status_code, int(held_up.headers['Retry-After']) <= 601) == (429, True)
    assert post(stranger, '/login/', {'username': 'rep2', 'password': PASSWORD}).status_code == 303


def test_settings_change_language_zone_and_theme_for_good(site: Site) -> None:
    rep = site.client('rep')
    wished = {'first_name': 'Long', 'last_name': 'Đỗ Hải', 'email': 'long@example.com', 'locale': 'vi',
              'timezone': 'Asia/Tokyo', 'theme': 'dark', 'shortcuts': ['0']}  # fmt: skip

    saved = post(rep, '/settings', wished)
    refused = post(rep, '/settings', {**wished, 'timezone': 'Mars/Olympus', 'locale': 'xx'})

    actor = site.actor('rep')
    assert (saved.status_code, refused.status_code) == (303, 422)
    assert (actor.locale, actor.timezone, actor.email) == ('vi', 'Asia/Tokyo', 'long@example.com')
    assert rep.get_cookie('theme').value == 'dark'  # type: ignore[union-attr]
    assert 'lang="vi"' in rep.get('/settings').get_data(as_text=True)
    other_device = site.client('rep').get('/').get_data(as_text=True)
    assert 'data-theme-choice="dark"' in other_device
    assert 'data-keys="off"' in other_device
    assert 'data-keys="off"' not in site.client('rep2').get('/').get_data(as_text=True)


def test_a_password_is_changed_only_by_who_knows_the_present_one(sqlite_site: Site) -> None:
    rep, fresh = sqlite_site.client('rep'), 'một mật khẩu mới'

    wrong = post(rep, '/settings/password', {'password': 'guess', 'new_password': fresh, 'again': fresh})
    differing = post(rep, '/settings/password', {'password': PASSWORD, 'new_password': fresh, 'again': 'other'})
    right = post(rep, '/settings/password', {'password': PASSWORD, 'new_password': fresh, 'again': fresh})

    assert (wrong.status_code, differing.status_code, right.status_code) == (422, 422, 303)
    assert post(sqlite_site.client(), '/login/', {'username': 'rep', 'password': fresh}).status_code == 303


def test_a_token_made_on_screen_signs_api_requests_until_withdrawn(sqlite_site: Site) -> None:
    rep = sqlite_site.client('rep')
    shown = post(rep, '/settings/tokens', {'name': 'nightly'}).get_data(as_text=True)
    token = re.search(r'data-token>(trl_[\w-]+)<', shown)
    assert token is not None
    signed = {'Authorization': f'Bearer {token[1]}', 'Accept': 'application/json'}

    before = sqlite_site.client().get('/api/v1/me', headers=signed).status_code
    page = sqlite_site.client().get('/settings', headers=signed).status_code
    listed = rep.get('/settings').get_data(as_text=True)
    post(rep, re.search(r'/settings/tokens/\d+/withdraw', listed)[0], {})  # type: ignore[index]
    after = sqlite_site.client().get('/api/v1/me', headers=signed).status_code

    assert (before, page, after) == (200, 401, 401)  # a token opens no page, where it could make another one
    assert token[1] not in listed


def test_teams_are_added_renamed_and_ordered(sqlite_site: Site) -> None:
    admin = sqlite_site.client('admin')

    made = post(admin, '/teams/', {'name': 'East'})
    twice = post(admin, '/teams/', {'name': 'East'})
    unknown = post(admin, '/teams/', {'name': 'West', 'parent': 'nowhere'})

    assert (made.status_code, twice.status_code, unknown.status_code) == (303, 422, 404)

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(team_group, words, obj=SimpleNamespace(runtime=sqlite_site.runtime))
        return done.exit_code, done.output

    assert run('add', 'Sales', '--kind', 'department') == (0, 'Sales is made.\n')
    assert run('move', 'East', '--under', 'Sales') == (0, 'East stands under Sales now.\n')
    people = run('members', 'East', '--add', 'rep', '--lead', 'leader')[1].splitlines()
    assert [(line.split()[0], line.endswith('leads')) for line in people] == [('leader', True), ('rep', False)]
    tree = run('list')[1].splitlines()
    assert tree[tree.index('Sales  department  2') + 1] == '  East  2  led by leader'
    assert 'rep2' not in run('members', 'East', '--remove', 'rep')[1]
    refused = [run('move', 'Sales', '--under', 'East'), run('members', 'Eastt'), run('add', 'East'), run('move', 'East')]
    assert [code for code, _output in refused] == [1, 1, 1, 2]
    assert 'East' in refused[1][1]
    described = admin.get('/api/v1/_openapi').get_json()['paths']
    assert set(described['/api/v1/teams/{uid}']) == {'parameters', 'get', 'patch', 'delete'}
    assert '/api/v1/teams/' not in sqlite_site.client('rep').get('/api/v1/_openapi').get_json()['paths']
