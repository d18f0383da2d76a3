"""How far a plan's pass over live values came. Knows no value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Looking:
    """How many values a plan means to look at, and how many it has seen; others read along while it goes on."""

    total: int = 0
    seen: int = 0

    def expect(self, count: int) -> None:
        self.total += count

    def pass_by(self, count: int) -> None:
        self.seen += count
