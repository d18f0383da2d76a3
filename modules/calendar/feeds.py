"""Calendar feeds: made once, shown once, kept as a hash, ended at any time. Knows no request and no record.

Whoever holds the address reads what its owner may read at that moment, and never more.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.calendar.tables import calendar_feed
from permissions.tables import ab_user
from schema.base import audit
from schema.base.actor import Actor
from schema.base.errors import Invalid, NotFound

Executor = sa.Connection | Session
MOST_FEEDS = 10
LONGEST_NAME = 100
USED_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class Feed:
    """What may be shown of a feed after it was made."""

    id: int
    user_id: int
    name: str
    everyone: bool
    created_at: datetime
    last_used_at: datetime | None


def make_feed(executor: Executor, actor: Actor, name: str, now: datetime, *, everyone: bool = False) -> str:
    """A new secret in clear, never to be seen again. Noted; does not commit. Raises: Invalid CAL-E002, CAL-E003."""
    name = ' '.join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid.of('CAL-E002', '/name', limit=LONGEST_NAME)
    if len(feeds_of(executor, actor)) >= MOST_FEEDS:
        raise Invalid.of('CAL-E003', limit=MOST_FEEDS)
    secret = secrets.token_urlsafe(32)
    executor.execute(
        calendar_feed.insert().values(user_id=actor.user_id, name=name, hash=_hash(secret), everyone=everyone, created_at=now)
    )
    audit.note(executor, 'feed_made', actor=actor, subject=actor.username, params={'name': name}, now=now)
    return secret


def feeds_of(executor: Executor, actor: Actor) -> list[Feed]:
    """The person's feeds that were not ended, newest first."""
    rows = executor.execute(
        sa.select(calendar_feed)
        .where(calendar_feed.c.user_id == actor.user_id, calendar_feed.c.revoked_at.is_(None))
        .order_by(calendar_feed.c.id.desc())
    )
    return [_feed(row) for row in rows]


def end_feed(executor: Executor, actor: Actor, feed_id: int, now: datetime) -> None:
    """From the next request on the address answers nothing. Noted; does not commit. Raises: NotFound CAL-E004."""
    mine = (calendar_feed.c.id == feed_id, calendar_feed.c.user_id == actor.user_id, calendar_feed.c.revoked_at.is_(None))
    name = executor.execute(sa.select(calendar_feed.c.name).where(*mine)).scalar()
    if name is None:
        raise NotFound.of('CAL-E004')
    executor.execute(calendar_feed.update().where(*mine).values(revoked_at=now))
    audit.note(executor, 'feed_ended', actor=actor, subject=actor.username, params={'name': name}, now=now)


def end_all(executor: Executor, user_id: int, username: str, *, by: Actor, now: datetime) -> None:
    """End every feed of a person. Noted; does not commit."""
    mine = (calendar_feed.c.user_id == user_id, calendar_feed.c.revoked_at.is_(None))
    ended = calendar_feed.update().where(*mine).values(revoked_at=now).returning(calendar_feed.c.name)
    for name in executor.execute(ended).scalars().all():
        audit.note(executor, 'feed_ended', actor=by, subject=username, params={'name': name}, now=now)


def feed_behind(executor: Executor, secret: str) -> Feed | None:
    """The feed of a secret, while it is not ended and its owner's account is active."""
    row = executor.execute(
        sa.select(calendar_feed)
        .join(ab_user, ab_user.c.id == calendar_feed.c.user_id)
        .where(
            calendar_feed.c.hash == _hash(secret[:200]), calendar_feed.c.revoked_at.is_(None), ab_user.c.active.is_(sa.true())
        )
    ).first()
    return _feed(row) if row is not None else None


def note_read(executor: Executor, feed: Feed, now: datetime) -> None:
    """Does not commit."""
    executor.execute(calendar_feed.update().where(calendar_feed.c.id == feed.id).values(last_used_at=now))


def is_unnoted(feed: Feed, now: datetime) -> bool:
    """Whether its use was last noted so long ago that it is worth a write."""
    return feed.last_used_at is None or feed.last_used_at + USED_EVERY <= now


def _feed(row: sa.Row[tuple[object, ...]]) -> Feed:
    return Feed(row.id, row.user_id, row.name, row.everyone, row.created_at, row.last_used_at)


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
