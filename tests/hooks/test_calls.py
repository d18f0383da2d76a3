"""Calls from outside: addresses made and shown once, records found or made, signatures, repeats, located refusals."""

from __future__ import annotations

import json
import re
from typing import Any

from flask.testing import FlaskClient

from modules.hooks.signing import sign
from modules.hooks.tables import hook_address
from schema.base.audit import audit_entry
from tests.support.works import Works

TRIGGER = {
    'type': 'webhook', 'match': {'field': 'email', 'from': '/customer/email'},
    'values': {'full_name': {'from': '/customer/name'}, 'phone': {'from': '/customer/tel'}, 'job_title': 'web'},
}  # fmt: skip
STEP = {'key': 'set', 'type': 'update_record', 'values': {'description': 'Kho'}}


def incoming(**trigger: Any) -> dict[str, Any]:
    return {'x-key': 'from_shop', 'trigger': {**TRIGGER, **trigger}, 'steps': [STEP]}


def make_address(works: Works, key: str = 'from_shop') -> str:
    """The path of a new address, as the page shows it once."""
    client = works.site.client('admin')
    page = client.get('/settings/hooks').get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    made = client.post('/settings/hooks', data={'workflow': key, 'csrf_token': token[1]}).get_data(as_text=True)
    found = re.search(r'value="[^"]*(/hooks/[A-Za-z0-9_-]{40,})"', made)
    assert found is not None
    assert found[1] not in client.get('/settings/hooks').get_data(as_text=True)
    return found[1]


def send(client: FlaskClient, path: str, content: Any, **headers: str) -> Any:
    return client.post(path, json=content, headers={name.replace('_', '-'): text for name, text in headers.items()})


def contact(works: Works, uid: str) -> dict[str, Any]:
    with works.site.runtime.reader(works.site.actor('admin')) as reader:
        return dict(reader.get('contact', uid).wire())


CUSTOMER = {'customer': {'email': 'tam@congty.vn', 'name': 'Lê Văn Tám', 'tel': '0912345678'}}


def test_a_call_makes_a_record_or_finds_it_and_starts_the_workflow(works: Works) -> None:
    works.publish(incoming(), {**incoming(), 'x-key': 'other'})
    path, stranger = make_address(works), works.site.client()

    first = send(stranger, path, CUSTOMER)
    again = send(stranger, path, {'customer': {**CUSTOMER['customer'], 'name': 'Somebody Else'}})
    works.run()

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json == {**again.json} == {'entity': 'contact', 'uid': first.json['uid'], 'repeated': False}
    assert [(run.rule_ref, run.record_uid, run.state, run.started_by['event']) for run in works.runs] == [
        ('from_shop_r3f9aa', first.json['uid'], 'done', 'record.webhook')
    ] * 2
    kept = contact(works, first.json['uid'])
    assert (kept['full_name'], kept['phone'], kept['job_title'], kept['description']) == (
        'Lê Văn Tám', '+84912345678', 'web', 'Kho',
    )  # fmt: skip
    [row] = works.rows(hook_address)
    assert (row.calls, row.token_hash in path, row.prefix) == (2, False, path.removeprefix('/hooks/')[:6])
    told = [(each.kind, each.subject) for each in works.rows(audit_entry) if each.kind == 'hook_address_changed']
    assert told == [('hook_address_changed', 'from_shop')]


def test_the_same_key_does_nothing_twice(works: Works) -> None:
    works.publish(incoming(match=None) | {'trigger': {key: value for key, value in TRIGGER.items() if key != 'match'}})
    path, stranger = make_address(works), works.site.client()
    content = {'customer': {'name': 'Lê Văn Tám'}}

    answers = [send(stranger, path, content, Idempotency_Key=key).json for key in ('one', 'one', 'two')]
    works.run()

    assert [each['repeated'] for each in answers] == [False, True, False]
    assert answers[0]['uid'] == answers[1]['uid'] != answers[2]['uid']
    assert len(works.runs) == 2


def test_refusals_say_what_and_where(small_works: Works) -> None:
    works = small_works
    works.secret('shop', 'shared')
    finding_only = {'type': 'webhook', 'match': {'field': 'job_title', 'from': '/customer/job'}}
    works.publish(
        incoming(update=True), {**incoming(), 'x-key': 'find', 'trigger': finding_only},
        {**incoming(secret='shop'), 'x-key': 'signed'}, {**incoming(), 'x-key': 'off', 'enabled': False},
    )  # fmt: skip
    stranger = works.site.client()
    path, find, signed, off = (make_address(works, key) for key in ('from_shop', 'find', 'signed', 'off'))
    for name in ('Một', 'Hai'):
        works.site.create('admin', 'contact', full_name=name, job_title='double')

    def met(path: str, content: Any, **headers: str) -> tuple[int, str, str]:
        answer = send(stranger, path, content, **headers)
        assert answer.mimetype == 'application/problem+json'
        first = answer.json['errors'][0]
        return answer.status_code, first['code'], first['pointer']

    customer = CUSTOMER['customer']
    assert met('/hooks/nowhere', CUSTOMER) == (404, 'HOK-E006', '')
    assert met(path, {'customer': {'name': 'x'}}) == (422, 'HOK-E018', '/customer/email')
    assert met(path, {'customer': {**customer, 'tel': 'not a number'}}) == (422, 'REC-E008', '/customer/tel')
    assert met(path, {'customer': {**customer, 'email': 'no address'}})[0] == 422
    assert met(find, {'customer': {'job': 'double'}}) == (409, 'HOK-E021', '/customer/job')
    assert met(find, {'customer': {'job': 'nobody'}}) == (422, 'HOK-E019', '/customer/job')
    assert met(path, [1]) == (400, 'API-E002', '')
    assert met(path, CUSTOMER, Idempotency_Key='x' * 200) == (400, 'HOK-E023', '')
    assert met(signed, CUSTOMER) == (401, 'HOK-E007', '')
    assert met(off, CUSTOMER) == (409, 'HOK-E022', '')
    assert stranger.post(path, data=b'{"a": NaN}', content_type='application/json').status_code == 400
    assert stranger.post(path, data=b'x' * 1_100_000, content_type='application/json').status_code == 413
    assert stranger.get(path).status_code == 405
    body = json.dumps(CUSTOMER).encode()
    stale = sign('shared', 'm1', works.clock.now().replace(year=2025), body)
    fresh = sign('shared', 'm1', works.clock.now(), body)
    assert stranger.post(signed, data=body, content_type='application/json', headers=stale).status_code == 401
    assert stranger.post(signed, data=body, content_type='application/json', headers=fresh).status_code == 202
    assert works.runs == []  # nothing runs before the answer


def test_a_call_reaches_no_further_than_the_person_the_workflow_runs_as(small_works: Works) -> None:
    works = small_works
    works.site.create('admin', 'contact', full_name='Của Người Khác', email='tam@congty.vn', owner='rep2')
    works.publish({**incoming(), 'run_as': 'rep'}, {**incoming(), 'x-key': 'gone', 'run_as': 'nobody'})
    stranger = works.site.client()

    answer = send(stranger, make_address(works), {'customer': {**CUSTOMER['customer'], 'tel': '0987654321'}})
    gone = send(stranger, make_address(works, 'gone'), CUSTOMER)

    assert answer.status_code in {202, 409}  # made anew, or refused as a double: never the record out of reach
    assert answer.status_code == 409 or contact(works, answer.json['uid'])['full_name'] == 'Lê Văn Tám'
    assert (gone.status_code, gone.json['errors'][0]['code']) == (409, 'HOK-E027')


def test_pages_of_connections_are_for_administrators_and_show_no_secret(small_works: Works) -> None:
    works = small_works
    works.publish(incoming(secret='shop_key'))
    admin, rep = works.site.client('admin', locale='vi'), works.site.client('rep')
    pages = ('/deliveries/', '/settings/secrets', '/settings/hooks', '/settings/messaging')
    token = re.search(r'name="csrf_token" value="([^"]+)"', admin.get('/settings/secrets').get_data(as_text=True))
    assert token is not None
    given = {'name': 'shop_key', 'text': 'kín-như-bưng', 'csrf_token': token[1]}
    saved = admin.post('/settings/secrets', data=given, follow_redirects=True).get_data(as_text=True)
    wrong = admin.post('/settings/secrets', data={**given, 'name': 'Tên Sai'})
    sms = {'provider': 'esms', 'sms.api_key': 'kín-như-bưng', 'csrf_token': token[1]}
    missing = admin.post('/settings/messaging', data=sms)
    whole = {**sms, 'sms.secret_key': 'kín-như-bưng', 'sms.brand': 'SENVANG', 'sms.kind': '2', 'sms.unicode': '0'}
    done = admin.post('/settings/messaging', data=whole)
    shown = [admin.get(page).get_data(as_text=True) for page in pages]

    assert [rep.get(page).status_code for page in pages] == [403] * 4
    assert ('shop_key' in saved, wrong.status_code, missing.status_code, done.status_code) == (True, 422, 422, 303)
    assert not any('kín-như-bưng' in page for page in (saved, *shown))
    assert 'SENVANG' in shown[3]
    assert 'from_shop' in shown[1]  # who uses the secret
    [kept] = [row for row in works.rows(audit_entry) if row.kind == 'provider_changed']
    assert (kept.subject, 'kín' in str(kept.params)) == ('sms', False)
    removed = admin.post('/settings/secrets/shop_key/remove', data={'csrf_token': token[1]})
    assert removed.status_code == 303
    assert 'shop_key' not in admin.get('/settings/secrets').get_data(as_text=True).partition('<form')[0]
