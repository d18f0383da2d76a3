"""How many rows to write at once, so that people at work get through. Knows neither rows nor databases."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

MOST_ROWS, FEWEST_ROWS, FIRST_ROWS = 1000, 40, 100
LOCK_SECONDS, PAUSE_SECONDS = 0.04, 0.02


@dataclass
class Pace:
    """On SQLite (`waits`) a chunk follows the time the last one held the write lock: at most 50 ms, then a pause."""

    waits: bool
    rows: int = field(default=MOST_ROWS)
    _released: float = 0.0

    def __post_init__(self) -> None:
        if self.waits:
            self.rows = FIRST_ROWS

    def took(self, seconds: float, rows: int) -> None:
        """Tell how long a chunk held the write lock."""
        self._released = time.perf_counter()
        if self.waits and rows:
            fitting = int(rows * LOCK_SECONDS / max(seconds, 0.001))
            self.rows = max(FEWEST_ROWS, min(MOST_ROWS, fitting, self.rows * 2))

    def wait(self) -> None:
        """Let others write first: reading the next rows counts as a part of the pause."""
        if self.waits:
            time.sleep(max(0.0, self._released + PAUSE_SECONDS - time.perf_counter()))
