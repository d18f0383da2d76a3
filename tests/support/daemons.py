"""Starts a real server for a test session and makes sure that it ends with it, however the session ends."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from modules.ops.leash import Leash, end_families
from tests.support import forking

Server = subprocess.Popen[bytes] | forking.Fork


@contextmanager
def running(command: list[str], log: Path, **popen: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A server in a group of its own, its output in a file."""
    with log.open('ab') as output:
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True, **popen
        )
    with _held(server):
        yield server


@contextmanager
def forked(arguments: list[str], log: Path, env: Mapping[str, str]) -> Iterator[forking.Fork]:
    """The same for `python -m arguments…`, quickly."""
    with log.open('ab') as output:
        server = forking.start(arguments, stdout=output, stderr=output, env=env)
    with _held(server):
        yield server


@contextmanager
def _held(server: Server) -> Iterator[None]:
    """Let it end with the block, or with this process."""
    leash = Leash()
    leash.hold(server.pid)
    try:
        yield
    finally:
        end_families([server.pid], 5)
        server.wait()
        leash.release(server.pid)
        leash.close()


def require_alive(server: Server, log: Path) -> None:
    """Fail with the server's own words when it has ended."""
    if server.poll() is not None:
        raise AssertionError(f'{server.args} ended with {server.returncode}:\n{log.read_text(errors="replace")[-2000:]}')
