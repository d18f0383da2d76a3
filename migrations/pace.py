"""How fast a backfill may go: people at work wait for the rows in hand, on SQLite for the one write lock. Knows no table."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

import sqlalchemy as sa

from migrations.site import Site

T = TypeVar('T')
FIRST, MOST, LEAST = 300, 2000, 20
TARGET_SECONDS = 0.05
PAUSE_SECONDS = 0.02

Chunk = Callable[[Site, int, int, sa.Connection], int | None]
"""`(site, after, size, connection)` to the last id that it took, or None when no row is left."""
Look = Callable[[int, int, sa.Connection], tuple[T, int | None]]
"""`(after, size, connection)` to what there is to write, and the last id that it looked at, or None when no row is left."""


class Passed(Protocol):
    """Told in the transaction of each chunk; `over` with the last one."""

    def __call__(self, connection: sa.Connection, size: int, /, *, over: bool) -> None: ...


class Pace:
    """`size` rows make the next chunk, which is made to hold its locks for about 50 ms, however busy the machine is.

    On SQLite as long a pause follows: a waiting writer looks for the lock only every 100 ms, and must find it free sooner or
    later. What is read and computed between two chunks counts as pause.
    """

    def __init__(self, *, sqlite: bool) -> None:
        self._sqlite = sqlite
        self.size = FIRST
        self._begun = self._due = 0.0

    def run(self, site: Site, kind: str, work: Callable[[sa.Connection], T]) -> T:
        """One chunk in a transaction, after the rest of the pause. What passes until SQLite gives its lock does not count."""
        if self._sqlite:
            time.sleep(max(0.0, self._due - time.monotonic()))

        def timed(connection: sa.Connection) -> T:
            self._begun = time.monotonic()
            return work(connection)

        answer = site.in_turn(timed, kind)
        self._end()
        return answer

    def _end(self) -> None:
        now = time.monotonic()
        taken = max(now - self._begun, 0.001)
        self.size = max(LEAST, min(MOST, 2 * self.size, int(self.size * TARGET_SECONDS / taken)))
        self._due = now + max(PAUSE_SECONDS, taken)


def in_chunks(site: Site, kind: str, chunk: Chunk, passed: Passed | None = None) -> None:
    """Run `chunk` over all rows, each time in a transaction of its own."""
    last: int | None = 0
    pace = Pace(sqlite=site.is_sqlite)

    def turn(after: int, size: int, connection: sa.Connection) -> int | None:
        found = chunk(site, after, size, connection)
        if passed is not None:
            passed(connection, size, over=found is None)
        return found

    while last is not None:
        last = pace.run(site, kind, partial(turn, last, pace.size))


def in_two_turns(site: Site, kind: str, look: Look[T], write: Callable[[T, sa.Connection], None]) -> None:
    """As `in_chunks`, but `look` takes no lock: only `write` of what it answered is a transaction. For work that hears of rows
    that somebody changes in between."""
    last: int | None = 0
    pace = Pace(sqlite=site.is_sqlite)
    while last is not None:
        with site.database.reading() as connection:
            found, last = look(last, pace.size, connection)
        pace.run(site, kind, partial(write, found))
