"""The gate before every message to somebody outside: who asked for quiet, when it is night, how many went out today.

Called inside the step's transaction, so that what is counted and what is sent are one. Sends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.installation.declared import Installation
from modules.installation.service import read_installation
from modules.mail.suppression import RULE, count_one, suppressed, tidy_address, uncount_one
from schema.base.findings import Finding, finding
from workflows.actions.base import Call, Done, LeftOut, Park, Result
from workflows.triggers import InstantTrigger

Channel = Literal['mail', 'sms', 'zns']
MOST_DAYS_LATER = 7
"""A message for which there is no place within so many days is left out."""


def gate(call: Call, session: Session, *, channel: Channel, address: str, bulk: bool, any_time: bool) -> Done | None:
    """None lets the message go now and counts it; else what the step ends with for now: parked until the quiet hours are over,
    or until a day on which a place is kept for it, as today's messages are used up.

    A message to a colleague (`to` names a `user` field) meets the suppression list alone. Call it in `perform`, once for each
    message. Raises: LeftOut WFL-W005 do not contact, W006 unsubscribed, W007 blocked, W008 the workflow's daily cap, W009 the
    address's; Invalid WFL-E110.
    """
    clean = tidy_address(channel, address)
    reason = suppressed(session, channel, clean)
    if reason == 'blocked' or (reason == 'unsubscribed' and bulk):
        raise LeftOut(finding('WFL-W006' if reason == 'unsubscribed' else 'WFL-W007', value=clean, level='warning'))
    if to_colleague(call):
        return None
    _respect_wish(call, session)
    company, zone = read_installation(session), call.runtime.settings.timezone
    now = call.runtime.clock.now()
    if not any_time and (until := quiet_until(now, zone, company)) is not None:
        return _parked(until, call.kept or {})
    today = now.astimezone(zone).date()
    day = _day_with_room(call, session, _Caps.of(call, channel, clean, company), today)
    if day == today:
        return None
    begins = datetime.combine(day, time() if any_time else time.fromisoformat(company.work_from), zone).astimezone(now.tzinfo)
    until = begins if any_time else quiet_until(begins, zone, company) or begins
    return _parked(until, {'since': today.isoformat(), **(call.kept or {}), 'slot': day.isoformat()})


def to_colleague(call: Call) -> bool:
    return 'user' in (call.step.document.get('to') or {})


def quiet_until(now: datetime, zone: ZoneInfo, company: Installation) -> datetime | None:
    """When the quiet hours that reign at `now` are over, by the company's clocks; None outside them or without any."""
    if not company.quiet_from or not company.quiet_to:
        return None
    begins, ends = time.fromisoformat(company.quiet_from), time.fromisoformat(company.quiet_to)
    local = now.astimezone(zone)
    clock = local.time()
    quiet = begins <= clock < ends if begins <= ends else clock >= begins or clock < ends
    if not quiet:
        return None
    day = local.date() + timedelta(days=clock >= ends)
    return datetime.combine(day, ends, zone).astimezone(now.tzinfo)


def _respect_wish(call: Call, session: Session) -> None:
    """The record itself says that nobody is to write; read afresh, whatever the run's person may see."""
    name = call.entity.definition.no_contact
    field = call.entity.find_field(name) if name else None
    if field is None:
        return
    table = call.entity.table
    asked = sa.select(table.c[field.definition.column]).where(table.c.uid == call.record_uid)
    if session.execute(asked).scalar():
        raise LeftOut(finding('WFL-W005', value=field.definition.label, level='warning'))


@dataclass(frozen=True)
class _Caps:
    """What bounds a day: `(scope, key, most, what is said when it is used up)`."""

    each: tuple[tuple[str, str, int, Finding], ...]

    @classmethod
    def of(cls, call: Call, channel: str, clean: str, company: Installation) -> _Caps:
        own, most, found = call.rule.definition.document.get('daily_cap'), company.recipient_daily_cap, []
        if own is not None:
            found.append((RULE, call.rule.ref, int(own), finding('WFL-W008', limit=int(own), level='warning')))
        if most:
            found.append((channel, clean, most, finding('WFL-W009', value=clean, limit=most, level='warning')))
        return cls(tuple(found))

    def take(self, session: Session, day: date) -> Finding | None:
        """Take a place of that day in each, or in none; what stands in the way."""
        for number, (scope, key, most, found) in enumerate(self.each):
            if not count_one(session, scope, key, day, most):
                for taken_scope, taken_key, _most, _found in self.each[:number]:
                    uncount_one(session, taken_scope, taken_key, day)
                return found
        return None


def _day_with_room(call: Call, session: Session, caps: _Caps, today: date) -> date:
    """The first day on which the message may go, a place on it taken. Raises: LeftOut when none comes soon enough."""
    kept = call.kept or {}
    if kept.get('slot') == today.isoformat():
        return today
    first = date.fromisoformat(str(kept.get('since', today.isoformat())))
    last = first + timedelta(days=MOST_DAYS_LATER if _may_go_later(call) else 0)
    refused, day = caps.take(session, today), today
    said = refused
    while refused is not None and day < last:
        day += timedelta(days=1)
        refused = caps.take(session, day)
    if refused is not None:
        raise LeftOut(said or refused)
    return day


def _may_go_later(call: Call) -> bool:
    """Unless the workflow says otherwise, or it reminds of a moment that would be over."""
    trigger = call.rule.trigger
    reminds = isinstance(trigger, InstantTrigger) and trigger.until_instant
    return not reminds and call.rule.definition.document.get('over_cap', 'next_day') == 'next_day'


def _parked(until: datetime, kept: Result) -> Done:
    return Done({**kept, 'until': until.isoformat()}, Park(until))
