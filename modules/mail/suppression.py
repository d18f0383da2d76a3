"""Addresses that asked for quiet, the signed links by which they ask, and how many messages a day went to each.

Takes sessions and instants; never commits. Knows no workflow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from modules.mail.composing import clean_address
from modules.mail.tables import message_count, suppression
from modules.ops.settings import Settings
from schema.base.errors import Invalid, NotFound
from schema.base.upsert import insert_once

Channel = Literal['mail', 'sms', 'zns']
Reason = Literal['unsubscribed', 'blocked']
CHANNELS: tuple[str, ...] = get_args(Channel)
RULE = 'rule'
SALT = 'unsubscribe'
PAGE = 50


@dataclass(frozen=True)
class Subscriber:
    """Whom a link is about: the channel and address that it was made for, and the language to speak."""

    channel: str
    address: str
    locale: str


def tidy_address(channel: str, address: str) -> str:
    """One spelling for each address: mail in lower case, numbers as digits alone. Raises: Invalid WFL-E110."""
    if channel == 'mail':
        return clean_address(address.strip()).lower()
    return ''.join(each for each in address if each.isdigit())[:320]


# --- links ---------------------------------------------------------------------------------------------------------------


def unsubscribe_link(settings: Settings, address: str, locale: str, channel: Channel = 'mail') -> str:
    """The page on which whoever reads a message sent to this address can ask for quiet. Signed, without an end: a mail may be
    read years later. Raises: Invalid WFL-E110."""
    token = _serializer(settings).dumps([channel, tidy_address(channel, address), locale])
    return f'{settings.base_url}/unsubscribe/{token if isinstance(token, str) else token.decode()}'


def read_link(settings: Settings, token: str) -> Subscriber:
    """Raises: NotFound WFL-E120 for what was not signed here."""
    try:
        channel, address, locale = _serializer(settings).loads(token[:2000])
    except (BadSignature, ValueError, TypeError) as error:
        raise NotFound.of('WFL-E120') from error
    return Subscriber(str(channel), str(address), str(locale))


def _serializer(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(settings.secret_key, salt=SALT)


# --- who is left in peace ------------------------------------------------------------------------------------------------


def suppress(session: Any, channel: str, address: str, reason: Reason, *, at: datetime, source: str = '') -> bool:
    """Leave an address in peace; False when it is already. A block also replaces what its holder asked for.

    Raises: Invalid WFL-E110 for no address, WFL-E121 for another channel."""
    if channel not in CHANNELS:
        raise Invalid.of('WFL-E121', '/channel', value=channel[:20], choices=[*CHANNELS])
    clean = tidy_address(channel, address)
    values = {'channel': channel, 'address': clean, 'reason': reason, 'at': at, 'source': source[:200]}
    added = session.execute(insert_once(session, suppression, 'channel', 'address').values(values))
    if added.rowcount:
        return True
    weaker = (*_of(channel, clean), suppression.c.reason == 'unsubscribed')
    return reason == 'blocked' and bool(session.execute(suppression.update().where(*weaker).values(values)).rowcount)


def release(session: Any, channel: str, address: str, *, only: Reason | None = None) -> bool:
    """Let messages go there again; `only` keeps what stands for another reason. False when nothing stood."""
    kept = (suppression.c.reason == only,) if only else ()
    return bool(session.execute(suppression.delete().where(*_of(channel, tidy_address(channel, address)), *kept)).rowcount)


def suppressed(executor: Any, channel: str, address: str) -> Reason | None:
    """Why nothing goes to an address, or None."""
    found = executor.execute(sa.select(suppression.c.reason).where(*_of(channel, tidy_address(channel, address)))).scalar()
    return found if found in get_args(Reason) else None


def list_suppressed(executor: Any, search: str = '', limit: int = PAGE, offset: int = 0) -> list[Any]:
    """Rows of `suppression`, newest first."""
    wanted = (suppression.c.address.contains(search.strip().lower(), autoescape=True),) if search.strip() else ()
    newest = sa.select(suppression).where(*wanted).order_by(suppression.c.at.desc(), suppression.c.id.desc())
    return list(executor.execute(newest.limit(limit).offset(offset)))


def _of(channel: str, clean: str) -> tuple[sa.ColumnElement[bool], ...]:
    return suppression.c.channel == channel, suppression.c.address == clean


# --- how many a day ------------------------------------------------------------------------------------------------------


def count_one(session: Session, scope: str, key: str, day: date, cap: int) -> bool:
    """Take one of a day's `cap` messages; False when they are used up. Counts with the caller's transaction."""
    dialect = postgresql if session.get_bind().dialect.name == 'postgresql' else sqlite
    counts = message_count
    row = dialect.insert(counts).values(scope=scope, key=key[:320], day=day, sent=1)
    again = row.on_conflict_do_update(
        index_elements=[counts.c.scope, counts.c.key, counts.c.day], set_={'sent': counts.c.sent + 1}, where=counts.c.sent < cap
    )
    return cap > 0 and session.execute(again.returning(counts.c.sent)).scalar() is not None


def uncount_one(session: Session, scope: str, key: str, day: date) -> None:
    """Give a place back that was taken in the same transaction."""
    counts = message_count
    of_day = (counts.c.scope == scope, counts.c.key == key[:320], counts.c.day == day)
    session.execute(counts.update().where(*of_day).values(sent=counts.c.sent - 1))
