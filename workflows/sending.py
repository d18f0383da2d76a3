"""The gate before every message to somebody outside: who asked for quiet, when it is night, how many went out today.

Called inside the step's transaction, so that what is counted and what is sent are one. Sends nothing.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.installation.declared import Installation
from modules.installation.service import read_installation
from modules.mail.suppression import RULE, count_one, suppressed, tidy_address
from schema.base.findings import finding
from workflows.actions.base import Call, LeftOut

Channel = Literal['mail', 'sms', 'zns']


def gate(call: Call, session: Session, *, channel: Channel, address: str, bulk: bool, any_time: bool) -> datetime | None:
    """None lets the message go now and counts it; an instant (by the clock of the run) parks the step until then.

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
        return until
    _count(call, session, channel, clean, company, now.astimezone(zone))
    return None


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


def _count(call: Call, session: Session, channel: str, clean: str, company: Installation, local: datetime) -> None:
    cap = call.rule.definition.document.get('daily_cap')
    if cap is not None and not count_one(session, RULE, call.rule.ref, local.date(), int(cap)):
        raise LeftOut(finding('WFL-W008', limit=int(cap), level='warning'))
    most = company.recipient_daily_cap
    if most and not count_one(session, channel, clean, local.date(), most):
        raise LeftOut(finding('WFL-W009', value=clean, limit=most, level='warning'))
