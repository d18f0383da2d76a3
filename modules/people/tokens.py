"""API tokens: made once, shown once, kept as a hash. Knows no request."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from modules.people.tables import api_token
from permissions.tables import ab_user
from schema.versions import ONLY_ROW, State, read_state, schema_state

MARK = 'trl_'  # tells a token of ours from a JWT at a glance, and lets secret scanners find it
SHOWN = 12
DAYS = 365

Executor = Any  # sa.Connection or Session


@dataclass(frozen=True)
class TokenView:
    """What may be shown of a token after it was made."""

    id: int
    name: str
    prefix: str
    created_at: datetime
    expires_at: datetime | None


def is_token(text: str) -> bool:
    return text.startswith(MARK)


def create_token(executor: Executor, user_id: int, name: str, now: datetime, *, days: int | None = DAYS) -> str:
    """A new token in clear, never to be seen again. `days` None means without end. Does not commit."""
    token = MARK + secrets.token_urlsafe(32)
    executor.execute(
        api_token.insert().values(
            user_id=user_id,
            name=name,
            prefix=token[:SHOWN],
            hash=_hash(token),
            created_at=now,
            expires_at=now + timedelta(days=days) if days is not None else None,
        )
    )
    return token


def authenticate_token(connection: Executor, token: str, now: datetime) -> int | None:
    """The active user behind a token; None when it is unknown, expired or withdrawn."""
    row = connection.execute(
        sa.select(api_token.c.user_id, api_token.c.expires_at)
        .join(ab_user, ab_user.c.id == api_token.c.user_id)
        .where(api_token.c.hash == _hash(token), api_token.c.revoked_at.is_(None), ab_user.c.active.is_(sa.true()))
    ).first()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    user_id: int = row.user_id
    return user_id


def state_and_owner(connection: Executor, token: str | None, now: datetime) -> tuple[State | None, int | None]:
    """The live version row and the active user behind a token, in one statement, for every request begins with it."""
    if token is None:
        return read_state(connection), None
    row = connection.execute(_STATE_AND_OWNER, {'digest': _hash(token)}).first()
    if row is None:
        return None, None
    ended = row.expires_at is not None and row.expires_at <= now
    return State(row.active, row.min_writer, row.rights_epoch), None if ended else row.user_id


def list_tokens(executor: Executor, user_id: int) -> list[TokenView]:
    """The user's tokens that were not withdrawn, newest first."""
    rows = executor.execute(
        sa.select(api_token.c.id, api_token.c.name, api_token.c.prefix, api_token.c.created_at, api_token.c.expires_at)
        .where(api_token.c.user_id == user_id, api_token.c.revoked_at.is_(None))
        .order_by(api_token.c.id.desc())
    )
    return [TokenView(*row) for row in rows]


def revoke_token(executor: Executor, user_id: int, token_id: int, now: datetime) -> None:
    """Withdraw one token of the user; harmless when it is gone already. Does not commit."""
    executor.execute(
        api_token.update()
        .where(api_token.c.id == token_id, api_token.c.user_id == user_id, api_token.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def _hash(token: str) -> str:
    """A plain SHA-256 is enough: the token itself is 256 random bits, so nobody can guess it from the hash."""
    return sha256(token.encode()).hexdigest()


_OWNED = api_token.join(ab_user, sa.and_(ab_user.c.id == api_token.c.user_id, ab_user.c.active.is_(sa.true())))
_STATE_AND_OWNER = (
    sa.select(
        schema_state.c.active,
        schema_state.c.min_writer,
        schema_state.c.rights_epoch,
        api_token.c.user_id,
        api_token.c.expires_at,
    )
    .select_from(
        schema_state.outerjoin(_OWNED, sa.and_(api_token.c.hash == sa.bindparam('digest'), api_token.c.revoked_at.is_(None)))
    )
    .where(schema_state.c.id == ONLY_ROW)
)
