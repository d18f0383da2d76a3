"""How often one was in touch with a record and when last, by one rule that pages can show. Counts what the reader may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from modules.mail.tables import mail_message
from modules.records.model import ListQuery, Record, Sort
from modules.records.queries import Reader
from modules.timeline.logs import Log, Plan


@dataclass(frozen=True)
class Input:
    """One part of the count: `kind` is `log`, `mail` or `plan`, `key` the option of the log or the entity of plans."""

    kind: str
    key: str
    count: int


@dataclass(frozen=True)
class Interactions:
    """The rule: entries of the log that are no notes and not in the future, e-mails about the record that were sent, and
    appointments about it that were kept. `last_at` is the latest of them, `last` its input."""

    inputs: Sequence[Input]
    last_at: datetime | None
    last: Input | None

    @property
    def count(self) -> int:
        return sum(each.count for each in self.inputs)


def interactions(reader: Reader, record: Record, log: Log | None, plans: Sequence[Plan]) -> Interactions:
    """By a constant number of statements: one for the log, for each entity of appointments, and for mails."""
    found: list[tuple[Input, datetime | None]] = []
    if log is not None:
        found += _logged(reader, record, log)
    found.append(_mailed(reader, record))
    for plan in plans:
        if plan.kind == 'appointment' and plan.status is not None and plan.done:
            found.append(_kept(reader, record, plan))
    dated = [(at, each) for each, at in found if at is not None]
    last_at, last = max(dated, key=lambda pair: pair[0]) if dated else (None, None)
    return Interactions([each for each, _at in found if each.count], last_at, last)


def _logged(reader: Reader, record: Record, log: Log) -> list[tuple[Input, datetime | None]]:
    kind, readable = log.kind, reader.policy.readable(log.entity.key)
    if kind is None or kind.key not in readable:
        count, at = _count_and_last(reader, log.entity.key, log.at.key, _past(record, log.link.key, log.at.key))
        return [(Input('log', '', count), at)]
    if not log.contacts:
        return []
    query = ListQuery(filter=_past(record, log.link.key, log.at.key))
    found = {kind.wire(each.value): each for each in reader.groups(log.entity.key, kind.key, query, latest=log.at.key)}
    return [(Input('log', key, found[key].count), found[key].latest) for key in log.contacts if key in found]


def _mailed(reader: Reader, record: Record) -> tuple[Input, datetime | None]:
    sent = (mail_message.c.record_uid == record.uid, mail_message.c.state == 'sent')
    row = (
        reader.session.connection().execute(sa.select(sa.func.count(), sa.func.max(mail_message.c.sent_at)).where(*sent)).one()
    )
    return Input('mail', '', row[0]), row[1]


def _kept(reader: Reader, record: Record, plan: Plan) -> tuple[Input, datetime | None]:
    assert plan.status is not None
    query = ListQuery(filter=_past(record, plan.link.key, plan.at.key))
    found = reader.groups(plan.entity.key, plan.status.key, query, latest=plan.at.key)
    kept = [each for each in found if plan.status.wire(each.value) in plan.done]
    return Input('plan', plan.entity.key, sum(each.count for each in kept)), max((each.latest for each in kept), default=None)


def _count_and_last(reader: Reader, key: str, at: str, document: Mapping[str, Any]) -> tuple[int, datetime | None]:
    page = reader.list_page(key, ListQuery(filter=document, sort=(Sort(at, descending=True),), size=1, columns=(at,)))
    latest = next(iter(page.records), None)
    return (page.total.value if page.total else 0), (latest.values.get(at) if latest is not None else None)


def _past(record: Record, link: str, at: str) -> dict[str, Any]:
    """What is about the record and not in the future."""
    about = {'field': link, 'op': 'eq', 'value': {'entity': record.entity.key, 'uid': record.uid}}
    return {'all': [about, {'field': at, 'op': 'lte', 'value': {'now': 0}}]}
