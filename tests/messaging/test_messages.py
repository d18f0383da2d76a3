"""SMS and Zalo messages, against real servers that speak the providers' protocols."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest

from modules.hooks.secrets import read_own
from modules.hooks.service import send_again
from modules.hooks.tables import delivery
from modules.messaging import renewing
from modules.messaging.phones import mobile_digits
from modules.messaging.service import messages_of, read_provider, save_provider
from modules.web.outgoing import Manner
from schema.base.errors import Invalid
from schema.base.sealing import NAMED_SECRETS, Seal
from tests.support.receivers import Asked, Receiver, Reply
from tests.support.works import Works

CONTACT = {'full_name': 'Lê Văn Tám', 'email': 'tam@congty.vn', 'phone': '0912 345 678'}
TO = {'to': {'field': 'phone'}, 'any_time': True}


def texting(**step: Any) -> dict[str, Any]:
    text = {'vi': 'Chao {{ record.full_name }}', 'en': 'Hello {{ record.full_name }}'}
    return {
        'x-key': 'greet',
        'trigger': {'type': 'created'},
        'steps': [{'key': 'sms', 'type': 'send_sms', 'text': text, **TO, **step}],
    }


def zalo() -> dict[str, Any]:
    step = {
        'key': 'zns',
        'type': 'send_zns',
        'template_id': '334455',
        'params': {'name': {'from': 'full_name'}, 'shop': 'Sen'},
        **TO,
    }
    return {'x-key': 'greet_zalo', 'trigger': {'type': 'created'}, 'steps': [step]}


def provide(works: Works, key: str, **given: str) -> int:
    runtime = works.site.runtime
    with runtime.database.session() as session:
        actor, seal = works.site.actor('admin'), Seal(runtime.settings.secret_key, NAMED_SECRETS)
        return save_provider(session, seal, key, given, actor=actor, now=works.clock.now())


def esms(works: Works, there: Receiver) -> int:
    return provide(works, 'esms', api_key='A', secret_key='S', brand='SENVANG', address=f'{there.url}/sms')


def speedsms(works: Works, there: Receiver) -> int:
    return provide(works, 'speedsms', token='T', sender='SENVANG', address=f'{there.url}/sms')


def with_zalo(works: Works, there: Receiver) -> int:
    return provide(
        works, 'zalo', app_id='42', app_secret='shh', refresh_token='r0', access_token='a0', address=f'{there.url}/zns',
        token_address=f'{there.url}/token',
    )  # fmt: skip


def state(works: Works) -> tuple[str, str | None]:
    row = works.deliveries[0]
    return row.state, row.error and row.error['code']


def test_an_sms_waits_for_a_provider_and_then_goes_out_once(works: Works, there: Receiver) -> None:
    there.answers = lambda _asked: Reply.of({'CodeResult': '100', 'SMSID': 'm-1'})
    works.publish(texting())
    uid = works.site.create('rep', 'contact', **CONTACT)
    works.run()

    waits = (works.deliver(), state(works))
    freed = esms(works, there)
    sent = (works.deliver(), works.deliver(), state(works))

    assert waits == (0, ('held', 'MSG-E001'))
    assert (freed, sent) == (1, (1, 0, ('sent', None)))
    [asked] = there.asked
    row = works.deliveries[0]
    assert asked.json == {
        'ApiKey': 'A', 'SecretKey': 'S', 'Content': 'Hello Lê Văn Tám', 'Phone': '84912345678', 'Brandname': 'SENVANG',
        'SmsType': '2', 'IsUnicode': '0', 'RequestId': f'{row.id}-0',
    }  # fmt: skip
    entity = works.site.runtime.catalogs.current().entity('contact')
    with works.site.runtime.database.reading() as connection:
        [told] = messages_of(connection, entity.ref, uid)
    assert (told.channel, told.to, told.text, told.state) == ('sms', '+84912345678', 'Hello Lê Văn Tám', 'sent')
    assert "'S'" not in str(works.deliveries)


def met_by(works: Works, there: Receiver, replies: dict[str, Reply]) -> dict[str, tuple[str, str | None]]:
    """What becomes of one message after each answer."""
    met = {}
    for name, reply in replies.items():
        there.answers = lambda _asked, reply=reply: reply  # type: ignore[misc]
        works.site.create('rep', 'contact', full_name=name, email=f'{name}@congty.vn', phone='0912345678')
        works.run()
        works.deliver()
        row = works.deliveries[-1]
        met[name] = (row.state, row.error and row.error['code'])
        with works.site.runtime.database.writing() as connection:
            connection.execute(delivery.delete())
    return met


def test_what_esms_says(small_works: Works, there: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewing, 'MANNER', Manner(hops=0, largest=64_000, cut=True, seconds=0.5))
    esms(small_works, there)
    small_works.publish(texting())
    replies = {
        'refused': Reply.of({'CodeResult': '104', 'ErrorMessage': 'Brandname does not exist'}),
        'balance': Reply.of({'CodeResult': '103', 'ErrorMessage': 'Not enough balance'}),
        'repeated': Reply.of({'CodeResult': '124', 'SMSID': 'm-0'}), 'gateway': Reply(502, b'<html>'),
        'list': Reply(200, b'[]'), 'never': Reply(silent=True), 'stranger': Reply(401, b''),
    }  # fmt: skip

    assert met_by(small_works, there, replies) == {
        'refused': ('failed', 'MSG-E005'), 'balance': ('new', 'MSG-E006'), 'repeated': ('sent', None),
        'gateway': ('new', 'MSG-E008'), 'list': ('new', 'MSG-E008'), 'never': ('new', 'MSG-E008'),
        'stranger': ('failed', 'MSG-E005'),
    }  # fmt: skip


def test_a_provider_that_tells_repeats_is_asked_again_under_the_same_key_until_it_may_have_forgotten(
    small_works: Works, there: Receiver
) -> None:
    there.answers = lambda _asked: Reply(hangs_up=True)
    esms(small_works, there)
    small_works.publish(texting())
    small_works.site.create('rep', 'contact', **CONTACT)
    small_works.run()

    for _attempt in range(2):
        small_works.deliver()
        small_works.later(hours=1)
    small_works.later(hours=19)
    small_works.deliver()

    assert len({asked.json['RequestId'] for asked in there.asked}) == 1
    assert (len(there.asked), state(small_works)) == (3, ('uncertain', 'MSG-E008'))


def test_a_provider_that_knows_no_repeats_is_never_asked_twice_of_itself(works: Works, there: Receiver) -> None:
    there.answers = lambda _asked: Reply(hangs_up=True)
    speedsms(works, there)
    works.publish(texting())
    works.site.create('rep', 'contact', **CONTACT)
    works.run()

    works.deliver()
    first = state(works)
    works.later(days=2)
    asked_again = works.deliver()
    there.answers = lambda _asked: Reply.of({'status': 'success', 'code': '00', 'data': {'tranId': 7, 'invalidPhone': []}})
    with works.site.runtime.database.session() as session:
        send_again(session, works.deliveries[0].id, works.clock.now())

    assert (first, asked_again, len(there.asked)) == (('uncertain', 'MSG-E008'), 0, 1)
    assert (works.deliver(), state(works)) == (1, ('sent', None))
    assert there.asked[1].headers['authorization'] == f'Basic {b64encode(b"T:x").decode()}'
    assert there.asked[1].json['to'] == ['84912345678']


def test_what_was_not_even_connected_is_tried_again(small_works: Works, there: Receiver) -> None:
    provide(small_works, 'speedsms', token='T', address='http://127.0.0.1:9/sms')
    small_works.publish(texting())
    small_works.site.create('rep', 'contact', **CONTACT)
    small_works.run()

    small_works.deliver()

    assert state(small_works) == ('new', 'MSG-E007')


def test_a_killed_worker_leaves_a_message_uncertain(small_works: Works, there: Receiver) -> None:
    speedsms(small_works, there)
    small_works.publish(texting())
    small_works.site.create('rep', 'contact', **CONTACT)
    small_works.run()
    lost = {'state': 'claimed', 'claimed_by': 'dead', 'lease_until': small_works.clock.now(), 'repeatable': False}
    with small_works.site.runtime.database.writing() as connection:
        connection.execute(delivery.update().values(lost))
    small_works.later(seconds=1)

    small_works.deliver()

    assert (state(small_works), there.asked) == (('uncertain', 'HOK-E014'), [])


def zalo_server(good: list[str], renewals: list[Any]) -> Callable[[Asked], Reply]:
    """Takes messages with an access token of `good`; each refresh token is answered once with the next of `renewals`."""

    def answer(asked: Asked) -> Reply:
        if asked.path == '/token':
            return Reply.of(renewals.pop(0))
        if asked.headers['access_token'] not in good:
            return Reply.of({'error': -124, 'message': 'Access token invalid'})
        return Reply.of({'error': 0, 'message': 'Success', 'data': {'msg_id': 'z1', 'quota': {'remainingQuota': '499'}}})

    return answer


def test_an_expired_zalo_token_is_renewed_once_and_kept(works: Works, there: Receiver) -> None:
    there.answers = zalo_server(['a1'], [{'access_token': 'a1', 'refresh_token': 'r1', 'expires_in': '90000'}])
    with_zalo(works, there)
    works.publish(zalo())
    for name in ('Lê Văn Tám', 'Trần An', 'Vũ Ba'):
        works.site.create('rep', 'contact', full_name=name, phone='0912345678', email=f'{len(name)}@congty.vn')
    works.run()

    works.deliver()
    works.later(minutes=2)
    works.deliver()

    assert [row.state for row in works.deliveries] == ['sent'] * 3
    renewals = [asked for asked in there.asked if asked.path == '/token']
    assert [(parse_qs(each.body.decode()), each.headers['secret_key']) for each in renewals] == [
        ({'refresh_token': ['r0'], 'app_id': ['42'], 'grant_type': ['refresh_token']}, 'shh')
    ]
    sent = [asked for asked in there.asked if asked.path == '/zns' and asked.headers['access_token'] == 'a1']
    assert [(each.json['phone'], each.json['template_id']) for each in sent] == [('84912345678', '334455')] * 3
    assert sorted(each.json['template_data']['name'] for each in sent) == ['Lê Văn Tám', 'Trần An', 'Vũ Ba']
    runtime = works.site.runtime
    with runtime.database.reading() as connection:
        kept = read_own(connection, Seal(runtime.settings.secret_key, NAMED_SECRETS), 'zns.')
    assert (kept['access_token'], kept['refresh_token']) == ('a1', 'r1')


def test_refused_tokens_hold_all_messages_until_a_person_puts_in_new_ones(works: Works, there: Receiver) -> None:
    there.answers = zalo_server(['a9'], [{'error': -14014, 'error_name': 'Invalid refresh token.'}])
    with_zalo(works, there)
    works.publish(zalo())
    works.site.create('rep', 'contact', **CONTACT)
    works.run()

    works.deliver()
    works.later(minutes=1)
    works.deliver()
    held, asked = state(works), len(there.asked)
    with works.site.runtime.database.reading() as connection:
        chosen = read_provider(connection, 'zns')
    there.answers = zalo_server(['a9'], [{'access_token': 'a9', 'refresh_token': 'r9', 'expires_in': '90000'}])
    freed = provide(
        works, 'zalo', app_id='42', refresh_token='r8', address=f'{there.url}/zns', token_address=f'{there.url}/token'
    )

    assert (held, asked, chosen and chosen.problem and chosen.problem.code) == (('held', 'MSG-E009'), 2, 'MSG-E009')
    assert (freed, works.deliver(), state(works)) == (1, 1, ('sent', None))


def test_what_zalo_says(small_works: Works, there: Receiver) -> None:
    with_zalo(small_works, there)
    small_works.publish(zalo())
    replies = {
        'account': Reply.of({'error': -118, 'message': 'Zalo account not existed'}),
        'quota': Reply.of({'error': -144, 'message': 'OA has exceeded the daily limit'}),
        'month': Reply.of({'error': -1441, 'message': 'Monthly promotion quota exceeded'}),
        'night': Reply.of({'error': -133, 'message': 'Not at night'}), 'wordless': Reply.of({'nothing': 1}),
    }  # fmt: skip

    assert met_by(small_works, there, replies) == {
        'account': ('failed', 'MSG-E005'), 'quota': ('new', 'MSG-E006'), 'month': ('new', 'MSG-E006'),
        'night': ('new', 'MSG-E007'), 'wordless': ('uncertain', 'MSG-E008'),
    }  # fmt: skip


def test_what_speedsms_says(small_works: Works, there: Receiver) -> None:
    speedsms(small_works, there)
    small_works.publish(texting())
    taken = {'tranId': 7, 'totalSMS': 1, 'totalPrice': 250, 'invalidPhone': []}
    replies = {
        'taken': Reply.of({'status': 'success', 'code': '00', 'data': taken}),
        'number': Reply.of({'status': 'success', 'code': '00', 'data': {**taken, 'invalidPhone': ['84912345678']}}),
        'balance': Reply.of({'status': 'error', 'code': '300', 'message': 'not enough balance'}),
        'theirs': Reply.of({'status': 'error', 'code': '500', 'message': 'internal error'}),
        'codeless': Reply.of({'status': 'error', 'message': 'sender not found'}),
        'stranger': Reply(401, b''), 'gateway': Reply(502, b'<html>'),
    }  # fmt: skip

    assert met_by(small_works, there, replies) == {
        'taken': ('sent', None), 'number': ('failed', 'MSG-E005'), 'balance': ('new', 'MSG-E006'),
        'theirs': ('new', 'MSG-E007'), 'codeless': ('failed', 'MSG-E005'), 'stranger': ('failed', 'MSG-E005'),
        'gateway': ('uncertain', 'MSG-E008'),
    }  # fmt: skip


def test_only_mobile_numbers_are_written_to() -> None:
    spellings = ('0912345678', '+84 912 345 678', '84912345678', '+84912345678;ext=3')
    assert {mobile_digits(each) for each in spellings} == {'84912345678'}
    for landline in ('02438255555', '123', ''):
        with pytest.raises(Invalid):
            mobile_digits(landline)


def test_a_record_without_a_number_is_left_out_and_one_with_a_landline_says_so(small_works: Works) -> None:
    small_works.publish(texting())
    small_works.site.create('rep', 'contact', full_name='Không Số', email='khong@congty.vn')
    small_works.site.create('rep', 'contact', full_name='Máy Bàn', phone='024 3825 5555')

    small_works.run()

    assert sorted((run.state, run.error['code']) for run in small_works.runs) == [
        ('failed', 'MSG-E004'),
        ('skipped', 'MSG-W001'),
    ]
    assert small_works.deliveries == []
