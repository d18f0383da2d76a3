"""What was last and what is next of many records at once, for cards: last contact, what is planned, the log's newest entry."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from modules.mail.tables import mail_message
from modules.records.model import ListQuery, Record, Sort
from modules.records.queries import Reader
from modules.timeline.logs import Log, Plan
from schema.catalog import Field

CONTACT, NEXT, NOTE = '@last_contact', '@next_planned', '@latest_note'
GLANCES = (CONTACT, NEXT, NOTE)
"""As they stand among the refs of fields that a person chose; no ref of a field begins so."""
PAST: Mapping[str, Any] = {'now': 0}


@dataclass(frozen=True)
class Planned:
    """An appointment or a task that is not over; `record` holds its title."""

    plan: Plan
    record: Record
    at: datetime


@dataclass(frozen=True)
class Glance:
    """Of one record; None for what there is nothing of, or what nobody asked for."""

    contact_at: datetime | None = None
    planned: Planned | None = None
    note: str | None = None


def glances(
    reader: Reader, records: Sequence[Record], wanted: Collection[str], log: Log | None, plans: Sequence[Plan]
) -> dict[str, Glance]:  # fmt: skip
    """`{uid: Glance}` of at most `LARGEST_PAGE` records of one entity, with the parts of `GLANCES` that are wanted; `log` and
    `plans` are their entity's. Two statements for each question to an entity, however many records. A contact is what
    `interactions` counts."""
    if not records or not wanted:
        return {}
    contacts = _contacts(reader, records, log, plans) if CONTACT in wanted else {}
    planned = _planned(reader, records, plans) if NEXT in wanted else {}
    notes = _notes(reader, records, log) if NOTE in wanted and log is not None else {}
    return {each.uid: Glance(contacts.get(each.uid), planned.get(each.uid), notes.get(each.uid)) for each in records}


def _contacts(reader: Reader, records: Sequence[Record], log: Log | None, plans: Sequence[Plan]) -> dict[str, datetime]:
    found = [_mailed(reader, records)]
    if log is not None:
        past: list[dict[str, Any]] = [{'field': log.at.key, 'op': 'lte', 'value': PAST}]
        if log.kind is not None and log.kind.key in reader.policy.readable(log.entity.key):
            past.append({'field': log.kind.key, 'op': 'in', 'value': log.contacts})
        found.append(_moments(_nearest(reader, records, log, past, latest=True), log.at))
    for plan in plans:
        if plan.kind == 'appointment' and plan.status is not None and plan.done:
            kept = {'field': plan.status.key, 'op': 'in', 'value': list(plan.done)}
            past = [{'field': plan.at.key, 'op': 'lte', 'value': PAST}, kept]
            found.append(_moments(_nearest(reader, records, plan, past, latest=True), plan.at))
    return {each.uid: max(moments) for each in records if (moments := [one[each.uid] for one in found if each.uid in one])}


def _mailed(reader: Reader, records: Sequence[Record]) -> dict[str, datetime]:
    about = mail_message.c.record_uid
    sent = (about.in_([each.uid for each in records]), mail_message.c.state == 'sent')
    rows = reader.session.connection().execute(
        sa.select(about, sa.func.max(mail_message.c.sent_at)).where(*sent).group_by(about)
    )
    return {uid: at for uid, at in rows if at is not None}


def _planned(reader: Reader, records: Sequence[Record], plans: Sequence[Plan]) -> dict[str, Planned]:
    """Of appointments those to come, as a series goes on; of tasks those that are late too."""
    found: dict[str, Planned] = {}
    for plan in plans:
        ended = [*plan.done, *plan.cancelled]
        asked: list[dict[str, Any]] = []
        if plan.status is not None and ended:
            asked.append({'not': {'field': plan.status.key, 'op': 'in', 'value': ended}})
        if plan.kind == 'appointment':
            asked.append({'field': plan.at.key, 'op': 'gte', 'value': PAST})
        for uid, each in _nearest(reader, records, plan, asked, latest=False).items():
            at = each.values.get(plan.at.key)
            if at is not None and (uid not in found or at < found[uid].at):
                found[uid] = Planned(plan, each, at)
    return found


def _notes(reader: Reader, records: Sequence[Record], log: Log) -> dict[str, str]:
    """What was written last, whatever the kind; of an entry without a text its title."""
    past = [{'field': log.at.key, 'op': 'lte', 'value': PAST}]
    found = _nearest(reader, records, log, past, latest=True, columns=(log.body.key,))
    said = {uid: str(each.values.get(log.body.key) or each.title) for uid, each in found.items()}
    return {uid: ' '.join(text.split()) for uid, text in said.items()}


def _nearest(
    reader: Reader, records: Sequence[Record], source: Log | Plan, asked: Sequence[Mapping[str, Any]], *, latest: bool,
    columns: tuple[str, ...] = (),
) -> dict[str, Record]:  # fmt: skip
    """`{uid: the one of the log or the plans whose moment is the latest, or the first}`."""
    at = {'field': source.at.key, 'op': 'is_not_empty'}
    query = ListQuery(filter={'all': [at, *asked]}, sort=(Sort(source.at.key, descending=latest),))
    firsts = reader.firsts(source.entity.key, source.link.key, records, query)
    shown = ListQuery(
        filter={'field': 'uid', 'op': 'in', 'value': list(firsts.values())}, columns=(source.at.key, *columns),
        size=max(1, len(firsts)), counted=False,
    )  # fmt: skip
    found = {each.uid: each for each in reader.list_page(source.entity.key, shown).records} if firsts else {}
    return {uid: found[first] for uid, first in firsts.items() if first in found}


def _moments(found: Mapping[str, Record], at: Field) -> dict[str, datetime]:
    return {uid: each.values[at.key] for uid, each in found.items()}
