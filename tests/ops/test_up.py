"""`trellis up` from the outside: a real Valkey, a real gunicorn, both roles, and a small application in app.py's place."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from tests.support.waiting import free_port, wait_for

ROOT = Path(__file__).resolve().parents[2]
TINY = Path(__file__).parent / 'tiny'


class Up:
    """One running `trellis up` with everything it has said."""

    def __init__(self, arguments: list[str], environ: dict[str, str]) -> None:
        self.lines: list[str] = []
        self.running = subprocess.Popen(
            [sys.executable, '-m', 'app', *arguments],
            cwd=TINY,
            env={**os.environ, 'PYTHONPATH': str(ROOT), **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.running.stdout is not None
        with self.running.stdout:
            self.lines.extend(line.rstrip('\n') for line in self.running.stdout)

    def said(self, pattern: str) -> str | None:
        found = re.search(pattern, '\n'.join(self.lines))
        return found[0] if found else None

    def wait_ready(self) -> None:
        wait_for(lambda: self.said('Ctrl-C stops everything') or self.running.poll() is not None, 'trellis up', 60)
        assert self.running.poll() is None, self.lines

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.running.pid).children(recursive=True)

    def stop(self) -> int:
        self.running.send_signal(signal.SIGINT)
        return self.end()

    def end(self) -> int:
        status = self.running.wait(timeout=60)
        self._reader.join()
        return status


StartUp = Callable[..., Up]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def start_up(tmp_path: Path, port: int) -> Iterator[StartUp]:
    """`start_up('--demo', HOME='…')` begins `trellis up` on this test's home and port."""
    with ExitStack() as stack:

        def start(*arguments: str, **environ: str) -> Up:
            given = {'TRELLIS_HOME': str(tmp_path / 'home'), 'TRELLIS_PORT': str(port), **environ}
            made = Up(['up', *arguments], given)
            stack.callback(made.end)
            stack.callback(made.running.kill)
            return made

        yield start


def fetch(port: int, path: str) -> str:
    with urllib.request.urlopen(f'http://127.0.0.1:{port}{path}', timeout=30) as answer:
        return str(answer.read().decode())


def test_first_start_tells_address_and_password_and_one_ctrl_c_ends_all(start_up: StartUp, port: int) -> None:
    up = start_up('--demo')
    up.wait_ready()
    family = up.family()
    ready, counted = json.loads(fetch(port, '/readyz')), fetch(port, '/metrics')

    status = up.stop()

    assert up.said(rf'Trellis is ready after \d+ s:  http://127\.0\.0\.1:{port}\b')
    assert up.said('Sign in as admin with the password  correct horse')
    assert up.said(r'Making the home \(demo: True\)')
    assert ready['ready'] is True
    assert 'trellis_http_requests_total{endpoint="ops.healthz",method="GET",status="200"}' in counted
    assert status == 0
    assert up.lines[-1] == 'Trellis has stopped; all records are kept.'
    assert [member for member in family if member.is_running()] == []
    assert len(family) >= 7  # guard, valkey, gunicorn with two workers, worker, scheduler


def test_second_start_keeps_the_queue_and_shows_no_password(start_up: StartUp) -> None:
    first = start_up()
    first.wait_ready()
    wait_for(lambda: first.said('started 2 times'), 'both roles')
    first.stop()

    second = start_up()
    second.wait_ready()
    wait_for(lambda: second.said('started 4 times'), 'both roles, counted on')
    second.stop()

    assert second.said('password') is None


def test_a_killed_role_and_a_killed_web_server_come_back(start_up: StartUp, port: int) -> None:
    up = start_up()
    up.wait_ready()
    wait_for(lambda: up.said('started 2 times'), 'both roles')
    for member in up.family():
        with suppress(psutil.Error):  # some end by themselves meanwhile
            if {'worker', 'app:create_app()'} & set(member.cmdline()) and member.ppid() == up.running.pid:
                member.kill()

    wait_for(lambda: up.said('started 3 times'), 'the role to run again')
    wait_for(lambda: up.said('web ended'), 'the end to be told')

    def back() -> bool:
        try:
            return fetch(port, '/healthz') == 'ok\n'
        except OSError:
            return False

    wait_for(back, 'the web server to answer again')
    assert up.stop() == 0


def test_everything_ends_when_up_itself_is_killed(start_up: StartUp) -> None:
    up = start_up()
    up.wait_ready()
    family = up.family()

    up.running.kill()

    wait_for(lambda: not any(member.is_running() for member in family), 'all children to end')


def test_a_port_in_use_gives_one_line(start_up: StartUp, port: int) -> None:
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', port))
        taken.listen()
        up = start_up()
        status = up.end()

    assert status == 1
    assert len(up.lines) == 1
    assert f'Port {port} is in use' in up.lines[0]
    assert f'--port {port + 1}' in up.lines[0]


def test_a_second_up_on_the_same_home_gives_one_line(start_up: StartUp) -> None:
    first = start_up()
    first.wait_ready()

    second = start_up('--port', str(free_port()))
    status = second.end()
    first.stop()

    assert status == 1
    assert len(second.lines) == 1
    assert f'already (process {first.running.pid}, http://127.0.0.1:' in second.lines[0]


def test_a_bad_variable_gives_one_line(start_up: StartUp) -> None:
    up = start_up(TRELLIS_DATABASE_URL='mysql://x')
    status = up.end()

    assert (status, len(up.lines)) == (1, 1)
    assert 'TRELLIS_DATABASE_URL: ' in up.lines[0]


def test_a_refusal_while_preparing_ends_what_had_begun(start_up: StartUp, tmp_path: Path) -> None:
    up = start_up(TINY_REFUSES='1')
    status = up.end()

    assert status == 1
    assert up.lines[-1] == 'Error: The database is of a newer Trellis: upgrade, then start again.'
    assert not (tmp_path / 'home' / 'valkey' / 'valkey.sock').exists()


def test_a_role_that_cannot_be_set_up_ends_the_start_with_one_reason(start_up: StartUp) -> None:
    up = start_up(TINY_HAS_NO='worker')
    status = up.end()

    assert status == 1
    assert up.lines[-1].startswith('Error: worker cannot start (3 tries; last words: ')
    assert up.said('Trellis is ready') is None


def test_doctor_tells_each_part_and_what_to_do(tmp_path: Path) -> None:
    environ = {**os.environ, 'PYTHONPATH': str(ROOT), 'TRELLIS_HOME': str(tmp_path)}
    (tmp_path / 'trellis.sqlite').touch()

    done = subprocess.run([sys.executable, '-m', 'app', 'doctor'], cwd=TINY, env=environ, capture_output=True, text=True)

    lines = {line.split(':')[0]: line for line in done.stdout.splitlines()}
    assert done.returncode == 1
    assert 'ok       database' in lines
    assert lines['problem  redis'].endswith(
        'the embedded Valkey runs only while `trellis up` does: start that, or set TRELLIS_REDIS_URL'
    )
