"""`trellis events` tells a person's open page at once, nobody without a fresh token, and survives without Redis."""

from __future__ import annotations

import os
import socket
import urllib.error
import urllib.request
from http.client import HTTPResponse
from pathlib import Path

import pytest

from modules.notices import stream
from modules.notices.service import Notice, tell
from modules.ops.up import EVENTS, events_ports
from tests.support.daemons import running
from tests.support.databases import Databases
from tests.support.site import Site, copied_site
from tests.support.waiting import free_port, wait_for

WORDS = {'en': 'Survey starts in 30 minutes', 'vi': 'Khảo sát bắt đầu sau 30 phút'}


def open_stream(port: int, token: str) -> HTTPResponse:
    return urllib.request.urlopen(f'http://127.0.0.1:{port}/?token={token}', timeout=60)  # type: ignore[no-any-return]


def first_word(found: HTTPResponse) -> bytes:
    """The first event of a stream, greetings left out."""
    while not (line := found.readline()).startswith(b'event:'):
        assert line, 'the stream ended'
    return line.strip()


def say(site: Site, username: str, key: str) -> None:
    with site.runtime.database.session() as session:
        told = Notice('reminder', WORDS)
        tell(session, [site.actor(username).user_id or 0], told, key=key, now=site.runtime.clock.now())
    site.runtime.nudge()


def test_open_page_is_told_at_once_and_nobody_else(databases: Databases, tmp_path: Path) -> None:
    used = 'redis://127.0.0.1:1/0'
    with (
        copied_site(databases, 'sqlite', tmp_path / 'home', redis_url=used) as site,
        socket.create_server(('127.0.0.1', 0)) as held,  # another program has the port that pages know
    ):
        port, wished, settings = free_port(), held.getsockname()[1], site.runtime.settings
        environ = {**os.environ, 'TRELLIS_HOME': str(settings.home), 'TRELLIS_DATABASE_URL': settings.database_url,
                   'TRELLIS_REDIS_URL': used, 'TRELLIS_SECRET_KEY': settings.secret_key}  # fmt: skip
        command = [*EVENTS, *events_ports(wished, port)]
        with running(command, tmp_path / 'events.log', env=environ) as events:
            wait_for(lambda: _answers(port), 'the events process')
            token = site.client('rep').get('/notices/stream-token').get_json()['token']
            say(site, 'rep', 'before')

            with pytest.raises(urllib.error.HTTPError, match='403'):
                open_stream(port, f'{token}x')
            for _page in range(30):  # more than one person may have open: each that is left gives its place free
                open_stream(port, token).close()
            with open_stream(port, token) as mine:
                say(site, 'rep2', 'another')
                say(site, 'rep', 'now')
                word = first_word(mine)
            held.close()
            wait_for(lambda: _answers(wished), 'the port that was let go')
            with open_stream(wished, token) as other:
                say(site, 'rep', 'later')
                assert first_word(other) == word
                events.terminate()
                ended = events.wait(60)

            person = site.actor('rep').user_id

    assert word == b'event: look'
    assert (ended, 'Traceback' in (tmp_path / 'events.log').read_text()) == (0, False)
    assert stream.read(settings.secret_key, token) == person
    assert stream.read('another-secret-key-for-tests', token) is None


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f'http://127.0.0.1:{port}/healthz', timeout=10) as found:
            return bool(found.read() == b'ok\n')
    except OSError:
        return False
