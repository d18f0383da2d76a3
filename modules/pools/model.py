"""What a pool is and how a person or a record stands to one. Plain values, no session inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

Activity = Literal['owner', 'anyone']
ACTIVITIES: tuple[Activity, ...] = ('owner', 'anyone')
STRATEGY = 'pool'
"""How the log of assignment calls what pools do."""
WARN_DAYS = 3
"""So many days before a record goes back its owner is warned."""


@dataclass(frozen=True)
class Pool:
    """One pool. `source` is the condition by which records that nobody owns enter; `takes_new` says that new records for which
    nobody chose an owner enter too; `return_days` None keeps claimed records with their owners for good. `activity` says whose
    work keeps a record: its owner's or anybody's."""

    id: int
    uid: str
    name: str
    description: str
    entity_ref: str
    source: Mapping[str, Any] | None
    takes_new: bool
    daily_limit: int | None
    return_days: int | None
    activity: Activity
    active: bool
    is_default: bool

    @property
    def collects(self) -> bool:
        """Whether records enter by themselves."""
        return self.active and (self.source is not None or self.is_default)


@dataclass(frozen=True)
class Wish:
    """A pool as an administrator describes it. Members and managers are user and team ids."""

    name: str
    entity: str
    description: str = ''
    source: Mapping[str, Any] | None = None
    takes_new: bool = False
    daily_limit: int | None = None
    return_days: int | None = None
    activity: str = 'owner'
    active: bool = True
    is_default: bool = False
    members: Sequence[int] = ()
    member_teams: Sequence[int] = ()
    managers: Sequence[int] = ()
    manager_teams: Sequence[int] = ()


@dataclass(frozen=True)
class Mine:
    """A pool as it stands for one person: records that wait, records they hold, what they may still claim today (None without
    a limit) and when the count begins anew."""

    pool: Pool
    member: bool
    manager: bool
    waiting: int
    held: int
    taken: int
    resets_at: datetime

    @property
    def remaining(self) -> int | None:
        return None if self.pool.daily_limit is None else max(self.pool.daily_limit - self.taken, 0)


@dataclass(frozen=True)
class Lying:
    """One record of a pool: since when it waits or by whom it was claimed, and when it goes back by itself."""

    pool: Pool
    record_id: int
    record_uid: str
    put_at: datetime
    claimed_by: int | None
    claimed_at: datetime | None
    active_at: datetime | None

    @property
    def returns_at(self) -> datetime | None:
        """None while it waits, in a closed pool, and in one that returns nothing."""
        if self.claimed_by is None or self.active_at is None or self.pool.return_days is None or not self.pool.active:
            return None
        return self.active_at + timedelta(days=self.pool.return_days)

    def days_left(self, now: datetime, zone: ZoneInfo) -> int | None:
        """How many days of the company from today it goes back; 0 today or at the next turn."""
        until = self.returns_at
        return None if until is None else max((company_day(until, zone) - company_day(now, zone)).days, 0)

    def warned(self, now: datetime, zone: ZoneInfo) -> bool:
        left = self.days_left(now, zone)
        return left is not None and left < WARN_DAYS


def company_day(now: datetime, zone: ZoneInfo) -> date:
    """The day that claims count for."""
    return now.astimezone(zone).date()


def next_day_at(now: datetime, zone: ZoneInfo) -> datetime:
    """When the count of claims begins anew."""
    return datetime.combine(company_day(now, zone) + timedelta(days=1), time(), zone).astimezone(UTC)
