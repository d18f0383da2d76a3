"""The action `webhook` and its deliveries, against real servers that answer well, badly, too much or never."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from modules.hooks import calling, courier
from modules.hooks.service import send_again
from modules.hooks.tables import delivery
from modules.web.outgoing import Manner
from tests.support.receivers import Receiver, Reply
from tests.support.works import Works


def calling_out(url: str, **step: Any) -> dict[str, Any]:
    return {
        'x-key': 'tell_shop',
        'trigger': {'type': 'created'},
        'steps': [{'key': 'call', 'type': 'webhook', 'url': url, **step}],
    }


def person(works: Works, **wire: Any) -> str:
    return works.site.create('rep', 'contact', **{'full_name': 'Lê Văn Tám', 'email': 'tam@congty.vn', **wire})


def test_a_call_is_signed_and_arrives_once(works: Works, there: Receiver) -> None:
    works.secret('shop', 'whsec_' + b64encode(b'shared with the shop').decode())
    works.secret('shop_key', 'k-123')
    works.publish(calling_out(
        f'{there.url}/in', secret='shop',
        headers={'Authorization': {'secret': 'shop_key', 'prefix': 'Bearer '}, 'X-Shop': 'Sen'},
        values={'name': {'from': 'full_name'}, 'kind': 'new'},
    ))  # fmt: skip
    uid = person(works)
    works.run()
    row = works.deliveries[0]
    assert 'k-123' not in str(row) and 'shared' not in str(row)

    assert (works.deliver(), works.deliver()) == (1, 0)

    [asked] = there.asked
    told = asked.headers
    signed = hmac.new(
        b'shared with the shop', f'msg_{row.id}.{told["webhook-timestamp"]}.'.encode() + asked.body, sha256
    ).digest()
    assert (asked.method, asked.path, told['webhook-id'], told['webhook-signature']) == (
        'POST', '/in', f'msg_{row.id}', f'v1,{b64encode(signed).decode()}',
    )  # fmt: skip
    assert (told['authorization'], told['x-shop'], told['content-type']) == ('Bearer k-123', 'Sen', 'application/json')
    assert asked.json['type'] == 'tell_shop'
    assert asked.json['data'] == {
        'entity': 'contact', 'uid': uid, 'revision': 1, 'values': {'name': 'Lê Văn Tám', 'kind': 'new'},
    }  # fmt: skip
    after = works.deliveries[0]
    assert (after.state, after.attempts, after.record_uid, after.told['status']) == ('sent', 1, uid, 200)


def test_a_server_in_trouble_is_asked_again_later_with_the_same_id(works: Works, there: Receiver) -> None:
    there.answers = lambda _asked: Reply(500)
    works.publish(calling_out(there.url))
    person(works)
    works.run()

    works.deliver()
    first = works.deliveries[0]
    early = works.deliver()
    works.later(minutes=1)
    there.answers = lambda _asked: Reply(429, headers={'Retry-After': '600'})
    works.deliver()
    waits = works.deliveries[0]
    works.later(minutes=9)
    works.deliver()
    there.answers = lambda _asked: Reply(204, b'')
    works.later(minutes=5)
    works.deliver()

    assert (first.state, first.error['code'], early) == ('new', 'HOK-E009', 0)
    assert (waits.due_at - works.clock.now()).total_seconds() < 0
    assert [asked.headers['webhook-id'] for asked in there.asked] == [f'msg_{first.id}'] * 3
    assert len({asked.headers['webhook-timestamp'] for asked in there.asked}) == 3
    assert (works.deliveries[0].state, works.deliveries[0].attempts) == ('sent', 3)


def test_what_an_answer_means(small_works: Works, there: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, 'MANNER', Manner(hops=0, largest=calling.ANSWER_BYTES, cut=True, seconds=0.5))
    replies = {
        'missing': Reply(404), 'gone': Reply(410), 'unavailable': Reply(503), 'hangs-up': Reply(hangs_up=True),
        'never': Reply(silent=True), 'ten-megabytes': Reply(200, b'x' * 10_000_000),
    }  # fmt: skip
    there.answers = lambda asked: replies[asked.json['data']['values']['name']]
    small_works.publish(calling_out(there.url, values={'name': {'from': 'full_name'}}))
    for name in replies:
        person(small_works, full_name=name, email=f'{name}@congty.vn')
    small_works.run()

    small_works.deliver()

    names = {json.loads(row.request['body'])['data']['values']['name']: row for row in small_works.deliveries}
    assert {name: (row.state, row.error and row.error['code']) for name, row in names.items()} == {
        'missing': ('failed', 'HOK-E010'), 'gone': ('failed', 'HOK-E010'), 'unavailable': ('new', 'HOK-E009'),
        'hangs-up': ('new', 'HOK-E008'), 'never': ('new', 'HOK-E008'), 'ten-megabytes': ('sent', None),
    }  # fmt: skip
    assert len(there.asked) == 6
    assert len(names['ten-megabytes'].told['answer']) == calling.ANSWER_BYTES


@pytest.mark.parametrize('status', [302, 307])
def test_private_addresses_are_reached_neither_straight_nor_by_redirect(
    small_works: Works, there: Receiver, forbidden: Receiver, status: int
) -> None:
    there.answers = lambda _asked: Reply(status, headers={'Location': forbidden.url})
    small_works.publish(calling_out(there.url), {**calling_out(forbidden.url), 'x-key': 'straight'})
    person(small_works)
    small_works.run()

    small_works.deliver()

    told = {row.host: (row.state, row.error['code']) for row in small_works.deliveries}
    assert told == {there.host: ('failed', 'HOK-E011'), forbidden.host: ('failed', 'PRM-E070')}
    assert (len(there.asked), forbidden.asked) == (1, [])


def test_a_step_sends_only_what_its_person_may_read(small_works: Works, there: Receiver) -> None:
    documents = dict(small_works.site.runtime.catalogs.current().documents)
    role = documents['role', 'rep']
    fields = {**role.get('fields', {}), 'contact': {**role.get('fields', {}).get('contact', {}), 'phone': 'none'}}
    changed = {**documents, ('role', 'rep'): {**role, 'fields': fields}}
    small_works.go_live(changed)
    values = {'call': {'from': 'phone'}, 'name': {'from': 'full_name'}}
    small_works.publish(
        calling_out(f'{there.url}/whole'),
        {**calling_out(f'{there.url}/part', values=values), 'x-key': 'b', 'run_as': 'rep'},
        {**calling_out(f'{there.url}/own'), 'x-key': 'c', 'run_as': 'rep'},
    )
    small_works.site.create('admin', 'contact', full_name='Lê Văn Tám', phone='0912345678', owner='rep')
    small_works.run()
    small_works.deliver()

    told = {asked.path: asked.json['data']['values'] for asked in there.asked}
    assert told['/whole']['phone'] == '+84912345678'
    assert told['/part'] == {'call': None, 'name': 'Lê Văn Tám'}
    assert 'phone' not in told['/own'] and told['/own']['full_name'] == 'Lê Văn Tám'


def test_a_hanging_server_holds_up_no_other(small_works: Works, there: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, 'MANNER', Manner(hops=0, largest=100, cut=True, seconds=0.6))
    there.answers = lambda asked: Reply(silent=asked.path == '/slow')
    elsewhere = there.url.replace('127.0.0.1', 'localhost')
    small_works.publish(calling_out(f'{there.url}/slow'), {**calling_out(elsewhere), 'x-key': 'b'})
    settings = small_works.site.runtime.settings
    small_works.site.runtime.settings = replace(settings, outgoing_allow=('127.0.0.0/8', '::1'))
    for number in range(3):
        person(small_works, email=f'{number}@congty.vn', full_name=f'Người {number}')
    small_works.run()

    small_works.deliver()

    states = sorted((row.host.partition(':')[0], row.state) for row in small_works.deliveries)
    assert states == [('127.0.0.1', 'new')] * 3 + [('localhost', 'sent')] * 3
    assert [asked.path for asked in there.asked][-1] == '/slow'  # the third of the slow ones waited for the first two


def test_a_worker_that_vanished_leaves_nothing_lost_and_a_person_may_send_again(works: Works, there: Receiver) -> None:
    works.publish(calling_out(there.url))
    person(works)
    works.run()
    lost = {'state': 'claimed', 'claimed_by': 'dead', 'lease_until': works.clock.now(), 'repeatable': True, 'attempts': 1}
    with works.site.runtime.database.writing() as connection:
        connection.execute(delivery.update().values(lost))
    held = works.deliver()
    works.later(seconds=1)

    there.answers = lambda _asked: Reply(400)
    works.deliver()
    refused = works.deliveries[0].state
    with works.site.runtime.database.session() as session:
        send_again(session, works.deliveries[0].id, works.clock.now())
    there.answers = lambda _asked: Reply()

    assert (held, refused, works.deliver(), works.deliveries[0].state) == (0, 'failed', 1, 'sent')


def test_a_delivery_is_given_up_after_days(small_works: Works, there: Receiver) -> None:
    there.answers = lambda _asked: Reply(500)
    small_works.publish(calling_out(there.url))
    person(small_works)
    small_works.run()

    small_works.later(days=courier.GIVE_UP.days)
    small_works.deliver()

    row = small_works.deliveries[0]
    assert (row.state, row.error['code']) == ('failed', 'HOK-E013')


def test_a_step_whose_secret_is_gone_fails_and_says_so(small_works: Works, there: Receiver) -> None:
    small_works.publish(calling_out(there.url, secret='nowhere'))
    person(small_works)

    small_works.run()

    assert [(run.state, run.error['code']) for run in small_works.runs] == [('failed', 'HOK-E001')]
    assert small_works.deliveries == []
