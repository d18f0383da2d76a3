"""Calls to addresses that people typed reach the open internet alone, and what the operator allows."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, Response, redirect, request
from werkzeug.serving import make_server

from modules.web import outgoing
from modules.web.outgoing import Allowance, Answer, call, is_public
from schema.base.errors import Invalid, TrellisError, Unavailable

LOOPBACK = Allowance.of(['127.0.0.0/8'])
PRIVATE = (
    'http://127.0.0.1/', 'http://localhost:9/', 'http://[::1]/', 'http://0.0.0.0/', 'http://10.1.2.3/', 'http://192.168.0.1/',
    'http://172.16.5.4/', 'http://169.254.169.254/latest/meta-data', 'http://[fe80::1]/', 'http://[fd00::1]/', 'http://100.64.0.1/',
    'http://[::ffff:127.0.0.1]/', 'http://[::ffff:7f00:1]/', 'http://[64:ff9b::7f00:1]/', 'http://[2002:7f00:1::]/',
    'http://2130706433/', 'http://0x7f.1/', 'http://0177.0.0.1/', 'http://127.1/', 'http://224.0.0.1/', 'http://[::]/',
    'http://metadata.internal./', 'ftp://example.com/', 'file:///etc/passwd', 'http://user:secret@example.com/', 'http:///x',
    'gopher://127.0.0.1:6379/_x', 'http://example.com\\@127.0.0.1/', 'http://exa mple.com/', 'http://[::1', 'http://a:99999/',
    '',
)  # fmt: skip


@pytest.fixture
def there() -> Iterator[str]:
    """A server on this machine, which the tests allow."""
    app = Flask('there')
    seen: dict[str, Any] = {}

    def say() -> Any:
        seen.update(host=request.host, secret=request.headers.get('Authorization'), body=request.get_data(as_text=True))
        return seen

    def away() -> Any:
        return redirect(request.args['to'], int(request.args.get('code', 302)))

    def bomb() -> Response:
        return Response(gzip.compress(b'0' * 20_000_000), headers={'Content-Encoding': 'gzip'})

    app.add_url_rule('/', view_func=say, methods=['GET', 'POST'])
    app.add_url_rule('/away', view_func=away, methods=['GET', 'POST'])
    app.add_url_rule('/bomb', view_func=bomb)
    app.add_url_rule('/round', view_func=lambda: redirect('/round'), endpoint='round')
    server = make_server('127.0.0.1', 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f'http://127.0.0.1:{server.server_port}'
    server.shutdown()
    thread.join()
    server.server_close()


def refusal(url: str, allowance: Allowance) -> TrellisError:
    with pytest.raises((Invalid, Unavailable)) as refused:
        call('GET', url, allowance=allowance)
    return refused.value


@pytest.mark.parametrize('url', PRIVATE)
def test_no_spelling_of_a_private_address_is_called(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, '_ask', lambda *_given: pytest.fail('it was called'))

    told = refusal(url, Allowance()).findings[0]

    assert told.code in {'PRM-E070', 'PRM-E071'}  # the second where the name leads nowhere
    assert 'secret' not in told.text('en')


def test_open_addresses_are_open() -> None:
    assert all(is_public(ipaddress.ip_address(each)) for each in ('1.1.1.1', '2606:4700::1111', '::ffff:8.8.8.8'))


def test_an_allowed_address_is_called_and_each_redirect_checked_anew(there: str) -> None:
    port = there.rpartition(':')[2]

    said = call('POST', f'{there}/', allowance=LOOPBACK, body=b'hello', headers={'Authorization': 'secret'})
    led = call('POST', f'{there}/away?to=/&code=303', allowance=LOOPBACK, body=b'hello', headers={'Authorization': 'secret'})
    other = f'http://localhost:{port}/'
    named = call(
        'GET', f'{there}/away?to={other}', allowance=Allowance.of(['127.0.0.0/8', '::1']), headers={'Authorization': 'secret'}
    )

    assert b'"body":"hello"' in said.body.replace(b' ', b'')
    assert b'"secret":"secret"' in said.body.replace(b' ', b'')
    assert isinstance(led, Answer)
    assert (led.status, led.url, b'"body":""' in led.body.replace(b' ', b'')) == (200, f'{there}/', True)
    assert (b'"secret":null' in named.body.replace(b' ', b''), named.url) == (True, other)
    assert refusal(f'{there}/away?to=http://10.0.0.1/', LOOPBACK).findings[0].code == 'PRM-E070'
    assert refusal(f'{there}/away?to=file:///etc/passwd', LOOPBACK).findings[0].code == 'PRM-E070'
    assert refusal(f'{there}/round', LOOPBACK).findings[0].code == 'PRM-E071'


def test_a_name_that_changes_its_address_after_the_check_gains_nothing(there: str, monkeypatch: pytest.MonkeyPatch) -> None:
    port, asked = int(there.rpartition(':')[2]), []

    def rebinding(host: str, *rest: Any, **options: Any) -> Any:
        asked.append(host)
        address = '10.9.9.9' if asked.count('hook.example') > 1 else '127.0.0.1'
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, '', (address, port))]

    monkeypatch.setattr(outgoing.socket, 'getaddrinfo', rebinding)
    first = call('GET', f'http://hook.example:{port}/', allowance=LOOPBACK)

    assert f'"host":"hook.example:{port}"'.encode() in first.body.replace(b' ', b'')
    assert asked == ['hook.example', '127.0.0.1']  # the name once; the connection was made to the number that was checked
    assert refusal(f'http://hook.example:{port}/', LOOPBACK).findings[0].code == 'PRM-E070'


def test_a_small_answer_that_unpacks_to_a_large_one_is_given_up(there: str) -> None:
    told = refusal(f'{there}/bomb', LOOPBACK).findings[0]

    assert (told.code, told.params['reason']) == ('PRM-E071', 'too large an answer')
    assert refusal('http://127.0.0.1:1/', LOOPBACK).findings[0].code == 'PRM-E071'
