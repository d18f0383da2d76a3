"""Where 'now' comes from. Nothing else in Trellis reads the time of day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

HOME = ZoneInfo('Asia/Ho_Chi_Minh')


class Clock(Protocol):
    @property
    def zone(self) -> ZoneInfo:
        """Where the company is: its years and days begin there, whoever is at work and wherever they are."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""


class SystemClock:
    def __init__(self, zone: ZoneInfo = HOME) -> None:
        self.zone = zone

    def now(self) -> datetime:
        return datetime.now(UTC)


class FrozenClock:
    """A clock that stands until it is moved; for tests, previews and `--at`."""

    def __init__(self, now: datetime, zone: ZoneInfo = HOME) -> None:
        self.zone = zone
        if now.tzinfo is None:
            raise ValueError('a clock needs an aware datetime')
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def move(self, step: timedelta) -> None:
        self._now += step


def today(clock: Clock, zone: ZoneInfo) -> date:
    """The calendar day at the clock's instant in a named zone."""
    return clock.now().astimezone(zone).date()
