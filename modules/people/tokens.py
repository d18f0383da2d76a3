"""API tokens: made once, shown once, kept as a hash, with an end and perhaps a limit of their own. Knows no request."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from modules.people.tables import api_token
from permissions.tables import ab_user
from schema.base import audit
from schema.base.actor import Actor, system_actor
from schema.base.limits import Limit
from schema.versions import ONLY_ROW, State, read_state, schema_state

MARK = 'trl_'  # tells a token of ours from a JWT at a glance, and lets secret scanners find it
SHOWN = 12
DAYS = 365
USED_EVERY = timedelta(minutes=5)  # how exact "last used" is; noting every request would make each of them a write

Executor = Any  # sa.Connection or Session


@dataclass(frozen=True)
class TokenView:
    """What may be shown of a token after it was made. `limit` None leaves all rights of its owner."""

    id: int
    name: str
    prefix: str
    created_at: datetime
    expires_at: datetime | None
    limit: Limit | None
    last_used_at: datetime | None

    def is_over(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True)
class Signed:
    """The token behind a request: whose it is, what it leaves of their rights, and whether to note that it is in use."""

    token_id: int
    user_id: int
    limit: Limit | None
    unnoted: bool


def is_token(text: str) -> bool:
    return text.startswith(MARK)


def create_token(
    executor: Executor, user_id: int, name: str, now: datetime, *, days: float | None = DAYS, limit: Limit | None = None,
    by: Actor | None = None,
) -> str:  # fmt: skip
    """A new token in clear, never to be seen again. `days` None means without end. Noted; does not commit."""
    token = MARK + secrets.token_urlsafe(32)
    until = now + timedelta(days=days) if days is not None else None
    scope = limit.as_json() if limit else None
    executor.execute(
        api_token.insert().values(
            user_id=user_id, name=name, prefix=token[:SHOWN], hash=_hash(token), created_at=now, expires_at=until, scope=scope
        )
    )
    told = {'name': name, 'prefix': token[:SHOWN], 'scope': limit.kind if limit else 'all'}
    _note(executor, 'token_made', user_id, by, now, **told, expires_at=until.isoformat() if until else None)
    return token


def authenticate_token(connection: Executor, token: str, now: datetime) -> int | None:
    """The active user behind a token; None when it is unknown, expired or withdrawn."""
    found = state_and_owner(connection, token, now)[1]
    return found.user_id if found else None


def state_and_owner(connection: Executor, token: str | None, now: datetime) -> tuple[State | None, Signed | None]:
    """The live version row and the token of an active user, in one statement, for every request begins with it."""
    if token is None:
        return read_state(connection), None
    row = connection.execute(_STATE_AND_OWNER, {'digest': _hash(token)}).first()
    if row is None:
        return None, None
    state = State(row.active, row.min_writer, row.rights_epoch)
    if row.id is None or row.user_id is None or (row.expires_at is not None and row.expires_at <= now):
        return state, None
    unnoted = row.last_used_at is None or row.last_used_at + USED_EVERY <= now
    return state, Signed(row.id, row.user_id, Limit.from_json(row.scope), unnoted)


def note_used(executor: Executor, token_id: int, now: datetime) -> None:
    """Does not commit."""
    executor.execute(api_token.update().where(api_token.c.id == token_id).values(last_used_at=now))


def list_tokens(executor: Executor, user_id: int) -> list[TokenView]:
    """The user's tokens that were not withdrawn, newest first."""
    rows = executor.execute(
        sa.select(api_token)
        .where(api_token.c.user_id == user_id, api_token.c.revoked_at.is_(None))
        .order_by(api_token.c.id.desc())
    )
    return [
        TokenView(
            row.id, row.name, row.prefix, row.created_at, row.expires_at, Limit.from_json(row.scope), row.last_used_at
        )
        for row in rows
    ]  # fmt: skip


def revoke_token(executor: Executor, user_id: int, token_id: int, now: datetime, *, by: Actor | None = None) -> None:
    """Withdraw one token of the user; harmless when it is gone already. Noted when it was there. Does not commit."""
    withdrawn = executor.execute(
        api_token.update()
        .where(api_token.c.id == token_id, api_token.c.user_id == user_id, api_token.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(api_token.c.name, api_token.c.prefix)
    ).first()
    if withdrawn is not None:
        _note(executor, 'token_revoked', user_id, by, now, name=withdrawn.name, prefix=withdrawn.prefix)


def revoke_all(executor: Executor, user_id: int, now: datetime, *, by: Actor | None = None) -> int:
    """Withdraw every token of the user, as when they leave; how many there were. Does not commit."""
    held = list_tokens(executor, user_id)
    for each in held:
        revoke_token(executor, user_id, each.id, now, by=by)
    return len(held)


def _note(executor: Executor, kind: str, user_id: int, by: Actor | None, now: datetime, **params: Any) -> None:
    owner = executor.execute(sa.select(ab_user.c.username).where(ab_user.c.id == user_id)).scalar() or ''
    audit.note(executor, kind, actor=by or system_actor('command line'), subject=owner, params=params, now=now)


def _hash(token: str) -> str:
    """A plain SHA-256 is enough: the token itself is 256 random bits, so nobody can guess it from the hash."""
    return sha256(token.encode()).hexdigest()


_OWNED = api_token.join(ab_user, sa.and_(ab_user.c.id == api_token.c.user_id, ab_user.c.active.is_(sa.true())))
_STATE_AND_OWNER = (
    sa.select(
        schema_state.c.active, schema_state.c.min_writer, schema_state.c.rights_epoch, api_token.c.id, api_token.c.user_id,
        api_token.c.expires_at, api_token.c.scope, api_token.c.last_used_at,
    )
    .select_from(
        schema_state.outerjoin(_OWNED, sa.and_(api_token.c.hash == sa.bindparam('digest'), api_token.c.revoked_at.is_(None)))
    )
    .where(schema_state.c.id == ONLY_ROW)
)  # fmt: skip
