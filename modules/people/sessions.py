"""Where people are signed in: one row for each browser, so that a session can be seen and ended. Free of Flask.

The browser holds a random key in its signed cookie, the row its hash. A request whose row is missing or ended has no actor.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from modules.people.tables import web_session
from permissions.actors import bump_rights
from permissions.tables import ab_user, account_security
from schema.versions import ONLY_ROW, State, read_state, schema_state

SESSION_KEY = 'sid'  # in the browser's signed cookie
LONGEST = timedelta(days=30)
SEEN_EVERY = timedelta(minutes=5)  # how exact "last seen" is; noting every request would make each of them a write
AGENT_LENGTH = 200

Executor = Any  # sa.Connection or Session


@dataclass(frozen=True)
class SessionView:
    """What a person sees of one of their sessions."""

    id: int
    agent: str
    address: str
    created_at: datetime
    seen_at: datetime
    here: bool


@dataclass(frozen=True)
class Found:
    """The session behind a key: whose it is, whether it is time to note that it is in use, and whom it looks through."""

    user_id: int
    stale: bool
    viewing_as: str | None = None
    viewing_until: datetime | None = None


def open_session(executor: Executor, user_id: int, now: datetime, *, address: str = '', agent: str = '') -> str:
    """A new session's key, kept nowhere but in the cookie. Does not commit."""
    key = secrets.token_urlsafe(32)
    executor.execute(
        web_session.insert().values(
            user_id=user_id, hash=_hash(key), address=address[:64], agent=agent[:AGENT_LENGTH], created_at=now, seen_at=now
        )
    )
    return key


def state_and_session(connection: Executor, key: str | None, now: datetime) -> tuple[State | None, Found | None]:
    """The live version row and the session behind a key, in one statement, for every request of a browser begins with it."""
    if key is None:
        return read_state(connection), None
    row = connection.execute(_STATE_AND_SESSION, {'digest': _hash(key)}).first()
    if row is None:
        return None, None
    state = State(row.active, row.min_writer, row.rights_epoch)
    if row.user_id is None or row.created_at + LONGEST <= now:
        return state, None
    return state, Found(row.user_id, row.seen_at + SEEN_EVERY <= now, row.viewing_as, row.viewing_until)


def note_seen(executor: Executor, key: str, now: datetime, *, address: str = '') -> None:
    executor.execute(web_session.update().where(web_session.c.hash == _hash(key)).values(seen_at=now, address=address[:64]))


def look_through(executor: Executor, key: str, viewing_as: str | None, until: datetime | None) -> bool:
    """Whom an open session looks through from now on, None for its own person; whether that differs. Does not commit."""
    known = web_session.c.viewing_as
    differs = known.is_not(None) if viewing_as is None else sa.or_(known.is_(None), known != viewing_as)
    changed = executor.execute(
        web_session.update()
        .where(web_session.c.hash == _hash(key), web_session.c.ended_at.is_(None), differs)
        .values(viewing_as=viewing_as, viewing_until=until)
    )
    return bool(changed.rowcount)


def list_sessions(executor: Executor, user_id: int, now: datetime, *, here: str | None = None) -> list[SessionView]:
    """The user's open sessions, the last used first; `here` is the key of the asking browser."""
    rows = executor.execute(
        sa.select(web_session)
        .where(web_session.c.user_id == user_id, web_session.c.ended_at.is_(None), web_session.c.created_at > now - LONGEST)
        .order_by(web_session.c.seen_at.desc(), web_session.c.id.desc())
    )
    mine = _hash(here) if here else ''
    return [SessionView(row.id, row.agent, row.address, row.created_at, row.seen_at, row.hash == mine) for row in rows]


def end_session(executor: Executor, user_id: int, session_id: int, now: datetime) -> None:
    """End one session of the user; harmless when it has ended already. Does not commit."""
    executor.execute(_open_ones(user_id).where(web_session.c.id == session_id).values(ended_at=now))


def end_here(executor: Executor, key: str, now: datetime) -> None:
    """Signing out. Does not commit."""
    executor.execute(
        web_session.update().where(web_session.c.hash == _hash(key), web_session.c.ended_at.is_(None)).values(ended_at=now)
    )


def end_all(executor: Executor, user_id: int, now: datetime, *, but: str | None = None) -> None:
    """End every session and every signed access token of the user; `but` is the key of a session that goes on.

    API tokens stay: they are withdrawn one by one, or with the account. Does not commit.
    """
    ended = _open_ones(user_id).values(ended_at=now)
    executor.execute(ended.where(web_session.c.hash != _hash(but)) if but else ended)
    changed = executor.execute(
        account_security.update()
        .where(account_security.c.user_id == user_id)
        .values(token_epoch=account_security.c.token_epoch + 1)
    )
    if not changed.rowcount:
        executor.execute(account_security.insert().values(user_id=user_id, token_epoch=1))
    bump_rights(executor)


def _open_ones(user_id: int) -> sa.Update:
    return web_session.update().where(web_session.c.user_id == user_id, web_session.c.ended_at.is_(None))


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()


_OWNED = web_session.join(ab_user, sa.and_(ab_user.c.id == web_session.c.user_id, ab_user.c.active.is_(sa.true())))
_STATE_AND_SESSION = (
    sa.select(
        schema_state.c.active, schema_state.c.min_writer, schema_state.c.rights_epoch, web_session.c.user_id,
        web_session.c.created_at, web_session.c.seen_at, web_session.c.viewing_as, web_session.c.viewing_until,
    )
    .select_from(
        schema_state.outerjoin(_OWNED, sa.and_(web_session.c.hash == sa.bindparam('digest'), web_session.c.ended_at.is_(None)))
    )
    .where(schema_state.c.id == ONLY_ROW)
)  # fmt: skip
