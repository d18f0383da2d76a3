"""One supervisor for one home: a lock file that the operating system frees however its holder ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modules.ops.preflight import Refusal


@contextmanager
def locked_home(home: Path, address: str) -> Iterator[int]:
    """Hold the home's lock; yields its descriptor, which shares the lock with whoever inherits it.

    Raises: Refusal naming who holds it.
    """
    descriptor = os.open(home / 'up.lock', os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 500, 0).decode('utf-8', 'replace').strip() or 'another process'
            raise Refusal(
                f'Trellis runs on {home} already ({holder}): stop it first, or set TRELLIS_HOME to another folder.'
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f'process {os.getpid()}, {address}'.encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)
