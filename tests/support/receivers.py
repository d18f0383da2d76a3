"""Servers of other people: real ones on this machine that answer as they are told, or not at all."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """`silent`: the connection stays open and nothing is said; `hangs_up`: it is closed without a word."""

    status: int = 200
    body: bytes = b'{}'
    headers: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    hangs_up: bool = False

    @classmethod
    def of(cls, content: Any, status: int = 200) -> Reply:
        return cls(status, json.dumps(content).encode(), {'Content-Type': 'application/json'})


@dataclass
class Receiver:
    """Keeps what it was asked. `answers` decides; by default all is well."""

    url: str
    host: str
    asked: list[Asked] = field(default_factory=list)
    answers: Callable[[Asked], Reply] = lambda _asked: Reply()
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def receiving(host: str = '127.0.0.1') -> Iterator[Receiver]:
    """A server on an address of this machine."""
    known: list[Receiver] = []

    class Handler(BaseHTTPRequestHandler):
        def _meet(self) -> None:
            length = int(self.headers.get('Content-Length') or 0)
            asked = Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, self.rfile.read(length))
            known[0].asked.append(asked)
            reply = known[0].answers(asked)
            if reply.silent:
                known[0].over.wait(30)
                return
            if reply.hangs_up:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in {'Content-Length': str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(reply.body)
            except OSError:
                self.close_connection = True  # who asked has heard enough

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _meet

        def log_message(self, *_given: Any) -> None:
            """Tests look at `asked`."""

    server = ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    known.append(Receiver(f'http://{host}:{server.server_port}', f'{host}:{server.server_port}'))
    try:
        yield known[0]
    finally:
        known[0].over.set()
        server.shutdown()
        thread.join()
        server.server_close()
