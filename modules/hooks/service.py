"""Deliveries from their writing to a person's decision about the doubtful ones. Takes sessions and instants; never commits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from modules.hooks.tables import STATES, delivery
from schema.base.errors import Conflict
from schema.base.findings import Finding
from schema.base.ids import new_uid
from schema.base.upsert import insert_once

PAGE = 50


@dataclass(frozen=True)
class Draft:
    """Something to be delivered. `request` is what its channel needs to send it, without any secret; `host` is whom it is
    sent to, so that one that does not answer holds up no other; `about` are refs and uid of what caused it, by column name."""

    channel: str
    host: str
    target: str
    request: Mapping[str, Any]
    summary: str = ''
    about: Mapping[str, str] = field(default_factory=dict)


def add_delivery(session: Any, draft: Draft, *, key: str, at: datetime) -> str | None:
    """Store a delivery to be sent, in the caller's transaction; None when one with this idempotency key is there already."""
    uid = new_uid()
    values = {
        'id': uid, 'idempotency_key': key, 'channel': draft.channel, 'host': draft.host[:255], 'target': draft.target[:500],
        'summary': draft.summary[:500], 'request': dict(draft.request), 'state': 'new', 'attempts': 0, 'due_at': at,
        'since': at, 'created_at': at, **draft.about,
    }  # fmt: skip
    added = session.execute(insert_once(session, delivery, 'idempotency_key').values(values))
    return uid if added.rowcount else None


def count_by_state(executor: Any) -> dict[str, int]:
    """`{state: number}` of all states, zeros included."""
    rows = executor.execute(sa.select(delivery.c.state, sa.func.count()).group_by(delivery.c.state))
    return {**dict.fromkeys(STATES, 0), **{row[0]: row[1] for row in rows}}


def list_deliveries(executor: Any, *, state: str | None = None, before: str | None = None, limit: int = PAGE) -> list[Any]:
    """Rows newest first; `before` is the id of the last row of the page before."""
    statement = sa.select(delivery).order_by(delivery.c.id.desc()).limit(limit)  # ids rise with time
    if state:
        statement = statement.where(delivery.c.state == state)
    if before:
        statement = statement.where(delivery.c.id < before)
    return list(executor.execute(statement))


def send_again(session: Any, uid: str, at: datetime) -> None:
    """A person's decision to send once more what is uncertain or failed. Raises: Conflict HOK-E005."""
    _decide(session, uid, ('uncertain', 'failed'), state='new', due_at=at, since=at, attempts=0, error=None)


def mark_sent(session: Any, uid: str, at: datetime) -> None:
    """A person's finding that what was uncertain did arrive. Raises: Conflict HOK-E005."""
    _decide(session, uid, ('uncertain',), state='sent', sent_at=at, error=None)


def release_held(session: Any, channel: str, at: datetime) -> int:
    """Let all go that was kept back while the channel was not set up; how many."""
    held = delivery.update().where(delivery.c.state == 'held', delivery.c.channel == channel)
    return int(session.execute(held.values(state='new', due_at=at, since=at, attempts=0, error=None)).rowcount)


def kept_finding(kept: Mapping[str, Any] | None) -> Finding | None:
    """The reason in a row's error column."""
    return Finding(kept['code'], kept['pointer'], kept['params']) if kept else None


def _decide(session: Any, uid: str, states: tuple[str, ...], **values: Any) -> None:
    row = delivery.update().where(delivery.c.id == uid, delivery.c.state.in_(states))
    if not session.execute(row.values(claimed_by=None, lease_until=None, **values)).rowcount:
        raise Conflict.of('HOK-E005')
