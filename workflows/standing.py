"""Whether a run that was started by a date still stands when its first step begins: a worker may have been away meanwhile."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.runtime import Runtime
from schema.base.findings import finding
from workflows.actions.base import Skipped
from workflows.calendars import calendar_of, zone_of
from workflows.days import DayTrigger
from workflows.definitions import Rule
from workflows.due import falls_on, holds_clause, instant_key, stands_in
from workflows.runs import rule_policy
from workflows.triggers import InstantTrigger


def check_standing(runtime: Runtime, session: Session, rule: Rule, run: Any) -> None:
    """Raises: Skipped WFL-E008 record deleted, WFL-W002 condition, WFL-W003 date moved, WFL-W004 instant passed."""
    if 'occurrence' not in run.started_by:
        return
    table, trigger = rule.entity.table, rule.trigger
    here = (table.c.uid == run.record_uid, table.c.deleted_at.is_(None))
    if not _any(session, here):
        raise Skipped(finding('WFL-E008', level='warning'))
    if isinstance(trigger, InstantTrigger):
        column = table.c[trigger.column]
        key = instant_key(column, is_sqlite=runtime.database.is_sqlite)
        if not _any(session, (*here, key == run.started_by['occurrence'], *stands_in(rule, trigger))):
            raise Skipped(finding('WFL-W003', level='warning'))
        if trigger.until_instant and not _any(session, (*here, column > runtime.clock.now())):
            raise Skipped(finding('WFL-W004', level='warning'))
    elif isinstance(trigger, DayTrigger):
        zone = zone_of(session, rule.entity, trigger, runtime.settings.timezone, run.record_uid)
        due_at = datetime.fromisoformat(run.started_by['due_at'])
        days = trigger.targets_of(due_at, zone, calendar_of(session, trigger))
        if not any(_any(session, (*here, *falls_on(rule, trigger, day, zone))) for day in days):
            raise Skipped(finding('WFL-W003', level='warning'))
    policy = rule_policy(runtime, rule, runtime.catalogs.current())
    if not _any(session, (*here, holds_clause(runtime, session, rule.condition, policy))):
        raise Skipped(finding('WFL-W002', level='warning'))


def _any(session: Session, where: tuple[Any, ...]) -> bool:
    return session.execute(sa.select(sa.literal(1)).where(*where)).first() is not None
