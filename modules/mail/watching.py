"""Cuts connections whose server takes too long in all, however many bytes it says meanwhile. Knows no message."""

from __future__ import annotations

import smtplib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LOOK_SECONDS = 0.5


class Watch:
    """Watches one connection at a time from a thread of its own. A connection that is cut answers as one that was lost."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends_at: float | None = None
        self._watched: smtplib.SMTP | None = None
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def within(self, smtp: smtplib.SMTP, seconds: float) -> Iterator[None]:
        """What is said inside must be over after so many seconds."""
        self._start()
        with self._lock:
            self._ends_at, self._watched = time.monotonic() + seconds, smtp
        try:
            yield
        finally:
            with self._lock:
                self._ends_at = self._watched = None

    def close(self) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _start(self) -> None:
        if self._thread is None:
            self._over.clear()
            self._thread = threading.Thread(target=self._look, name='mail watch', daemon=True)
            self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            with self._lock:
                link = self._watched.sock if self._watched is not None else None
                if link is not None and self._ends_at is not None and time.monotonic() > self._ends_at:
                    _cut(link)
                    self._ends_at = self._watched = None


def _cut(link: socket.socket) -> None:
    try:
        link.shutdown(socket.SHUT_RDWR)
    except OSError:  # it is gone already
        return
