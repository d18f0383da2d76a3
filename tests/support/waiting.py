"""Waits for a state, never for a time; and finds free ports."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar('T')


def wait_for(probe: Callable[[], T], what: str, seconds: float = 60.0) -> T:
    """The first truthy answer of `probe`, asked again and again. Fails naming what was awaited and the last answer."""
    deadline = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f'waited {seconds:g} s for {what}; the last answer was {answer!r}')
        time.sleep(0.02)


def free_port() -> int:
    """A port of the loopback address that nothing uses now, below those that systems give to outgoing connections."""
    while True:
        port = random.randrange(15_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(('127.0.0.1', port))
            return port
