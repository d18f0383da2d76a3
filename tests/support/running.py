"""A Trellis that runs as its users run it: a home and a port of its own, `trellis up` or its parts, commands, API clients."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiosmtpd.controller import Controller

from modules.ops.up import responds
from tests.support import forking
from tests.support.daemons import forked, require_alive
from tests.support.servers import SmtpServer
from tests.support.waiting import free_port, wait_for

PASSWORD = 'correct horse battery'
THINK_SECONDS = 0.03  # between one round of requests and the next
TROUBLE = ('Traceback', ' ERROR ', 'CRITICAL', 'it starts again')


@dataclass
class Installation:
    """`environ` is what the operator set, beside the test's own surroundings."""

    home: Path
    port: int
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f'http://127.0.0.1:{self.port}'

    @property
    def surroundings(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith('TRELLIS_')}
        given = {'TRELLIS_HOME': str(self.home), 'TRELLIS_PORT': str(self.port), 'TRELLIS_ADMIN_PASSWORD': PASSWORD}
        return {**kept, **given, **self.environ}

    def log(self, name: str) -> Path:
        return self.home.parent / f'{self.home.name}-{name}.log'

    def troubles(self) -> list[str]:
        """Lines of the servers' logs that no story should cause."""
        logs = self.home.parent.glob(f'{self.home.name}-*.log')
        return [line for path in logs for line in path.read_text().splitlines() if any(sign in line for sign in TROUBLE)]

    def call(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """One `trellis …` to its end."""
        return forking.run(['app', *map(str, arguments)], env=self.surroundings)

    def script(self, *arguments: str) -> str:
        """What the installed `trellis …` says, begun as people begin it; that takes seconds, so do it once."""
        command = [Path(sys.executable).with_name('trellis'), *arguments]
        done = subprocess.run(command, cwd=self.home.parent, env=self.surroundings, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout

    def trellis(self, *arguments: str | Path) -> str:
        """What a `trellis …` that ends well says."""
        done = self.call(*arguments)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout

    @contextmanager
    def part(self, name: str, *arguments: str, **environ: str) -> Iterator[forking.Fork]:
        """One process of the installation, such as `web` or `worker`; it is ready for nothing yet."""
        label = environ.pop('label', name)
        with forked(['app', name, *arguments], self.log(label), {**self.surroundings, **environ}) as started:
            yield started

    @contextmanager
    def up(self, *arguments: str) -> Iterator[None]:
        """`trellis up`, until it says that it is ready."""
        with self.part('up', '--port', str(self.port), *arguments) as started:

            def ready() -> bool:
                require_alive(started, self.log('up'))
                return 'Trellis is ready' in self.log('up').read_text()

            wait_for(ready, 'trellis up', 240)
            yield

    @contextmanager
    def web(self, port: int) -> Iterator[str]:
        """One more web server on a port of its own; its address."""
        address, label = f'http://127.0.0.1:{port}', f'web{port}'
        with self.part('web', '--port', str(port), label=label) as started:

            def ready() -> bool:
                require_alive(started, self.log(label))
                return responds(f'{address}/healthz')

            wait_for(ready, 'the web server', 60)
            yield address

    def token(self, username: str) -> str:
        return self.trellis('token', 'create', username, '--name', 'tests').strip()


class Client:
    """A person at the API with a token; every answer's status is kept. One connection, open between `send`s: for one thread."""

    def __init__(self, address: str, token: str) -> None:
        self.connection = HTTPConnection(address.removeprefix('http://'), timeout=60)
        self.headers = {'Authorization': f'Bearer {token}', 'Content-Type': 'application/json'}
        self.statuses: list[int] = []
        self.failures: list[str] = []

    def send(self, method: str, path: str, body: Any = None, expected: tuple[int, ...] = (200, 201)) -> Any:
        """The answer's JSON. What is not expected is remembered in `failures`."""
        sent = None if body is None else json.dumps(body)
        try:
            self.connection.request(method, quote(f'/api/v1{path}', safe='/?&=:(),'), sent, self.headers)
            answer = self.connection.getresponse()
        except (OSError, HTTPException) as error:
            self.connection.close()
            self.failures.append(f'{method} {path}: {error!r}')
            return {}
        text = answer.read().decode()
        self.statuses.append(answer.status)
        if answer.status not in expected:
            self.failures.append(f'{method} {path}: {answer.status} {text[:300]}')
        return json.loads(text)

    def need(self, method: str, path: str, body: Any = None, expected: tuple[int, ...] = (200, 201)) -> Any:
        """The same; fails at once when the status is another, and leaves no connection open."""
        known = len(self.failures)
        answer = self.send(method, path, body, expected)
        self.connection.close()
        assert not self.failures[known:], self.failures[known:]
        return answer


class Traffic:
    """People who go on reading and writing contacts until told to stop, each in a thread and on a connection of their own."""

    def __init__(self, clients: list[Client], uids: list[str]) -> None:
        self.clients, self.uids = clients, uids
        self.seen: list[set[str]] = [set() for _ in clients]
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._talk, args=(number,)) for number in range(len(clients))]

    @property
    def requests(self) -> int:
        return sum(len(client.statuses) for client in self.clients)

    @property
    def failures(self) -> list[str]:
        return [failure for client in self.clients for failure in client.failures]

    def _talk(self, number: int) -> None:
        client, uid, turn = self.clients[number], self.uids[number], 0
        while not self._stop.is_set():
            turn += 1
            client.send('PUT', f'/contact/{uid}', {'job_title': f'{number}-{turn}'})
            found = client.send('GET', f'/contact/{uid}').get('result', {})
            if found.get('job_title') != f'{number}-{turn}':
                client.failures.append(f'{uid} holds {found.get("job_title")!r} after {number}-{turn} was written')
            self.seen[number] |= set(found)
            client.send('GET', '/contact/?page_size=5')
            self._stop.wait(THINK_SECONDS)
        client.connection.close()

    @contextmanager
    def flowing(self) -> Iterator[Traffic]:
        """Runs while the block runs, and at least until every client has been answered three times on either side."""
        for thread in self._threads:
            thread.start()
        try:
            self.wait_more(9)
            yield self
            self.wait_more(9)
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()

    def wait_more(self, count: int) -> None:
        """Until each client had `count` more answers, or one failed."""
        begun = [len(client.statuses) for client in self.clients]

        def moved() -> bool:
            now = [len(client.statuses) for client in self.clients]
            return bool(self.failures) or all(late - early >= count for early, late in zip(begun, now, strict=True))

        wait_for(moved, 'the traffic to flow', 60)


@contextmanager
def mail_server() -> Iterator[SmtpServer]:
    """An SMTP server for as long as one wants."""
    server = SmtpServer('127.0.0.1', free_port())
    controller = Controller(server, hostname=server.host, port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@contextmanager
def demonstration(home: Path, **environ: str) -> Iterator[Installation]:
    """`trellis up --demo` in a new home."""
    with ExitStack() as stack:
        made = Installation(home, free_port(), environ)
        stack.enter_context(made.up('--demo'))
        yield made
