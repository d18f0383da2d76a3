"""How often former keys are used in this process: counters that cost a dictionary step. Knows no database."""

from __future__ import annotations

import threading
from collections import Counter


class FormerKeys:
    """Uses since they were last taken, by the part's ref and the former key. Thread-safe; one for each catalog."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._uses: Counter[tuple[str, str]] = Counter()

    def used(self, ref: str, alias: str) -> None:
        with self._lock:
            self._uses[ref, alias] += 1

    def take(self) -> Counter[tuple[str, str]]:
        """What was counted; begins anew at nothing."""
        with self._lock:
            taken, self._uses = self._uses, Counter()
        return taken
