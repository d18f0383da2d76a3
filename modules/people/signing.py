"""Checking a password and keeping the sign-in log, in transactions of its own. Free of Flask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.people import two_step
from modules.people.noting import note_own
from modules.people.tables import sign_in
from permissions.accounts import hash_password, is_password
from permissions.actors import role_key
from permissions.fab_tables import roles, user_roles, users
from schema.base import audit
from schema.base.database import Database
from schema.base.sealing import Seal

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


@dataclass(frozen=True)
class Checked:
    """What a password, and perhaps a code, amounts to: `user_id` whose it is, whether a code of theirs is still missing, and
    whether the right password was given for an account that passwords do not open."""

    user_id: int | None
    needs_code: bool = False
    is_closed: bool = False

    @property
    def opens(self) -> bool:
        return self.user_id is not None and not self.needs_code


@dataclass(frozen=True)
class Doors:
    """Which passwords open: the one kept here for everybody (`roles` None) or for people with one of these roles alone; and a
    directory's, which `ask(name, password)` takes to an account here, or None."""

    roles: frozenset[str] | None = None
    ask: Callable[[str, str], int | None] | None = None


EVERY_DOOR = Doors()


def sign_in_user(
    database: Database, seal: Seal, username: str, password: str, address: str, now: datetime, *, code: str = '',
    doors: Doors = EVERY_DOOR,
) -> Checked:  # fmt: skip
    """Check a user name or e-mail with its password and, for who has a second step, a code. The attempt is logged, except a
    right password whose code is yet to come.

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
        braked = _is_braked(connection, name, address, now)
        closed = row is not None and not _opens(connection, doors, row.id)
    # The hash takes a tenth of a second, which no connection and no write lock should have to wait for.
    fits = is_password(row.password if row else _nobodys_password(), password) and row is not None
    user_id, way = int(row.id) if row is not None and fits and not closed and not braked else None, 'password'
    if user_id is None and doors.ask is not None and not braked:
        user_id = doors.ask(name, password)
        way = 'password' if user_id is None else 'ldap'
    if user_id is None:
        with database.writing() as connection:
            why = 'too many attempts' if braked else 'password'
            _log(connection, row.id if row else None, name, address, now, succeeded=False, way=why)
        return Checked(None, is_closed=fits and closed and not braked)
    if code and _asks_code(database, user_id):
        return check_code(database, seal, user_id, name, code, address, now)
    return let_in(database, user_id, name, address, now, way=way)


def let_in(database: Database, user_id: int, name: str, address: str, now: datetime, *, way: str) -> Checked:
    """Somebody whose password was right, or whom a sign-in service vouches for; logged, unless a code is still to come."""
    if _asks_code(database, user_id):
        return Checked(user_id, needs_code=True)
    with database.writing() as connection:
        _log(connection, user_id, name, address, now, succeeded=True, way=way)
    return Checked(user_id)


def turn_away(database: Database, name: str, address: str, now: datetime, *, way: str) -> None:
    """Note that a sign-in service vouched for nobody, or for somebody without an account."""
    with database.writing() as connection:
        _log(connection, None, name.strip()[:128], address, now, succeeded=False, way=way)


def _asks_code(database: Database, user_id: int) -> bool:
    with database.reading() as connection:
        return two_step.is_on(connection, user_id)


def _opens(connection: sa.Connection, doors: Doors, user_id: int) -> bool:
    if doors.roles is None:
        return True
    held = connection.execute(
        sa.select(roles.c.name).join(user_roles, user_roles.c.role_id == roles.c.id).where(user_roles.c.user_id == user_id)
    ).scalars()
    return bool({role_key(name) for name in held} & doors.roles)


def check_code(database: Database, seal: Seal, user_id: int, name: str, code: str, address: str, now: datetime) -> Checked:
    """The second step of somebody whose password was right. Wrong codes count as failures of the same name."""
    with database.writing() as connection:
        fits = not _is_braked(connection, name, address, now) and two_step.accepts(connection, seal, user_id, code, now)
        _log(connection, user_id, name, address, now, succeeded=fits, way='code')
    return Checked(user_id) if fits else Checked(None)


def _is_braked(connection: sa.Connection, name: str, address: str, now: datetime) -> bool:
    failures: int = connection.execute(
        sa.select(sa.func.count())
        .select_from(sign_in)
        .where(
            sign_in.c.username == name,
            sign_in.c.address == address[:64],
            sign_in.c.succeeded.is_(sa.false()),
            sign_in.c.at > now - WINDOW,
        )
    ).scalar_one()
    return failures >= MOST_FAILURES


def _log(
    connection: sa.Connection, user_id: int | None, name: str, address: str, now: datetime, *, succeeded: bool, way: str
) -> None:
    """For the brake, and for the audit log: `way` is what let them in or turned them away."""
    connection.execute(
        sign_in.insert().values(user_id=user_id, username=name, succeeded=succeeded, address=address[:64], at=now)
    )
    if not succeeded or user_id is None:
        audit.note(connection, 'sign_in_failed', actor=None, subject=name, params={'reason': way}, address=address, now=now)
    else:
        note_own(connection, 'sign_in', user_id, now, address=address, way=way)
    if succeeded:
        connection.execute(
            users.update()
            .where(users.c.id == user_id)
            .values(login_count=sa.func.coalesce(users.c.login_count, 0) + 1, fail_login_count=0)
        )


def list_sign_ins(session: Session) -> list[SignIn]:
    """The latest attempts, newest first."""
    rows = session.execute(
        sa.select(sign_in.c.username, sign_in.c.succeeded, sign_in.c.address, sign_in.c.at)
        .order_by(sign_in.c.id.desc())
        .limit(LOG_SIZE)
    )
    return [SignIn(*row) for row in rows]
