"""Messages from their writing to a person's decision about the doubtful ones. Takes sessions and instants; never commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from modules.mail.composing import clean_address, message_id
from modules.mail.tables import STATES, mail_message
from schema.base.errors import Conflict
from schema.base.ids import new_uid
from schema.base.upsert import insert_once

PAGE = 50


@dataclass(frozen=True)
class Draft:
    """A rendered mail before it is stored. `about` are refs and uid of what caused it, by column name. `unsubscribe` is the
    address of a bulk mail's List-Unsubscribe; `lane` 1 lets others go first."""

    recipient: str
    sender: str
    sender_name: str
    subject: str
    html: str
    text: str
    locale: str
    about: Mapping[str, str]
    unsubscribe: str = ''
    lane: int = 0
    attachments: Sequence[Mapping[str, Any]] = ()


def add_message(session: Any, draft: Draft, *, key: str, at: datetime, held: bool) -> str | None:
    """Store a message to be sent, in the caller's transaction; None when one with this idempotency key is there already.

    `held` keeps it back, for no mail server is set. Raises: Invalid WFL-E110 for an address that mail cannot reach.
    """
    uid = new_uid()
    values = {
        'id': uid, 'idempotency_key': key, 'recipient': clean_address(draft.recipient), 'sender': draft.sender,
        'sender_name': draft.sender_name[:200], 'subject': draft.subject, 'html': draft.html, 'text': draft.text,
        'locale': draft.locale, 'state': 'held' if held else 'new', 'attempts': 0, 'due_at': at, 'created_at': at,
        'message_id': message_id(uid, draft.sender), 'lane': draft.lane, 'unsubscribe': draft.unsubscribe or None,
        'attachments': list(draft.attachments) or None, **draft.about,
    }  # fmt: skip
    added = session.execute(insert_once(session, mail_message, 'idempotency_key').values(values))
    return uid if added.rowcount else None


def count_by_state(executor: Any) -> dict[str, int]:
    """`{state: number}` of all states, zeros included."""
    rows = executor.execute(sa.select(mail_message.c.state, sa.func.count()).group_by(mail_message.c.state))
    return {**dict.fromkeys(STATES, 0), **{row[0]: row[1] for row in rows}}


def list_messages(executor: Any, *, state: str | None = None, before: str | None = None, limit: int = PAGE) -> list[Any]:
    """Rows of mail_message without their bodies, newest first; `before` is the id of the last row of the page before."""
    shown = [column for column in mail_message.c if column.name not in {'html', 'text'}]
    statement = sa.select(*shown).order_by(mail_message.c.id.desc()).limit(limit)  # ids rise with time
    if state:
        statement = statement.where(mail_message.c.state == state)
    if before:
        statement = statement.where(mail_message.c.id < before)
    return list(executor.execute(statement))


def get_message(executor: Any, uid: str) -> Any:
    """The whole row. Raises: Conflict WFL-E116 when there is none."""
    row = executor.execute(sa.select(mail_message).where(mail_message.c.id == uid)).first()
    if row is None:
        raise Conflict.of('WFL-E116')
    return row


def send_again(session: Any, uid: str, at: datetime) -> None:
    """A person's decision to send an uncertain or failed mail once more. Raises: Conflict WFL-E116."""
    _decide(session, uid, ('uncertain', 'failed'), state='new', due_at=at, created_at=at, attempts=0, error=None)


def mark_sent(session: Any, uid: str, at: datetime) -> None:
    """A person's finding that an uncertain mail did arrive. Raises: Conflict WFL-E116."""
    _decide(session, uid, ('uncertain',), state='sent', sent_at=at, error=None)


def release_held(session: Any, at: datetime) -> int:
    """Let all mails go that were kept back while no server was set; how many."""
    held = mail_message.update().where(mail_message.c.state == 'held').values(state='new', due_at=at, created_at=at)
    return int(session.execute(held).rowcount)


def _decide(session: Any, uid: str, states: tuple[str, ...], **values: Any) -> None:
    row = mail_message.update().where(mail_message.c.id == uid, mail_message.c.state.in_(states))
    if not session.execute(row.values(claimed_by=None, lease_until=None, **values)).rowcount:
        raise Conflict.of('WFL-E116')
