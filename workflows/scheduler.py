"""What falls due by the calendar becomes ledger rows and runs. Carries out no step; safe to run twice at once."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from modules.runtime import Runtime
from permissions.policy import Policy
from schema.base.clock import Clock, SystemClock
from schema.base.errors import TrellisError
from workflows.calendars import calendar_of
from workflows.days import DayTrigger
from workflows.definitions import Rule, rules_of
from workflows.due import Gap, write_due
from workflows.locking import only_one
from workflows.marks import last_looked, looked_since, note_look
from workflows.missed import tell_asked
from workflows.runs import rule_policy, start_due
from workflows.triggers import ClockTrigger, ScheduleTrigger

LOG = logging.getLogger(__name__)
SWEEP_SECONDS = 60  # rules by day look again this often, for records entered or changed meanwhile, and other zones
MARK_EVERY = timedelta(minutes=1)
MISSED = {'skip': 'missed', 'ask': 'asked'}


@dataclass
class Found:
    """What one tick did: ids of the occurrences it started runs for, and the keys of rules that could not be evaluated."""

    started: list[int] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    was_alone: bool = True


class Scheduler:
    """One per process. `runtime.clock` says what is due; `wall` is the real time; `as_of` is set under `--at`."""

    def __init__(self, runtime: Runtime, holder: str, wall: Clock | None = None, *, as_of: datetime | None = None) -> None:
        self._runtime, self._holder, self._wall, self._as_of = runtime, holder, wall or SystemClock(), as_of
        self._swept: dict[str, tuple[str, datetime]] = {}
        self._since: dict[str, datetime] = {}
        self._marked: dict[str, datetime] = {}

    def tick(self) -> Found:
        """Bring ledger and runs up to the clock's instant; does nothing while another scheduler is at it."""
        found = Found()
        with only_one(self._runtime.database, 'scheduler', self._holder, self._wall) as alone:
            found.was_alone = alone
            if alone:
                self._evaluate(found)
        return found

    def wait_for_turn(self, seconds: float) -> Found:
        """A tick as soon as no other scheduler is at it; for commands that must have an answer."""
        ends_at = time.monotonic() + seconds
        while not (found := self.tick()).was_alone and time.monotonic() < ends_at:
            time.sleep(0.05)
        return found

    def _evaluate(self, found: Found) -> None:
        catalog, now = self._runtime.catalogs.current(), self._runtime.clock.now()
        for rule, trigger in rules_of(catalog).started_by_clock():
            try:
                if self._wants_look(rule, trigger, now):
                    self._look(rule, trigger, rule_policy(self._runtime, rule, catalog), now)
                    self._swept[rule.ref] = (f'{catalog.number}/{rule.hash}', now)
                self._mark(rule, trigger, now)
                found.started += start_due(self._runtime.database, rule, self._wall.now(), self._as_of)
            except TrellisError as error:  # such as a person who left, under whose rights it would run; the page says so
                LOG.warning('the workflow %s cannot run: %s', rule.key, error)
                found.failed.append(rule.key)
            except Exception:  # one rule that fails must not keep the others from firing
                LOG.exception('the workflow %s could not be evaluated', rule.key)
                found.failed.append(rule.key)

    def _look(self, rule: Rule, trigger: ClockTrigger, policy: Policy, now: datetime) -> None:
        """Bring the ledger up to now; what fell due while nobody looked becomes what the rule says."""
        gap = None
        if trigger.missed != 'late':
            with self._runtime.database.reading() as connection:
                gap = Gap(last_looked(connection, rule), MISSED[trigger.missed])
        written = write_due(self._runtime, rule, policy, now, gap)
        if written and trigger.missed == 'ask':
            tell_asked(self._runtime, rule, self._wall.now())

    def _mark(self, rule: Rule, trigger: ClockTrigger, now: datetime) -> None:
        """Note from time to time that nothing is missed up to now; not under `--at`, which is no outage's end."""
        if trigger.missed == 'late' or self._as_of is not None:
            return
        marked = self._marked.get(rule.ref)
        if marked is None or now - marked >= MARK_EVERY:
            with self._runtime.database.session() as session:
                note_look(session, rule, now)
            self._marked[rule.ref] = now

    def _wants_look(self, rule: Rule, trigger: ClockTrigger, now: datetime) -> bool:
        """Rules by instant always; by the calendar when its moment came since; by day also on edits and each minute."""
        last = self._swept.get(rule.ref)
        if isinstance(trigger, ScheduleTrigger):
            return self._comes_due(rule, trigger, now)
        if not isinstance(trigger, DayTrigger) or last is None:
            return True
        version, swept_at = last
        if not version.endswith(f'/{rule.hash}') or (now - swept_at).total_seconds() >= SWEEP_SECONDS:
            return True
        with self._runtime.database.reading() as connection:
            calendar = calendar_of(connection, trigger)
        return any(day.due_at > swept_at for day in trigger.days(now, self._runtime.settings.timezone, calendar))

    def _comes_due(self, rule: Rule, trigger: ScheduleTrigger, now: datetime) -> bool:
        """Whether a moment came that is not in the ledger's book yet. What lay before the first look is not caught up with."""
        zone = self._runtime.settings.timezone
        newest = trigger.newest(now, zone)
        if rule.ref not in self._since:
            with self._runtime.database.session() as session:
                self._since[rule.ref] = looked_since(session, rule, now)
        since = self._since[rule.ref]
        return newest is not None and newest > max(since, self._swept.get(rule.ref, ('', since))[1])
