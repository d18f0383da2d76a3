"""A process makes itself known: it follows the live version while idle, and tells the publisher what it uses."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy.exc import SQLAlchemyError

from migrations.aliases import keep_uses
from migrations.heartbeats import beat, leave
from modules.runtime import Runtime
from schema.base.errors import TrellisError

log = logging.getLogger('trellis.presence')
LOOK_SECONDS = 0.1  # an idle process meets a new version within this time; a look is one short statement
BEAT_SECONDS = 4.0  # the publisher forgets a silent process after 15 s


class Presence:
    """One background thread of a process. A database that does not answer is tried again; nothing else depends on it."""

    def __init__(self, runtime: Runtime, role: str) -> None:
        self._runtime, self._role = runtime, role
        self._name = f'{role}-{socket.gethostname()}-{os.getpid()}'
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name='presence', daemon=True)
        self._told: tuple[int | None, float] = (None, 0.0)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye, so that no publisher waits for this process."""
        self._stop.set()
        self._thread.join(timeout=5)
        with suppress(SQLAlchemyError):
            keep_uses(self._runtime.database, self._runtime.catalogs, self._runtime.clock)
            leave(self._runtime.database, self._name)

    def _run(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            try:
                self._look()
            except (SQLAlchemyError, TrellisError) as error:
                log.warning('%s could not be told: %s', self._name, error)

    def _look(self) -> None:
        version = self._runtime.catalogs.current().number
        told, at = self._told
        if version != told or time.monotonic() - at >= BEAT_SECONDS:
            beat(self._runtime.database, self._name, self._role, version, self._runtime.clock)
            keep_uses(self._runtime.database, self._runtime.catalogs, self._runtime.clock)
            self._told = (version, time.monotonic())


@contextmanager
def present(runtime: Runtime, role: str) -> Iterator[None]:
    """Present for the length of a block."""
    presence = Presence(runtime, role)
    presence.start()
    try:
        yield
    finally:
        presence.stop()
