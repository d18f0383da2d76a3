"""What falls due by the calendar becomes ledger rows and runs. Carries out no step; safe to run twice at once."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime

from modules.runtime import Runtime
from schema.base.clock import Clock, SystemClock
from workflows.definitions import Rule, rules_of
from workflows.due import write_due
from workflows.locking import only_one
from workflows.runs import rule_policy, start_due
from workflows.triggers import DayTrigger

LOG = logging.getLogger(__name__)
SWEEP_SECONDS = 60  # rules by day look again this often, for records entered or changed meanwhile


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
        for rule in rules_of(catalog).started_by_date():
            try:
                if self._wants_look(rule, now):
                    write_due(self._runtime, rule, rule_policy(self._runtime, rule, catalog), now)
                    self._swept[rule.ref] = (f'{catalog.number}/{rule.hash}', now)
                found.started += start_due(self._runtime.database, rule, self._wall.now(), self._as_of)
            except Exception:  # one rule that fails must not keep the others from firing
                LOG.exception('the workflow %s could not be evaluated', rule.key)
                found.failed.append(rule.key)

    def _wants_look(self, rule: Rule, now: datetime) -> bool:
        """Rules by instant always; rules by day when an instant of theirs came since, on edits, and each minute."""
        trigger = rule.trigger
        last = self._swept.get(rule.ref)
        if not isinstance(trigger, DayTrigger) or last is None:
            return True
        version, swept_at = last
        if not version.endswith(f'/{rule.hash}') or (now - swept_at).total_seconds() >= SWEEP_SECONDS:
            return True
        zone = self._runtime.settings.timezone
        return any(day.due_at > swept_at for day in trigger.days(now, zone))
