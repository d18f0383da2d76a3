"""How often one was in touch with a record and when last, by one rule that pages can show. Counts what the reader may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from modules.mail.tables import mail_message
from modules.records.model import Group, ListQuery, Record, Sort
from modules.records.queries import Reader
from modules.timeline.logs import Log, Plan
from schema.catalog import Field

COUNTED = 1_000
"""Of a customer of many years a page counts so many and says that there is more."""


@dataclass(frozen=True)
class Input:
    """One part of the count: `kind` is `log`, `mail` or `plan`, `key` the option of the log or the entity of plans."""

    kind: str
    key: str
    count: int


@dataclass(frozen=True)
class Mails:
    """E-mails about a record that were sent, where somebody has seen them all already."""

    count: int
    last_at: datetime | None


@dataclass(frozen=True)
class Interactions:
    """The rule: entries of the log that are no notes and not in the future, e-mails about the record that were sent, and
    appointments about it that were kept. `last_at` is the latest of them, `last` its input."""

    inputs: Sequence[Input]
    last_at: datetime | None
    last: Input | None
    more: bool = False
    """Whether there is more than was counted."""

    @property
    def count(self) -> int:
        return sum(each.count for each in self.inputs)


def interactions(
    reader: Reader, record: Record, log: Log | None, plans: Sequence[Plan], mails: Mails | None = None
) -> Interactions:  # fmt: skip
    """By a constant number of statements: one for the log, for each entity of appointments, and for mails that are not known;
    of the log and of appointments the newest `COUNTED` are looked at."""
    found: list[tuple[Input, datetime | None]] = []
    looked = Looked(reader, record)
    if log is not None:
        found += _logged(looked, log)
    found.append((Input('mail', '', mails.count), mails.last_at) if mails is not None else _mailed(reader, record))
    for plan in plans:
        if plan.kind == 'appointment' and plan.status is not None and plan.done:
            found.append(_kept(looked, plan))
    dated = [(at, each) for each, at in found if at is not None]
    last_at, last = max(dated, key=lambda pair: pair[0]) if dated else (None, None)
    return Interactions([each for each, _at in found if each.count], last_at, last, looked.more)


@dataclass
class Looked:
    """What was looked at so far, and whether that was not all."""

    reader: Reader
    record: Record
    more: bool = False

    def groups(self, source: Log | Plan, by: Field) -> list[Group]:
        """The newest about the record that are not in the future, by the value of a field."""
        query = ListQuery(filter=_past(self.record, source.link.key, source.at.key))
        found = self.reader.groups(source.entity.key, by.key, query, latest=source.at.key, newest=COUNTED)
        self.more = self.more or sum(each.count for each in found) == COUNTED
        return found


def _logged(looked: Looked, log: Log) -> list[tuple[Input, datetime | None]]:
    kind, reader = log.kind, looked.reader
    if kind is None or kind.key not in reader.policy.readable(log.entity.key):
        count, at = _count_and_last(reader, log.entity.key, log.at.key, _past(looked.record, log.link.key, log.at.key))
        return [(Input('log', '', count), at)]
    if not log.contacts:
        return []
    found = {kind.wire(each.value): each for each in looked.groups(log, kind)}
    return [(Input('log', key, found[key].count), found[key].latest) for key in log.contacts if key in found]


def _mailed(reader: Reader, record: Record) -> tuple[Input, datetime | None]:
    sent = (mail_message.c.record_uid == record.uid, mail_message.c.state == 'sent')
    row = (
        reader.session.connection().execute(sa.select(sa.func.count(), sa.func.max(mail_message.c.sent_at)).where(*sent)).one()
    )
    return Input('mail', '', row[0]), row[1]


def _kept(looked: Looked, plan: Plan) -> tuple[Input, datetime | None]:
    assert plan.status is not None
    kept = [each for each in looked.groups(plan, plan.status) if plan.status.wire(each.value) in plan.done]
    return Input('plan', plan.entity.key, sum(each.count for each in kept)), max((each.latest for each in kept), default=None)


def _count_and_last(reader: Reader, key: str, at: str, document: Mapping[str, Any]) -> tuple[int, datetime | None]:
    page = reader.list_page(key, ListQuery(filter=document, sort=(Sort(at, descending=True),), size=1, columns=(at,)))
    latest = next(iter(page.records), None)
    return (page.total.value if page.total else 0), (latest.values.get(at) if latest is not None else None)


def _past(record: Record, link: str, at: str) -> dict[str, Any]:
    """What is about the record and not in the future."""
    about = {'field': link, 'op': 'eq', 'value': {'entity': record.entity.key, 'uid': record.uid}}
    return {'all': [about, {'field': at, 'op': 'lte', 'value': {'now': 0}}]}
