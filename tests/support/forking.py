"""Commands as forks of a process that has loaded Trellis once: real processes with surroundings and exit codes of their own.

`start(['app', 'worker'], …)` is `python -m app worker` without the seconds that loading takes. A test session has one such
process; it ends with the session, because the connection to it does.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

import app

ROOT = Path(__file__).resolve().parents[2]
LOADED = app.__name__
"""What a fork need not load again."""
LENGTH_BYTES = 4
STREAMS = 3


class Fork:
    """A started command; it is asked as a `subprocess.Popen` is."""

    def __init__(self, arguments: Sequence[str], pid: int, status: int) -> None:
        self.args, self.pid = list(arguments), pid
        self.returncode: int | None = None
        self._status = status

    def poll(self) -> int | None:
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _look(self, seconds: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], seconds)[0]:
            said = os.read(self._status, 16)
            os.close(self._status)
            self.returncode = int(said) if said else -signal.SIGKILL  # nobody is left to tell: all were killed together
        return self.returncode


class Nursery:
    """The tests' end of the process that forks."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair()
        self._lock = threading.Lock()
        with theirs:
            self._loaded = subprocess.Popen(
                [sys.executable, '-m', __spec__.name, str(theirs.fileno())],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def start(self, arguments: Sequence[str], streams: Sequence[int], env: Mapping[str, str]) -> Fork:
        """`python -m arguments…` from the root of the project, in a session of its own."""
        wish = json.dumps({'arguments': list(arguments), 'env': dict(env)}).encode()
        told, status = os.pipe()
        with self._lock:
            socket.send_fds(self._line, [len(wish).to_bytes(LENGTH_BYTES, 'big')], [*streams, status])
            os.close(status)
            self._line.sendall(wish)
            return Fork(arguments, int(self._line.recv(16)), told)

    def close(self) -> None:
        self._line.close()
        self._loaded.wait()


@cache
def nursery() -> Nursery:
    """This session's, made when it is first needed."""
    made = Nursery()
    atexit.register(made.close)
    return made


def start(arguments: Sequence[str], *, stdout: IO[Any], stderr: IO[Any], env: Mapping[str, str]) -> Fork:
    """Begin `python -m arguments…` with nothing to read."""
    with open(os.devnull) as nothing:
        return nursery().start(arguments, [each.fileno() for each in (nothing, stdout, stderr)], env)


def run(arguments: Sequence[str], *, env: Mapping[str, str], timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """`python -m arguments…` to its end, and what it said. Raises: TimeoutExpired, when it was killed for that."""
    with tempfile.TemporaryFile('w+', encoding='utf-8') as out, tempfile.TemporaryFile('w+', encoding='utf-8') as err:
        started = start(arguments, stdout=out, stderr=err, env=env)
        try:
            status = started.wait(timeout)
        except subprocess.TimeoutExpired:
            started.kill()
            raise
        for stream in (out, err):
            stream.seek(0)
        return subprocess.CompletedProcess(started.args, status, out.read(), err.read())


def _nurse(line: socket.socket) -> list[str]:
    """Fork for each wish, and tell how forks ended. Comes back in a fork alone, with what to run there."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    statuses: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([line, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _tell_ends(statuses)
        if line not in ready:
            continue
        head, given, _, _ = socket.recv_fds(line, LENGTH_BYTES, STREAMS + 1)
        if not head:
            _end_all(statuses)
        wish = json.loads(_received(line, int.from_bytes(head, 'big')))
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            line.close()
            _become(wish['env'], given, [woken, wake, *statuses.values()])
            return list(wish['arguments'])
        statuses[pid] = given[STREAMS]
        for stream in given[:STREAMS]:
            os.close(stream)
        line.sendall(str(pid).encode())


def _received(line: socket.socket, length: int) -> bytes:
    taken = b''
    while len(taken) < length:
        taken += line.recv(length - len(taken))
    return taken


def _tell_ends(statuses: dict[int, int]) -> None:
    while statuses:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        told = statuses.pop(pid)
        with suppress(BrokenPipeError):
            os.write(told, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(told)


def _end_all(statuses: dict[int, int]) -> None:
    for pid in statuses:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    os._exit(0)


def _become(env: Mapping[str, str], given: list[int], foreign: list[int]) -> None:
    """Take on the surroundings of a command of its own."""
    os.setsid()
    for number, stream in enumerate(given[:STREAMS]):
        os.dup2(stream, number)
    for each in (*given, *foreign):
        os.close(each)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()


if __name__ == '__main__':
    gc.collect()
    gc.freeze()
    sys.argv = _nurse(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)
