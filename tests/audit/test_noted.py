"""What the product does is in the log: each kind of entry by the way it comes about, and the page that tells of them."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pyotp
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from openpyxl import load_workbook

from modules.audit import chain, words
from modules.audit.checking import check_audit
from modules.imports import keeping
from modules.installation.service import save_settings
from modules.people.service import People
from permissions.accounts import NewUser
from schema.base.actor import system_actor
from schema.base.audit import KINDS, audit_entry, note
from schema.base.clock import FrozenClock
from tests.imports.files import write_csv
from tests.imports.test_imports import bring
from tests.support.site import NOW, PASSWORD, Site
from tests.web.pages import token_of

ROOT = Path(__file__).parents[2]


def entries(site: Site, kind: str) -> list[Any]:
    with site.runtime.database.reading() as connection:
        return list(connection.execute(sa.select(audit_entry).where(audit_entry.c.kind == kind).order_by(audit_entry.c.id)))


def browser(site: Site, username: str | None, locale: str = 'en') -> FlaskClient:
    client = site.client(username, locale=locale)
    client.environ_base['HTTP_X_CSRFTOKEN'] = token_of(client.get('/' if username else '/login/').text)
    return client


def publish(site: Site, **request: Any) -> None:
    publisher, actor = site.runtime.publisher, site.actor('admin')
    publisher.apply(publisher.plan(request, actor).plan_id, actor)


def test_every_kind_has_words_and_is_written_somewhere() -> None:
    sources = ''.join(
        path.read_text(encoding='utf-8')
        for top in ('schema', 'migrations', 'permissions', 'modules', 'workflows')
        for path in (ROOT / top).rglob('*.py')
        if path.name not in {'audit.py', 'words.py'}
    )
    assert {kind for kind in KINDS if f"'{kind}'" not in sources} == set()
    assert words.KIND_TEXTS.keys() == KINDS
    assert all(text.keys() == {'en', 'vi'} for text in (*words.KIND_TEXTS.values(), *words.PARAM_TEXTS.values()))


def test_signing_in_and_the_account_are_noted(sqlite_site: Site) -> None:
    site = sqlite_site
    clock = site.runtime.clock = FrozenClock(site.runtime.clock.now())
    before = {kind: len(entries(site, kind)) for kind in KINDS}
    client = browser(site, None)
    client.post('/login/', data={'username': 'rep', 'password': 'wrong'}, environ_base={'REMOTE_ADDR': '10.1.2.3'})
    client.post('/login/', data={'username': 'rep', 'password': PASSWORD}, environ_base={'REMOTE_ADDR': '10.1.2.3'})
    failed, came = entries(site, 'sign_in_failed')[-1], entries(site, 'sign_in')[-1]
    assert (failed.actor_kind, failed.subject, failed.address, failed.params) == (
        'stranger',
        'rep',
        '10.1.2.3',
        {'reason': 'password'},
    )
    assert (came.actor_id, came.subject, came.address) == (site.actor('rep').user_id, 'rep', '10.1.2.3')
    assert PASSWORD not in str([row.params for row in (failed, came)])

    rep = browser(site, 'rep')
    new = 'một mật khẩu khó đoán'
    rep.post('/settings/password', data={'password': PASSWORD, 'new_password': new, 'again': new})
    secret = re.search(r'[A-Z2-7]{32}', rep.get('/settings/two-step').text)
    assert secret is not None
    rep.post('/settings/two-step', data={'code': pyotp.TOTP(secret[0]).at(int(clock.now().timestamp()))})
    rep.post('/settings/two-step/off', data={'present': new})
    rep.post('/settings/tokens', data={'name': 'nightly', 'days': '30'})
    own = {
        'last_name': 'Trần',
        'first_name': 'Minh',
        'email': 'minh@example.com',
        'locale': 'vi',
        'timezone': 'Asia/Ho_Chi_Minh',
    }
    former = site.actor('rep').name
    for theme in ('dark', 'light'):  # the second time nothing but the look changes
        assert rep.post('/settings', data={**own, 'theme': theme}).status_code == 303
    renamed = entries(site, 'person_changed')[-1]
    assert (renamed.subject, renamed.params['name']) == ('rep', {'old': former, 'new': 'Trần Minh'})
    assert renamed.params['email']['new'] == 'minh@example.com'
    rep.post('/settings/sessions/end')
    rep.get('/logout/')
    counted = Counter({kind: len(entries(site, kind)) - before[kind] for kind in KINDS})
    assert +counted == Counter(
        sign_in_failed=1, sign_in=1, password_changed=1, two_step_changed=2, token_made=1, sign_out=2, person_changed=1
    )  # fmt: skip
    assert {row.params['on'] for row in entries(site, 'two_step_changed')} == {True, False}
    chain.seal(site.runtime.database)
    holds, text = check_audit(site.runtime)
    assert holds and 'hash' in text


def test_people_rights_schema_settings_and_what_goes_out_and_in_are_noted(site: Site, tmp_path: Path) -> None:
    runtime, admin = site.runtime, site.actor('admin')
    catalog = runtime.catalogs.current()
    with runtime.database.session() as session:
        people = People(session, catalog, NOW, by=admin)
        mai = people.create(NewUser('mai', 'Mai', 'Lê', 'mai@example.com', 'mật khẩu của Mai', ('rep',), {'North': False}))
        people.update(mai, NewUser('mai', 'Mai', 'Lê Thị', 'mai@example.com', '', ('rep', 'leader')), {}, active=True)
        people.set_roles(mai, ['rep'])
        people.set_active(mai, active=False)
        people.set_active(mai, active=True)
        people.end_sessions(mai)
        save_settings(session, {'page_size': 60}, admin, NOW)
    created, changed = entries(site, 'person_created')[-1], entries(site, 'person_changed')
    assert created.params['roles'] == ['rep'] and created.params['teams'] == ['North'] and created.actor_id == admin.user_id
    assert changed[0].params == {'name': {'old': 'Lê Mai', 'new': 'Lê Thị Mai'}, 'teams': {'old': ['North'], 'new': []}}
    assert changed[1].params == {'active': {'old': False, 'new': True}}
    assert [row.params['roles'] for row in entries(site, 'roles_given')] == [
        {'old': ['rep'], 'new': ['leader', 'rep']}, {'old': ['leader', 'rep'], 'new': ['rep']},
    ]  # fmt: skip
    assert entries(site, 'person_deactivated')[-1].subject == 'mai'
    assert entries(site, 'setting_changed')[-1].params['value'] == {'old': 50, 'new': 60}

    first = runtime.catalogs.current().number
    publish(
        site,
        entities={
            'contact': {'properties': {'nickname': {'x-type': 'text', 'x-label': {'en': 'Nickname', 'vi': 'Biệt danh'}}}}
        },
    )
    publish(site, roles={'rep': {'grants': {'company': {'read': 'all'}}}})
    plan = runtime.publisher.rollback_plan(first, admin)
    runtime.publisher.apply(plan.plan_id, admin)
    made, back = entries(site, 'schema_published')[-1], entries(site, 'schema_rolled_back')
    assert any('Biệt danh' in each['vi'] for each in made.params['changes']) and made.actor_name == admin.name
    assert [row.params['back_to'] for row in back] == [first]
    assert len(entries(site, 'rights_published')) == 1
    role = entries(site, 'role_changed')[-1]
    assert role.subject == 'rep' and any('→' in each['en'] for each in role.params['changes'])

    site.create('admin', 'contact', full_name='=cmd|x')
    client = browser(site, 'admin')
    assert client.get('/contact/export.csv?q=cmd').status_code == 200
    out = entries(site, 'export')[-1]
    assert (out.subject, out.params['rows'], out.params['format'], out.params['search']) == ('contact', 1, 'csv', 'cmd')
    bring(site, write_csv(tmp_path / 'people.csv', [['Họ tên'], ['Nguyễn Văn A'], ['Nguyễn Văn B']]))
    started, done = entries(site, 'import')[-2:]
    assert started.params['state'] == 'started' and done.params['created'] == 2 and done.subject == 'contact'
    assert keeping.claim(runtime) is None


def test_the_system_and_moments_are_told_in_the_readers_words(sqlite_site: Site) -> None:
    site = sqlite_site
    with site.runtime.database.writing() as connection:
        told = {'token': 'sync', 'expires_at': '2027-01-31T17:00:00+00:00', 'before': '2026-11-05'}
        note(connection, 'token_made', actor=system_actor('command line'), subject='rep', params=told, now=NOW)
    admin = browser(site, 'admin', 'vi')
    page, file = admin.get('/audit/?kind=token_made').text, admin.get('/audit/export.csv?kind=token_made').data.decode()
    for text in (page, file):
        assert all(each in text for each in ('Dòng lệnh', '01/02/2027 00:00', '05/11/2026'))
        assert not any(each in text for each in ('command line', '2027-01-31T', '2026-11-05'))
    assert 'Command line' in browser(site, 'admin').get('/audit/?kind=token_made').text


def test_the_page_filters_and_gives_files_that_no_spreadsheet_runs(sqlite_site: Site) -> None:
    site = sqlite_site
    with site.runtime.database.writing() as connection:
        note(
            connection, 'sign_in_failed', actor=None, subject='=1+1', params={'reason': 'password'}, address='10.9.8.7', now=NOW
        )
        note(
            connection,
            'roles_given',
            actor=site.actor('admin'),
            subject='rep',
            params={'roles': {'old': [], 'new': ['rep']}},
            now=NOW,
        )
    admin = browser(site, 'admin', 'vi')
    everything = admin.get('/audit/').text
    assert 'Nhật ký kiểm soát' in everything and '10.9.8.7' in everything
    only = admin.get('/audit/?kind=sign_in_failed&q=10.9&from=2026-11-20&to=2026-11-20').text
    assert '=1+1' in only and '– → rep' not in only
    assert '=1+1' not in admin.get('/audit/?from=2026-11-21').text
    mine = admin.get(f'/audit/?person={site.actor("admin").user_id}&kind=roles_given').text
    assert '– → rep' in mine and '10.9.8.7' not in mine
    assert admin.get('/audit/?from=someday').status_code == 400 and admin.get('/audit/?person=x').status_code == 400

    rows = list(csv.reader(io.StringIO(admin.get('/audit/export.csv?kind=sign_in_failed').data.decode('utf-8-sig'))))
    assert rows[1][3] == "'=1+1" and len(rows) == 2
    answer = admin.get('/audit/export.xlsx?q=rep')
    book = load_workbook(io.BytesIO(answer.data))
    answer.close()
    assert any('roles' in str(cell.value) or 'vai trò' in str(cell.value) for row in book.active.rows for cell in row)
    taken = [row for row in entries(site, 'export') if row.subject == 'audit']
    assert [row.params['format'] for row in taken] == ['csv', 'xlsx']
    assert admin.get('/audit/export.pdf').status_code == 404

    for path in ('/audit/', '/audit/export.csv'):
        assert browser(site, 'manager').get(path).status_code == 403
    with pytest.raises(sa.exc.DatabaseError, match='only grows'), site.runtime.database.writing() as connection:
        connection.execute(audit_entry.delete())
