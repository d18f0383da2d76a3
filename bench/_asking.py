"""Asks pages over HTTP for `bench.screens`: sites served as `trellis web` does, and medians of what each page takes."""

from __future__ import annotations

import os
import re
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path

import psutil

from modules.ops.up import responds
from tests.support.daemons import require_alive, running
from tests.support.waiting import free_port, wait_for

ROUNDS, WARM = 30, 8
SLOW_MS, SELDOM = 500, 10
"""What takes longer than that, such as a floor that looks at every row, is asked in every tenth turn alone."""
TIMING = re.compile(r'(\w+);dur=([\d.]+)')


@dataclass(frozen=True)
class Asked:
    """Medians of one page of one site. `server` and `wall` in milliseconds, `cpu` of all web processes; `bytes` packed."""

    server: float
    wall: float
    cpu: float
    statements: int
    bytes: int


@contextmanager
def gunicorn(application: str, log: Path, environ: Mapping[str, str]) -> Iterator[tuple[str, psutil.Process]]:
    """Two processes of four threads, as `trellis web` has them: its address, and the process over them."""
    port = free_port()
    command = [
        sys.executable,
        '-m',
        'gunicorn',
        '--config',
        'python:modules.ops.gunicorn_conf',
        f'bench._served:{application}()',
    ]
    kept = {key: value for key, value in os.environ.items() if not key.startswith('TRELLIS_')}
    ours = {**kept, **environ, 'TRELLIS_BIND': f'127.0.0.1:{port}', 'TRELLIS_PORT': str(port)}
    with running(command, log, env=ours) as started:
        address = f'http://127.0.0.1:{port}'

        def ready() -> bool:
            require_alive(started, log)
            return responds(f'{address}/healthz')

        wait_for(ready, application, 60)
        yield address, psutil.Process(started.pid)


class Caller:
    """One open connection to one server, with a person's cookies."""

    def __init__(self, address: str, family: psutil.Process, cookie: str = '') -> None:
        self._connection = HTTPConnection(address.removeprefix('http://'), timeout=120)
        self._headers = {'Cookie': cookie, 'Accept-Encoding': 'gzip'}
        self._family = family

    def get(self, path: str, *, part: bool = False) -> tuple[float, int, dict[str, float]]:
        """Milliseconds, bytes, and what Server-Timing tells."""
        headers = {**self._headers, **({'HX-Request': 'true'} if part else {})}
        begun = time.perf_counter()
        try:
            self._connection.request('GET', path, headers=headers)
            answer = self._connection.getresponse()
        except RemoteDisconnected:  # servers close connections that rest, here while another side was slow
            self._connection.close()
            begun = time.perf_counter()
            self._connection.request('GET', path, headers=headers)
            answer = self._connection.getresponse()
        body = answer.read()
        taken = (time.perf_counter() - begun) * 1000
        if answer.status != 200:
            raise SystemExit(f'{path}: {answer.status} {body[:400]!r}')
        return taken, len(body), {name: float(value) for name, value in TIMING.findall(answer.getheader('Server-Timing', ''))}

    def cpu_seconds(self) -> float:
        """Of the server's processes so far."""
        times = [each.cpu_times() for each in self._family.children(recursive=True)]
        return sum(each.user + each.system for each in times)


def ask(asked: Sequence[tuple[Caller, str]], *, part: bool = False) -> list[Asked]:
    """The same page of several sites in turns, so that a busy machine slows all of them."""
    told: list[list[tuple[float, int, dict[str, float]]]] = [[] for _ in asked]
    spent = [0.0] * len(asked)
    for turn in range(ROUNDS + WARM):
        for number, (caller, path) in enumerate(asked):
            if turn == WARM:
                spent[number] = caller.cpu_seconds()
            if turn > WARM and turn % SELDOM and told[number][0][0] > SLOW_MS:
                continue
            answer = caller.get(path, part=part)
            if turn >= WARM:
                told[number].append(answer)
    return [
        Asked(
            server=statistics.median(timing.get('app', 0) for _taken, _size, timing in answers),
            wall=statistics.median(taken for taken, _size, _timing in answers),
            cpu=(caller.cpu_seconds() - begun) * 1000 / len(answers),
            statements=int(max(timing.get('sql', 0) for _taken, _size, timing in answers)),
            bytes=answers[-1][1],
        )
        for (caller, _path), answers, begun in zip(asked, told, spent, strict=True)
    ]
