"""Pools over pages and REST, and what is sent to them by mistake or in bad faith."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient

from modules.people.tokens import create_token
from modules.pools import setup
from modules.pools.doctoring import check_pools
from schema.base.limits import Limit
from tests.pools.conftest import frozen, make_pool, owner_of, put_leads, user_id, waiting
from tests.support.site import Site
from tests.web.pages import token_of

NOWHERE = '01a20000-0000-7000-8000-000000000000'


def send(client: FlaskClient, path: str, **form: Any) -> Any:
    return client.post(path, data={**form, 'csrf_token': token_of(client.get('/offline').text)})


class Rest:
    """REST as one person."""

    def __init__(self, site: Site, username: str, **limits: Any) -> None:
        with site.runtime.database.session() as session:
            self.token = create_token(session, user_id(site, username), 'tests', site.runtime.clock.now(), **limits)
        self.client = site.app.test_client()

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        found = self.client.open(
            f'/api/v1{path}', method=method, json=body, headers={'Authorization': f'Bearer {self.token}'}
        )  # fmt: skip
        return found.status_code, found.get_json()


def codes(answer: tuple[int, Any]) -> tuple[int, str]:
    return answer[0], answer[1]['errors'][0]['code']


def test_staff_claim_and_give_back_on_their_page(sqlite_site: Site) -> None:
    site = sqlite_site
    frozen(site)
    pool = make_pool(site, daily_limit=1, return_days=2)
    first, second = put_leads(site, pool, 2)
    rep, manager = site.client('rep', locale='vi'), site.client('manager')
    home = f'/pools/{pool.uid}'

    page = rep.get('/pools/').text
    assert 'Khách 0' in page
    assert f'/lead/{first}/edit' not in rep.get(f'/lead/{first}').text  # to be seen, not to be changed
    assert 'hôm nay còn nhận được 1' in page.lower()
    assert 'Nhận lead' in page
    claimed = send(rep, f'{home}/claim')
    assert (claimed.status_code, claimed.headers['Location']) == (303, f'/lead/{first}')
    shown = rep.get(f'/lead/{first}').text
    assert 'còn 2 ngày' in shown  # both the pool and when it goes back
    assert f'{home}/release/{first}' in shown
    assert send(rep, f'{home}/claim').headers['Location'] == home
    assert 'Hôm nay bạn đã nhận đủ 1 hồ sơ' in rep.get(home).text
    assert 'Đỗ Hải Long' in manager.get(home).text
    assert f'{home}/claim' not in manager.get(home).text

    assert rep.get(f'{home}/release/{first}').status_code == 200
    assert send(rep, f'{home}/release/{first}', reason='  ').status_code == 422
    assert send(rep, f'{home}/release/{first}', reason='Sai số').status_code == 303
    assert owner_of(site, first) is None
    assert 'Given back by Đỗ Hải Long: Sai số' in site.client('rep2').get(f'/lead/{first}').text
    assert send(manager, f'{home}/move', record=[first, second], to='').status_code == 303
    assert waiting(site, pool) == 0
    asked = send(manager, '/pools/put/lead/ask', uids=first)
    assert pool.uid in asked.text
    assert send(manager, '/pools/put/lead', uids=first, pool=pool.uid).status_code == 303
    assert waiting(site, pool) == 1
    assert 'hx-post="/pools/put/lead/ask"' in manager.get('/lead/').text


def test_administrators_make_pools_and_are_told_what_is_wrong(sqlite_site: Site) -> None:
    site = sqlite_site
    admin = site.client('admin')
    assert site.client('manager').get('/pools/setup/').status_code == 403
    form = {
        'name': 'Kho Bắc', 'entity': 'lead', 'members': ['user:rep'], 'managers': ['user:leader'], 'activity': 'owner',
        'daily_limit': '3', 'return_days': '', 'active': '1',
        'source': '{"field": "source", "op": "eq", "value": "zalo"}',
    }  # fmt: skip
    wrong = {**form, 'name': ' ', 'managers': '', 'source': '{"field": "colour", "op": "eq", "value": "red"}'}

    refused = send(admin, '/pools/setup/new', **wrong)
    assert refused.status_code == 422
    assert 'A pool needs a name.' in refused.text
    assert 'A pool needs somebody who looks after it.' in refused.text
    assert 'colour' in refused.text
    assert send(admin, '/pools/setup/new', **{**form, 'daily_limit': '-3'}).status_code == 422
    assert send(admin, '/pools/setup/new', **{**form, 'members': ['user:nobody']}).status_code == 422
    made = send(admin, '/pools/setup/new', **form)
    assert made.status_code == 303, made.text
    assert send(admin, '/pools/setup/new', **form).status_code == 422  # the name is taken
    listed = admin.get('/pools/setup/').text
    assert 'Kho Bắc' in listed
    (uid,) = re.findall(r'href="/pools/setup/([0-9a-f-]{36})"', listed)
    shown = admin.get(f'/pools/setup/{uid}').text
    assert 'value="user:leader" selected' in shown
    lead = site.create('manager', 'lead', full_name='Zalo', source='zalo', owner=None)

    kept = send(admin, f'/pools/setup/{uid}/delete')
    assert kept.headers['Location'] == f'/pools/setup/{uid}'  # something lies in it
    assert send(admin, f'/pools/setup/{uid}', **{**form, 'entity': 'contact', 'source': ''}).status_code == 422
    assert send(site.client('rep'), f'/pools/{uid}/claim', record=lead).headers['Location'] == f'/lead/{lead}'
    for path in ('/pools/setup/faces/lead', '/pools/setup/source?entity=lead', '/pools/setup/choices?q=long'):
        assert admin.get(path).status_code == 200
        assert site.client('rep').get(path).status_code == 403


def test_rest_claims_and_refuses(site: Site) -> None:
    frozen(site)
    pool, other = make_pool(site, daily_limit=1), make_pool(site, name='Khác', members=('rep2',))
    first, second, third = put_leads(site, pool, 3)
    outside = put_leads(site, other, 1)[0]
    rep, rep2, leader, admin = (Rest(site, name) for name in ('rep', 'rep2', 'leader', 'admin'))
    home = f'/pools/{pool.uid}'

    reading = Rest(
        site, 'rep', limit=Limit.of('chosen', {site.runtime.catalogs.current().entity('lead').ref: ['read', 'create']})
    )
    assert codes(reading('POST', f'{home}/claim', {})) == (403, 'PRM-E001')
    assert codes(rep('PUT', f'/lead/{first}', {'need': 'x'})) == (403, 'PRM-E001')  # members see what waits, no more
    status, mine = rep('GET', '/pools/')
    assert status == 200
    assert [(each['name'], each['waiting'], each['remaining']) for each in mine['result']] == [('Kho mặc định', 3, 1)]
    assert [each['id'] for each in rep('GET', f'{home}/records')[1]['result']] == [first, second, third]
    assert codes(rep('POST', f'{home}/claim', {'record': outside})) == (404, 'REC-E028')
    assert codes(rep('POST', f'{home}/claim', {'record': NOWHERE})) == (404, 'REC-E028')
    assert codes(rep('POST', f'{home}/claim', {'record': 'x" OR 1=1'})) == (404, 'REC-E028')
    assert codes(rep('POST', f'{home}/claim', {'record': 7})) == (400, 'API-E008')
    assert codes(rep('POST', f'{home}/claim', {'limit': 7})) == (400, 'API-E008')
    assert codes(rep('POST', f'/pools/{other.uid}/claim', {})) == (404, 'POL-E001')
    assert codes(rep('POST', f'/pools/{NOWHERE}/claim', {})) == (404, 'POL-E001')
    assert rep('POST', '/pools/kho/claim', {})[0] == 404
    assert codes(leader('GET', home)) == (404, 'POL-E001')
    status, claimed = rep('POST', f'{home}/claim', {'record': second})
    assert (status, claimed['id'], claimed['remaining']) == (200, second, 0)
    assert codes(rep2('POST', f'{home}/claim', {'record': second})) == (409, 'POL-E004')
    assert codes(rep('POST', f'{home}/claim', {})) == (409, 'POL-E002')
    assert codes(rep2('POST', f'{home}/release', {'record': second, 'reason': 'x'})) == (404, 'REC-E028')
    assert codes(rep('POST', f'{home}/release', {'record': second, 'reason': ''})) == (422, 'POL-E010')
    assert codes(rep('POST', f'{home}/release', {'record': second, 'reason': 'x' * 501})) == (422, 'POL-E011')
    assert codes(rep2('POST', f'{home}/release', {'record': first, 'reason': 'x'})) == (409, 'POL-E009')
    assert rep('POST', f'{home}/release', {'record': second, 'reason': 'Trùng'})[0] == 200
    assert codes(rep('POST', f'{home}/move', {'records': [first], 'to': other.uid})) == (403, 'POL-E022')
    assert codes(admin('POST', f'{home}/move', {'records': [outside], 'to': other.uid})) == (404, 'REC-E028')
    assert codes(admin('POST', f'{home}/move', {'records': [], 'to': other.uid})) == (422, 'POL-E024')
    assert admin('POST', f'{home}/move', {'records': [first], 'to': other.uid})[1] == {'count': 1}
    assert admin('POST', f'/pools/{other.uid}/take-out', {'records': [first, outside]})[1] == {'count': 2}
    assert admin('POST', f'{home}/put', {'records': [first]})[0] == 201
    assert codes(rep('POST', '/pools/', {'name': 'x', 'entity': 'lead'})) == (403, 'PRM-E003')
    assert codes(admin('PUT', home, {'name': 'x', 'entity': 'lead', 'managers': ['nobody']})) == (422, 'POL-E018')
    assert codes(admin('PUT', home, {'name': 'x', 'entity': 'lead', 'daily_limit': '7'})) == (400, 'API-E008')
    assert '/api/v1/pools/{pool}/claim' in rep('GET', '/_openapi')[1]['paths']

    wish = {'name': 'Kho mặc định', 'entity': 'lead', 'members': ['rep'], 'managers': ['admin'], 'active': False}
    assert admin('PUT', home, wish)[1]['active'] is False
    assert codes(rep('POST', f'{home}/claim', {})) == (409, 'POL-E005')
    assert rep('GET', f'/lead/{second}')[0] == 404  # a closed pool shows its members nothing
    assert admin('GET', home)[1]['members'] == ['rep']


def test_pools_outlive_the_kind_of_record_that_they_were_for(sqlite_site: Site) -> None:
    site, runtime = sqlite_site, sqlite_site.runtime
    frozen(site)
    pool = make_pool(site, source={'field': 'job_title', 'op': 'eq', 'value': 'Giám đốc'})
    put_leads(site, pool, 1)
    admin = site.actor('admin')

    plan = runtime.publisher.plan({'remove': ['/entities/lead/properties/job_title']}, admin)
    assert 'Pool Kho mặc định names Job title, which is removed' in [each.describe('en') for each in plan.mentions]
    assert 'kho Kho mặc định' in [each.describe('vi') for each in runtime.publisher.where_used('lead')]
    runtime.publisher.apply(plan.plan_id, admin)

    ok, told = check_pools(runtime)
    assert (ok, 'Kho mặc định' in told) == (False, True)
    site.create('manager', 'lead', full_name='Vẫn lưu được', owner=None)  # a broken rule stops nobody
    assert 'rule broken' in site.client('admin').get('/pools/setup/').text
    with runtime.database.session() as session:
        session.execute(setup.pool.update().values(entity_ref='gone_abc123'))
        setup.bump_rights(session)
    assert codes(Rest(site, 'rep')('POST', f'/pools/{pool.uid}/claim', {})) == (409, 'POL-E006')
    assert site.client('rep').get('/pools/').status_code == 200
    assert 'no longer there' in site.client('admin').get('/pools/setup/').text
    assert check_pools(runtime)[0] is False
    assert send(site.client('admin'), f'/pools/setup/{pool.uid}/delete').headers['Location'] == '/pools/setup/'
