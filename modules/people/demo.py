"""The people of the demonstration: one of each role, two teams. Knows no records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.orm import Session

from permissions.accounts import NewUser, create_user, role_ids_by_key
from permissions.tables import ab_user

NORTH, SOUTH = 'North', 'South'
_HOST = 'trellis.example'
# username, given name, family and middle name, role, {team: leads it}
_PEOPLE: tuple[tuple[str, str, str, str, dict[str, bool]], ...] = (
    ('admin', 'Anh', 'Phạm Quỳnh', 'admin', {}),
    ('manager', 'Hùng', 'Trần Quốc', 'manager', {}),
    ('leader', 'Hà', 'Nguyễn Thu', 'leader', {NORTH: True}),
    ('rep', 'Long', 'Đỗ Hải', 'rep', {NORTH: False}),
    ('rep2', 'Vy', 'Lê Thảo', 'rep', {SOUTH: False}),
)


def has_people(executor: sa.Connection | Session) -> bool:
    """Whether anybody has an account yet."""
    return executor.execute(sa.select(ab_user.c.id).limit(1)).first() is not None


def ensure_admin(session: Session, password: str, now: datetime) -> bool:
    """Make the user `admin` when nobody exists; True when made. Does not commit. Raises: Invalid PRM-E018."""
    if has_people(session):
        return False
    _create(session, *_PEOPLE[0], password=password, now=now)
    return True


def ensure_demo_people(
    session: Session, password: str, now: datetime, named: Mapping[str, str] = MappingProxyType({})
) -> dict[str, int]:  # fmt: skip
    """`{username: id}` of the demonstration's people; those who are missing and whose role exists are made, in teams by the
    names that `named` has for NORTH and SOUTH. Does not commit."""
    known = {row.username: row.id for row in session.execute(sa.select(ab_user.c.username, ab_user.c.id))}
    offered = role_ids_by_key(session)
    made = {}
    for username, first, last, role, teams in _PEOPLE:
        if username in known:
            made[username] = known[username]
        elif role in offered:
            theirs = {named.get(name, name): leads for name, leads in teams.items()}
            made[username] = _create(session, username, first, last, role, theirs, password=password, now=now)
    return made


def _create(
    session: Session, username: str, first: str, last: str, role: str, teams: dict[str, bool], *, password: str, now: datetime
) -> int:
    new = NewUser(username, first, last, f'{username}@{_HOST}', password, (role,), teams)
    return create_user(session, new, now=now, judged=False)
