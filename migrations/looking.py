"""How far a plan's pass over live values came. Knows no value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Looking:
    """How many values a plan means to look at, and how many it has seen; `told` hears of every step."""

    total: int = 0
    seen: int = 0
    told: Callable[[], None] = lambda: None

    def expect(self, count: int) -> None:
        self.total += count

    def pass_by(self, count: int) -> None:
        self.seen += count
        self.told()
