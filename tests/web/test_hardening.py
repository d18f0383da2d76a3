"""What a scanner would look for: headers of every answer, tokens of every form, names, redirects, verbs, scripts in pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import Rule

from modules.ops.settings import Settings
from modules.web.application import make_flask
from modules.web.pinning import OPENED_BY_TOKEN
from modules.web.returning import safe_path
from modules.web.signin import PENDING
from schema.base.audit import audit_entry
from tests.support.site import PASSWORD, Site

SAFE = {'GET', 'HEAD', 'OPTIONS'}
SAMPLES = {
    'entity': 'contact', 'kind': 'csv', 'filename': 'nothing.js', 'tongue': 'vi', 'locale': 'vi', 'field': 'email',
    'number': 1, 'session_id': 1, 'token_id': 1, 'team_id': 1, 'user_id': 1, 'version': 1, 'old': 1, 'new': 1,
}  # fmt: skip
HEADERS = {
    'X-Content-Type-Options': 'nosniff', 'X-Frame-Options': 'DENY', 'Referrer-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Resource-Policy': 'same-origin',
}  # fmt: skip


class Markup(HTMLParser):
    """Everything in a page that a strict policy would have to allow."""

    def __init__(self) -> None:
        super().__init__()
        self.offences: list[str] = []
        self.unguarded: list[str] = []
        self._form: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or '' for name, value in attrs}
        if tag == 'script' and not given.get('src', '').startswith('/') and given.get('type') != 'application/json':
            self.offences.append(f'inline script {given}' if 'nonce' not in given else '')
        if tag == 'style' or any(name.startswith('on') for name in given):
            self.offences.append(f'{tag} {given}')
        if any(
            given.get(name, '').strip().lower().startswith('javascript:') for name in ('href', 'src', 'action', 'formaction')
        ):
            self.offences.append(f'{tag} {given}')
        if given.get('target') == '_blank' and 'noopener' not in given.get('rel', ''):
            self.offences.append(f'a window that keeps its opener: {given}')
        if tag == 'form' and given.get('method', '').lower() == 'post':
            self._form = given.get('action', '')
        if tag == 'input' and given.get('name') == 'csrf_token':
            self._form = None

    def handle_endtag(self, tag: str) -> None:
        if tag == 'form' and self._form is not None:
            self.unguarded.append(self._form)
            self._form = None


@pytest.fixture
def admin(sqlite_site: Site) -> FlaskClient:
    return sqlite_site.client('admin')


def filled(rule: Rule, uid: str, number: str = '') -> str:
    """The address of a rule with something in each place, with `number` where one stands."""
    numbered = re.sub(r'<int:\w+>', number, str(rule)) if number else str(rule)
    return re.sub(r'<(?:[^<>]*:)?(\w+)>', lambda found: str(SAMPLES.get(found[1], uid)), numbered)


def rules(site: Site, *, unsafe: bool) -> Iterator[Rule]:
    for rule in site.app.url_map.iter_rules():
        if bool((rule.methods or set()) - SAFE) if unsafe else 'GET' in (rule.methods or set()):
            yield rule


def test_every_page_and_file_is_answered_with_strict_headers_and_without_inline_scripts(
    sqlite_site: Site, admin: FlaskClient
) -> None:
    uid = sqlite_site.create('admin', 'contact', full_name='Lê Thị Hoa')
    wrong: list[object] = []
    pages = 0
    for rule in rules(sqlite_site, unsafe=False):
        if str(rule) == '/logout/':
            continue
        answer = admin.get(filled(rule, uid), headers={'Accept': 'text/html'})
        policy = answer.headers.get('Content-Security-Policy', '')
        wrong += [(rule, answer.status_code)] * (answer.status_code >= 500 and str(rule) != '/readyz')
        wrong += [(rule, name) for name, value in HEADERS.items() if answer.headers.get(name) != value]
        wrong += [(rule, 'policy')] * ("frame-ancestors 'none'" not in policy or "'unsafe-inline' 'self'" in policy)
        wrong += [(rule, 'scripts')] * ("script-src 'unsafe-inline'" in policy or 'unsafe-eval' in policy)
        wrong += [(rule, 'Permissions-Policy')] * ('camera=()' not in answer.headers.get('Permissions-Policy', ''))
        wrong += [(rule, 'kept')] * ('public' in answer.headers.get('Cache-Control', 'public') and answer.status_code == 200
                                     and not str(rule).startswith('/static'))  # fmt: skip
        if answer.mimetype == 'text/html':
            pages += 1
            read = Markup()
            read.feed(answer.get_data(as_text=True))
            wrong += [(rule, each) for each in read.offences if each]
            wrong += [(rule, 'form without a token', each) for each in read.unguarded]
        answer.close()

    assert wrong == []
    assert pages > 40


def test_numbers_that_no_column_holds_are_not_there(site: Site) -> None:
    client, huge = site.client('admin'), str(2**63)
    numbered = [rule for rule in site.app.url_map.iter_rules() if '<int:' in str(rule)]
    with client.session_transaction() as session:
        session['csrf_token'] = 'a' * 40
    signed = URLSafeTimedSerializer(site.app.secret_key or '', salt='wtf-csrf-token').dumps('a' * 40)
    forms = {
        '/notices/popped': {'ids': f'{huge},²,{"9" * 5000}'}, '/notices/read': {'notice': '٣'},
        '/workflows/events': {'ids': [huge, '²'], 'answer': 'drop'}, '/away': {'act': f'drop:{huge}'},
    }  # fmt: skip

    answers = {
        (str(rule), number): client.get(filled(rule, '', number)).status_code
        for rule in numbered for number in (str(2**31), huge)
    }  # fmt: skip
    posted = {path: client.post(path, data=form, headers={'X-CSRFToken': signed}).status_code for path, form in forms.items()}

    assert len(numbered) > 15 and {key: code for key, code in answers.items() if code not in {404, 405}} == {}
    assert posted == {'/notices/popped': 200, '/notices/read': 303, '/workflows/events': 422, '/away': 404}


def test_no_unsafe_address_of_a_page_takes_a_form_without_its_token(sqlite_site: Site, admin: FlaskClient) -> None:
    uid = sqlite_site.create('admin', 'contact', full_name='Lê Thị Hoa')
    taken = []
    for rule in rules(sqlite_site, unsafe=True):
        for method in sorted((rule.methods or set()) - SAFE):
            path = filled(rule, uid)
            if path == '/api/v1/security/login' or path.startswith(OPENED_BY_TOKEN):
                continue  # nothing of the browser's signs it: it asks for a password, or its address is the secret
            for headers in ({}, {'HX-Request': 'true'}):
                answer = admin.open(path, method=method, data={'csrf_token': 'forged'}, headers=headers)
                if answer.status_code != 400 or 'API-E419' not in str(admin_told(answer)):
                    taken.append((method, path, answer.status_code))
                answer.close()

    assert taken == []


def admin_told(answer: object) -> object:
    """Pages tell in words, scripts in codes."""
    json = answer.get_json(silent=True)  # type: ignore[attr-defined]
    return json or ('API-E419' if answer.status_code == 400 else '')  # type: ignore[attr-defined]


def test_the_api_takes_a_session_with_the_token_alone(sqlite_site: Site) -> None:
    rep = sqlite_site.client('rep')
    body = {'full_name': 'Trần Văn An'}

    bare = rep.post('/api/v1/contact/', json=body)
    token = rep.get('/api/v1/security/csrf_token/').get_json()['result']
    guarded = rep.post('/api/v1/contact/', json=body, headers={'X-CSRFToken': token})
    foreign = sqlite_site.client('rep2').post('/api/v1/contact/', json=body, headers={'X-CSRFToken': token})

    assert [each.status_code for each in (bare, guarded, foreign)] == [400, 201, 400]


@pytest.mark.parametrize(
    'host', ['evil.example', 'evil.example:80', 'localhost.evil.example', '', 'a b', '[::1', '127.0.0.1@evil']
)
def test_a_name_of_somebody_elses_is_answered_with_a_refusal_and_no_link_to_it(sqlite_site: Site, host: str) -> None:
    stranger = sqlite_site.client()

    page = stranger.get('/login/', headers={'Host': host, 'X-Forwarded-Host': 'evil.example'})
    api = stranger.get('/api/v1/me', headers={'Host': host})
    probe = stranger.get('/healthz', headers={'Host': host})

    assert (page.status_code, api.status_code, api.get_json()['errors'][0]['code']) == (400, 400, 'PRM-E066')
    assert probe.status_code == 200
    assert not re.search(r'(href|action|src)="[^"]*evil', page.get_data(as_text=True))


def test_this_machine_its_numbers_and_listed_names_are_served(sqlite_site: Site) -> None:
    runtime = sqlite_site.runtime
    given = {'TRELLIS_HOME': str(sqlite_site.home), 'TRELLIS_BASE_URL': 'https://crm.example.com',
             'TRELLIS_DATABASE_URL': runtime.settings.database_url, 'TRELLIS_ALLOWED_HOSTS': 'Crm.Local, 10.0.0.7'}  # fmt: skip

    unnamed = [statuses(sqlite_site.client(), host) for host in ('localhost', '127.0.0.1:8000', '[::1]:8000', '192.168.1.9')]
    runtime.settings = Settings.from_environment(given)
    secure = make_flask(runtime)
    named = secure.test_client()

    assert unnamed == [200] * 4
    assert [statuses(named, host) for host in ('crm.example.com', 'CRM.local:8443', '10.0.0.7', 'localhost')] == [200] * 4
    assert [statuses(named, host) for host in ('192.168.1.9', 'example.com')] == [400] * 2
    answer = secure.test_client().get('/login/', base_url='https://crm.example.com')
    assert 'max-age=31536000' in answer.headers['Strict-Transport-Security']
    cookies = answer.headers.getlist('Set-Cookie')
    assert cookies
    assert all('Secure' in each and 'HttpOnly' in each and 'SameSite=Lax' in each for each in cookies)

    runtime.settings = Settings.from_environment({**given, 'TRELLIS_PROXIES': '1'})
    proxied = make_flask(runtime)
    assert statuses(proxied.test_client(), 'evil.example') == 400  # whatever X-Forwarded-Host says
    assert [address_of_failure(sqlite_site, each) for each in (proxied, secure)] == ['203.0.113.9', '127.0.0.1']


def address_of_failure(site: Site, app: Flask) -> str:
    """Where the audit log says that a sign-in came from, sent through a proxy that added the last address."""
    forwarded = {
        'Host': 'crm.example.com', 'X-Forwarded-For': '198.51.100.7, 203.0.113.9', 'X-Forwarded-Proto': 'https',
        'X-Forwarded-Host': 'evil.example', 'Referer': 'https://crm.example.com/login/',
    }  # fmt: skip
    base = 'http://crm.example.com' if app.wsgi_app.__class__ is ProxyFix else 'https://crm.example.com'
    client = app.test_client()
    page = client.get('/login/', base_url=base, headers=forwarded).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    assert 'evil.example' not in page
    form = {'csrf_token': token[1], 'username': 'rep', 'password': 'not the password'}
    assert client.post('/login/', base_url=base, headers=forwarded, data=form).status_code == 401
    with site.runtime.database.reading() as connection:
        wanted = (
            sa.select(audit_entry.c.address).where(audit_entry.c.kind == 'sign_in_failed').order_by(audit_entry.c.id.desc())
        )
        return str(connection.execute(wanted.limit(1)).scalar_one())


def statuses(client: FlaskClient, host: str) -> int:
    return client.get('/login/', headers={'Host': host}).status_code


ELSEWHERE = (
    'https://evil.example/', '//evil.example', '///evil.example', '/\\evil.example', '\\\\evil.example', '/\t/evil.example',
    '/\r\n/evil.example', 'javascript:alert(1)', 'http:evil.example', ' /contact/', '/%0a\n', 'contact', '/' + 'a' * 600, '',
)  # fmt: skip


def test_signing_in_leads_to_own_pages_alone(sqlite_site: Site) -> None:
    assert {safe_path(each) for each in (*ELSEWHERE, None, 7)} == {'/'}
    assert [safe_path(each) for each in ('/contact/?q=an#x', '/')] == ['/contact/?q=an#x', '/']
    for asked in ('//evil.example', '/\\evil.example', '/contact/'):
        client = sqlite_site.client()
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get('/login/').get_data(as_text=True))
        assert token is not None
        form = {'csrf_token': token[1], 'username': 'rep', 'password': PASSWORD, 'next': asked}
        assert client.post('/login/', data=form).location == safe_path(asked)
    rep = sqlite_site.client('rep')
    assert rep.get('/login/?next=/%5Cevil.example').location == '/'
    assert rep.get('/language/en', headers={'Referer': 'https://evil.example/contact/'}).location == '/'
    for path in ('/lang/vi', '/back'):
        assert (rep.get(path, headers={'Referer': 'https://evil.example/'}).location or '/').startswith('/')


def test_another_site_cannot_sign_somebody_out(sqlite_site: Site) -> None:
    client = sqlite_site.client('rep')

    led = client.get('/logout/', headers={'Sec-Fetch-Site': 'cross-site'})
    still = client.get('/contact/').status_code
    own = client.get('/logout/', headers={'Sec-Fetch-Site': 'same-origin'})

    assert (led.location, still, own.location) == ('/', 200, '/login/')
    assert client.get('/contact/').status_code == 302


def test_verbs_paths_and_sizes_that_nobody_offers_are_refused(sqlite_site: Site, admin: FlaskClient) -> None:
    for method in ('TRACE', 'CONNECT', 'PROPFIND', 'DEBUG'):
        assert admin.open('/contact/', method=method).status_code in {400, 405}
    for path in ('/static/../app.py', '/static/%2e%2e/application.py', '/static/..%2fapplication.py', '/static//etc/passwd',
                 '/files/content/..%2f..%2fsecret_key', '/files/..%2fsecret_key'):  # fmt: skip
        assert admin.get(path, follow_redirects=True).status_code in {400, 404}
    overridden = admin.post('/contact/', headers={'X-HTTP-Method-Override': 'DELETE'})
    assert overridden.status_code in {400, 405}
    too_big = admin.post('/login/', data=b'x' * (26 * 1024 * 1024), content_type='application/x-www-form-urlencoded')
    assert too_big.status_code in {400, 413}


def test_a_pending_second_step_is_not_a_session(sqlite_site: Site) -> None:
    client = sqlite_site.client()
    with client.session_transaction() as session:
        session[PENDING] = ['1', 'admin', 'soon', True]

    assert client.get('/login/code').location == '/login/'
    assert client.get('/contact/').status_code == 302
