"""How fast a backfill may go: on SQLite it shares one write lock with the people at work. Knows no table."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import sqlalchemy as sa

from migrations.site import Site

CHUNK = 1000
SQLITE_CHUNK, LEAST = 300, 20
TARGET_SECONDS = 0.05
PAUSE_SECONDS = 0.02


class Pace:
    """`size` rows make the next chunk. On SQLite a chunk is made to take about 50 ms, however busy the machine is, and as long
    a pause follows: a waiting writer looks for the lock only every 100 ms, and must find it free sooner or later.
    """

    def __init__(self, *, sqlite: bool) -> None:
        self._sqlite = sqlite
        self.size = SQLITE_CHUNK if sqlite else CHUNK
        self._begun = time.monotonic()

    def begin(self) -> int:
        """Call it before each chunk; the rows to take."""
        self._begun = time.monotonic()
        return self.size

    def rest(self) -> None:
        """Call it after each chunk."""
        if self._sqlite:
            taken = max(time.monotonic() - self._begun, 0.001)
            self.size = max(LEAST, min(SQLITE_CHUNK, int(self.size * TARGET_SECONDS / taken)))
            time.sleep(max(PAUSE_SECONDS, taken))


def in_chunks(site: Site, kind: str, chunk: Callable[[Site, int, int, sa.Connection], int | None]) -> None:
    """Run `chunk(site, after, size, connection)` over all rows, each in a transaction of its own; it answers the last id that
    it took, or None when no row is left."""
    last: int | None = 0
    pace = Pace(sqlite=site.is_sqlite)
    while last is not None:
        last = site.in_turn(partial(chunk, site, last, pace.begin()), kind)
        pace.rest()
