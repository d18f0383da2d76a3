"""API tokens with a scope and an end: narrower than their owner wherever one asks, and dead when they should be."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask.testing import FlaskClient

from app import make_registries
from modules.installation.service import save_settings
from modules.operations import running
from modules.people import tokens
from modules.people.service import People
from modules.people.tables import api_token
from schema.base.audit import audit_entry
from schema.base.limits import Limit
from tests.support.site import Site


class Caller:
    """A program with a token."""

    def __init__(self, site: Site, token: str) -> None:
        self._client, self._headers = site.app.test_client(), {'Authorization': f'Bearer {token}'}

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        return self._client.open(f'/api/v1{path}', method=method, json=body, headers=self._headers)


def token_of(site: Site, username: str, limit: Limit | None, days: float | None = 30) -> Caller:
    with site.runtime.database.session() as session:
        user_id = site.actor(username).user_id or 0
        made = tokens.create_token(session, user_id, 'tests', site.runtime.clock.now(), days=days, limit=limit)
    return Caller(site, made)


def statuses(*answers: Any) -> list[int]:
    return [each.status_code for each in answers]


def test_a_token_narrows_its_owners_rights_and_never_widens_them(site: Site) -> None:
    catalog = site.runtime.catalogs.current()
    contact = catalog.entity('contact').ref
    mine = site.create('rep', 'contact', full_name='Lê Thị Hoa')
    others = site.create('rep2', 'contact', full_name='Trần Văn An')
    company = site.create('rep', 'company', name='Mộc An')
    site.runtime.write(site.actor('rep'), lambda store: store.update('contact', mine, {'company': company}))
    reads, writes = token_of(site, 'rep', Limit.of('read')), token_of(site, 'rep', Limit.of('write'))
    chosen = token_of(site, 'rep', Limit.of('chosen', {contact: ['update']}))
    admins = token_of(site, 'admin', Limit.of('write'))
    change = {'phone': '0912345678'}

    assert (
        statuses(reads('GET', f'/contact/{mine}'), writes('GET', f'/contact/{mine}'), chosen('GET', f'/contact/{mine}'))
        == [200] * 3
    )
    assert statuses(*(each('GET', f'/contact/{others}') for each in (reads, writes, chosen))) == [404] * 3
    refused = reads('PUT', f'/contact/{mine}', change)
    assert (refused.status_code, refused.get_json()['errors'][0]['code']) == (403, 'PRM-E064')
    assert refused.mimetype == 'application/problem+json'
    assert statuses(writes('PUT', f'/contact/{mine}', change), chosen('PUT', f'/contact/{mine}', change)) == [200] * 2
    assert statuses(chosen('POST', '/contact/', {'full_name': 'X Y'}), chosen('DELETE', f'/contact/{mine}')) == [403] * 2
    assert statuses(chosen('GET', '/company/'), chosen('GET', f'/company/{company}')) in ([403, 403], [403, 404], [404, 404])
    assert chosen('GET', f'/contact/{mine}').get_json()['result']['company'] in ({'hidden': True}, None)
    assert [each['key'] for each in chosen('GET', '/schema/').get_json()['entities']] == ['contact']
    assert statuses(admins('POST', '/schema/plan', {}), admins('GET', '/schema/contact?for=definition')) == [403] * 2
    assert [each('GET', '/me').get_json()['scope'] for each in (reads, writes, chosen)] == ['read', 'write', 'chosen']
    assert admins('GET', '/me').get_json()['admin'] is False


def test_a_limited_token_stays_limited_in_the_worker(sqlite_site: Site) -> None:
    runtime = sqlite_site.runtime
    contact = runtime.catalogs.current().entity('contact').ref
    uid = sqlite_site.create('rep', 'contact', full_name='Lê Thị Hoa')
    caller = token_of(sqlite_site, 'rep', Limit.of('chosen', {contact: ['update']}))

    asked = {'kind': 'edit', 'entity': 'contact', 'uids': [uid], 'values': {'phone': '0912345678'}}
    started = caller('POST', '/operations/', asked)
    found = running.keeping.read(runtime, started.get_json()['id'])
    binned = caller('POST', '/operations/', {'kind': 'delete', 'entity': 'contact', 'uids': [uid]})

    assert started.status_code == 201
    assert running.actor_of(runtime, found).limit == Limit.of('chosen', {contact: ['update']})
    assert binned.status_code == 403


def test_expired_withdrawn_forged_and_closed_peoples_tokens_are_dead_at_the_next_request(site: Site) -> None:
    runtime = site.runtime
    good, ended = token_of(site, 'rep', None), token_of(site, 'rep', None, days=0.0001)
    with runtime.database.writing() as connection:
        connection.execute(
            api_token.update().where(api_token.c.id == 2).values(expires_at=runtime.clock.now() - timedelta(seconds=1))
        )
    withdrawn, forged = token_of(site, 'rep', None), Caller(site, 'trl_' + 'x' * 43)
    before = statuses(good('GET', '/me'), withdrawn('GET', '/me'))
    rep, rep_id = site.actor('rep'), site.actor('rep').user_id or 0
    with runtime.database.session() as session:
        tokens.revoke_token(session, site.actor('rep2').user_id or 0, 3, runtime.clock.now())
        elsewhere = withdrawn('GET', '/me').status_code
        tokens.revoke_token(session, rep_id, 3, runtime.clock.now(), by=rep)

    dead = [each('GET', '/me') for each in (ended, withdrawn, forged)]
    with runtime.database.session() as session:
        People(session, runtime.catalogs.current(), runtime.clock.now()).set_active(rep_id, active=False)
    closed = good('GET', '/contact/')

    assert (before, elsewhere) == ([200, 200], 200)
    assert {(each.status_code, each.mimetype, each.get_json()['errors'][0]['code']) for each in (*dead, closed)} == {
        (401, 'application/problem+json', 'PRM-E010')
    }
    with runtime.database.reading() as connection:
        kinds = [row.kind for row in connection.execute(sa.select(audit_entry.c.kind)) if row.kind.startswith('token')]
    assert kinds == ['token_made'] * 3 + ['token_revoked']


def test_use_is_noted_and_guessing_is_slowed(sqlite_site: Site) -> None:
    caller = token_of(sqlite_site, 'rep', None)
    with sqlite_site.runtime.database.reading() as connection:
        unused = connection.execute(sa.select(api_token.c.last_used_at)).scalar_one()
    caller('GET', '/me')
    with sqlite_site.runtime.database.reading() as connection:
        used = connection.execute(sa.select(api_token.c.last_used_at)).scalar_one()
    guesses = [Caller(sqlite_site, f'trl_{number}')('GET', '/me') for number in range(121)]

    assert (unused, used is not None) == (None, True)
    assert {each.status_code for each in guesses[:120]} == {401}
    assert (guesses[120].status_code, guesses[120].get_json()['errors'][0]['code']) == (429, 'PRM-E065')
    assert int(guesses[120].headers['Retry-After']) > 0
    assert caller('GET', '/me').status_code == 200


def test_calls_beyond_the_setting_are_asked_to_wait(sqlite_site: Site) -> None:
    runtime = sqlite_site.runtime
    with runtime.database.session() as session:
        save_settings(session, {'calls_per_minute': 60}, sqlite_site.actor('admin'), runtime.clock.now())
    rep, rep2 = token_of(sqlite_site, 'rep', None), token_of(sqlite_site, 'rep2', None)

    answers = [rep('GET', '/me').status_code for _ in range(130)]

    assert (answers[0], answers[-1]) == (200, 429)  # the minute may turn once meanwhile
    assert rep2('GET', '/me').status_code == 200


def post(client: FlaskClient, path: str, form: dict[str, Any]) -> Any:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get('/settings').get_data(as_text=True))
    assert token is not None
    return client.post(path, data={'csrf_token': token[1], **form})


def test_the_account_page_makes_tokens_with_a_scope_and_an_administrator_withdraws_them(sqlite_site: Site) -> None:
    rep, admin, rep_id = sqlite_site.client('rep'), sqlite_site.client('admin'), sqlite_site.actor('rep').user_id
    wish = {
        'name': 'bảng tính',
        'scope': 'chosen',
        'chosen.contact': ['read', 'export'],
        'expires': 'date',
        'until': '2999-01-01',
    }

    too_long = post(rep, '/settings/tokens', wish)
    nothing = post(rep, '/settings/tokens', {'scope': 'chosen', 'expires': '30'})
    never = post(rep, '/settings/tokens', {'scope': 'read', 'expires': 'never'})
    made = post(rep, '/settings/tokens', {**wish, 'expires': '30'})
    token = re.search(r'data-token>(trl_[\w-]+)<', made.get_data(as_text=True))
    page = admin.get(f'/users/edit/{rep_id}').get_data(as_text=True)
    foreign = post(sqlite_site.client('rep2'), f'/users/tokens/{rep_id}/1', {})
    assert token is not None
    before = Caller(sqlite_site, token[1])('GET', '/me').status_code
    withdrawn = post(admin, f'/users/tokens/{rep_id}/1', {})

    assert statuses(too_long, nothing, never) == [422] * 3
    assert 'bảng tính' in page
    assert token[1] not in rep.get('/settings').get_data(as_text=True)
    assert (foreign.status_code, before, withdrawn.status_code) == (403, 200, 303)
    assert Caller(sqlite_site, token[1])('GET', '/me').status_code == 401


class Entry:
    def __init__(self, site: Site) -> None:
        self.runtime = site.runtime


@pytest.mark.parametrize(('asked', 'code'), [
    (['--scope', 'contact:fly'], 'PRM-E060'), (['--scope', 'contcat:read'], 'PRM-E060'), (['--scope', 'some'], 'PRM-E060'),
    (['--scope', 'contact:'], 'PRM-E063'), (['--expires', '2020-01-01'], 'PRM-E061'), (['--expires', 'soon'], 'PRM-E061'),
    (['--expires', '0'], 'PRM-E061'), (['--expires', '366000'], 'PRM-E061'), (['--expires', 'never'], 'PRM-E062'),
    (['--expires', '400d'], 'PRM-E062'),
])  # fmt: skip
def test_the_command_tells_what_is_wrong_with_a_wish(sqlite_site: Site, asked: list[str], code: str) -> None:
    command = make_registries().commands.get('token')

    refused = CliRunner().invoke(command, ['create', 'rep', *asked], obj=Entry(sqlite_site))

    assert refused.exit_code == 1
    assert code in refused.output


def test_the_command_makes_lists_and_withdraws_tokens(sqlite_site: Site) -> None:
    command, run = make_registries().commands.get('token'), CliRunner()

    wish = ['--scope', 'contact:read,update', '--scope', 'company:read', '--expires', '30d']
    made = run.invoke(command, ['create', 'rep', *wish],
                      obj=Entry(sqlite_site)).output.strip()  # fmt: skip
    listed = run.invoke(command, ['list', 'rep'], obj=Entry(sqlite_site)).output
    scope = Caller(sqlite_site, made)('GET', '/me').get_json()['scope']
    gone = run.invoke(command, ['revoke', 'rep', '1'], obj=Entry(sqlite_site))
    twice = run.invoke(command, ['revoke', 'rep', '1'], obj=Entry(sqlite_site))

    assert (scope, listed.split()[:3]) == ('chosen', ['1', f'{made[:12]}…', 'chosen'])
    assert (gone.exit_code, twice.exit_code) == (0, 1)
    assert Caller(sqlite_site, made)('GET', '/me').status_code == 401
