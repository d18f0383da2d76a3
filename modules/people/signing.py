"""Checking a password and keeping the sign-in log, in transactions of its own. Free of Flask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.people.tables import sign_in
from permissions.accounts import hash_password, is_password
from permissions.fab_tables import users
from schema.base.database import Database

MOST_FAILURES = 10
WINDOW = timedelta(minutes=10)
LOG_SIZE = 200


@dataclass(frozen=True)
class SignIn:
    """One attempt; `name` is what was typed."""

    name: str
    succeeded: bool
    address: str
    at: datetime


@cache
def _nobodys_password() -> str:
    """Compared with when there is no such user, so that both answers take as long."""
    return hash_password('nobody has this password')


def sign_in_user(database: Database, username: str, password: str, address: str, now: datetime) -> int | None:
    """The id of the active user whose user name or e-mail and password these are, or None. The attempt is logged.

    After ten failures for one name from one address within ten minutes every attempt from there fails, right or wrong; other
    addresses are not held up, so that nobody can lock a colleague out.
    """
    name = username.strip()[:128]
    with database.reading() as connection:
        row = connection.execute(
            sa.select(users.c.id, users.c.password)
            .where(
                sa.or_(users.c.username == name, sa.func.lower(users.c.email) == name.lower()), users.c.active.is_(sa.true())
            )
            .order_by((users.c.username == name).desc())
            .limit(1)
        ).first()
        failures = connection.execute(
            sa.select(sa.func.count())
            .select_from(sign_in)
            .where(
                sign_in.c.username == name,
                sign_in.c.address == address[:64],
                sign_in.c.succeeded.is_(sa.false()),
                sign_in.c.at > now - WINDOW,
            )
        ).scalar_one()
    # The hash takes a tenth of a second, which no connection and no write lock should have to wait for.
    fits = is_password(row.password if row else _nobodys_password(), password) and row is not None
    user_id = int(row.id) if row is not None and fits and failures < MOST_FAILURES else None
    with database.writing() as connection:
        connection.execute(
            sign_in.insert().values(
                user_id=row.id if row else None, username=name, succeeded=user_id is not None, address=address[:64], at=now
            )
        )
        if user_id is not None:
            connection.execute(
                users.update()
                .where(users.c.id == user_id)
                .values(login_count=sa.func.coalesce(users.c.login_count, 0) + 1, fail_login_count=0)
            )
    return user_id


def list_sign_ins(session: Session) -> list[SignIn]:
    """The latest attempts, newest first."""
    rows = session.execute(
        sa.select(sign_in.c.username, sign_in.c.succeeded, sign_in.c.address, sign_in.c.at)
        .order_by(sign_in.c.id.desc())
        .limit(LOG_SIZE)
    )
    return [SignIn(*row) for row in rows]
