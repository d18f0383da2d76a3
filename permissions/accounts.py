"""Accounts written straight to FAB's tables, so that its login accepts them; no Flask needed. Functions never commit."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash
from zxcvbn import zxcvbn

from permissions.actors import bump_rights
from permissions.fab_tables import roles, user_roles, users
from permissions.sync import PUBLIC_ROLE
from permissions.tables import account_security, team, team_member
from schema.base.errors import Invalid, require_clean
from schema.base.findings import Finding, finding, nearest
from schema.base.ids import new_uid

SHORTEST_PASSWORD = 8
LEAST_SCORE = 2  # of zxcvbn's 0 to 4: beyond 100 million guesses
JUDGED_LETTERS = 72  # its work grows with the square of the length
PRODUCT_WORDS = ('trellis', 'matkhau', 'xinchao', 'khachhang')
LONGEST_NAME = 64
_USERNAME = re.compile(r'[A-Za-z0-9][A-Za-z0-9._-]{1,63}')
_EMAIL = re.compile(r'[^@\s]{1,64}@[^@\s]+\.[^@\s.]+')


@dataclass(frozen=True)
class NewUser:
    """A user to be made. `last_name` is the family name with middle names, shown first; `teams` is `{team name: leads it}`."""

    username: str
    first_name: str
    last_name: str
    email: str
    password: str
    role_keys: tuple[str, ...] = ()
    teams: Mapping[str, bool] = field(default_factory=dict)
    must_change_password: bool = False


def create_user(session: Session, new: NewUser, *, now: datetime, judged: bool = True) -> int:
    """Add an active user and return the id. Teams that do not exist yet are made. Whoever starts the installation chooses its
    first password freely: `judged` false asks only for its length.

    Raises: Invalid PRM-E013…E015, E018…E021, E028, E029, all findings at once.
    """
    bump_rights(session)
    role_ids = role_ids_by_key(session)
    password = check_password(new.password, known_words(new)) if judged else check_length(new.password)
    require_clean([*check_person(session, new), *password, *check_roles(role_ids, new.role_keys)])
    user_id: int = session.execute(
        users.insert()
        .values(
            username=new.username,
            first_name=new.first_name.strip(),
            last_name=new.last_name.strip(),
            email=new.email.strip(),
            password=hash_password(new.password),
            active=True,
            login_count=0,
            fail_login_count=0,
            # FAB's default would ask its own session who is signed in, which waits for this very transaction on SQLite.
            created_by_fk=None,
            changed_by_fk=None,
        )
        .returning(users.c.id)
    ).scalar_one()
    write_roles(session, user_id, (role_ids[key] for key in new.role_keys))
    write_teams(session, user_id, {ensure_team(session, name, now=now): leads for name, leads in new.teams.items()})
    if new.must_change_password:
        require_new_password(session, user_id)
    return user_id


def hash_password(password: str) -> str:
    """The method and salt length that FAB uses itself."""
    return generate_password_hash(password, method='scrypt', salt_length=16)


def is_password(stored: str | None, password: str) -> bool:
    return bool(stored) and check_password_hash(str(stored), password)


def write_password(session: Session, user_id: int, password: str) -> None:
    """A password that `check_password` let pass."""
    session.execute(users.update().where(users.c.id == user_id).values(password=hash_password(password), fail_login_count=0))


def require_new_password(session: Session | sa.Connection, user_id: int, *, required: bool = True) -> None:
    """Whether the person must choose a password of their own before anything else."""
    chosen = account_security.update().where(account_security.c.user_id == user_id).values(must_change_password=required)
    if not session.execute(chosen).rowcount:  # type: ignore[attr-defined]
        session.execute(account_security.insert().values(user_id=user_id, must_change_password=required))


def write_roles(session: Session, user_id: int, role_ids: Iterable[int]) -> None:
    """Replace the user's roles."""
    session.execute(user_roles.delete().where(user_roles.c.user_id == user_id))
    rows = [{'user_id': user_id, 'role_id': role_id} for role_id in sorted(set(role_ids))]
    if rows:
        session.execute(user_roles.insert(), rows)


def write_teams(session: Session, user_id: int, teams: Mapping[int, bool]) -> None:
    """Replace the user's teams by `{team id: leads it}`."""
    session.execute(team_member.delete().where(team_member.c.user_id == user_id))
    rows = [{'team_id': team_id, 'user_id': user_id, 'is_leader': leads} for team_id, leads in teams.items()]
    if rows:
        session.execute(team_member.insert(), rows)


def ensure_team(session: Session, name: str, *, now: datetime) -> int:
    """The id of the team with this name, made when missing."""
    found = session.execute(sa.select(team.c.id).where(team.c.name == name)).scalar()
    if found is None:
        found = session.execute(
            team.insert().values(uid=new_uid(), name=name, created_at=now).returning(team.c.id)
        ).scalar_one()
    return int(found)


def role_ids_by_key(session: Session) -> dict[str, int]:
    """`{role key: FAB's role id}` of the roles that can be given."""
    rows = session.execute(sa.select(roles.c.name, roles.c.id).where(roles.c.name != PUBLIC_ROLE))
    return {row.name: row.id for row in rows}


def check_roles(known: Collection[str], keys: Iterable[str]) -> list[Finding]:
    return [
        finding('PRM-E015', '/roles', value=key[:80], hint=nearest(key, known) or ', '.join(sorted(known)))
        for key in keys
        if key not in known
    ]


def check_password(password: str, words: Iterable[str] = (), *, pointer: str = '/password') -> list[Finding]:
    """Long enough, and not to be guessed from lists of common passwords or from `words` that belong to the person."""
    if short := check_length(password, pointer=pointer):
        return short
    strength = zxcvbn(password[:JUDGED_LETTERS], user_inputs=[*PRODUCT_WORDS, *words])
    return [finding('PRM-E029', pointer)] if strength['score'] < LEAST_SCORE else []


def check_length(password: str, *, pointer: str = '/password') -> list[Finding]:
    if len(password) < SHORTEST_PASSWORD:
        return [finding('PRM-E018', pointer, value=len(password), limit=SHORTEST_PASSWORD)]
    return []


def known_words(person: NewUser) -> list[str]:
    """What everybody knows of a person, and so would try first."""
    return [each for each in (person.username, person.first_name, person.last_name, *person.email.split('@')) if each]


def check_person(session: Session, new: NewUser, *, own_id: int | None = None) -> list[Finding]:
    """Names and address of a new or (with `own_id`) a changed user."""
    found = []
    if not _USERNAME.fullmatch(new.username):
        found.append(finding('PRM-E020', '/username', value=new.username[:80]))
    for key, text in (('first_name', new.first_name), ('last_name', new.last_name)):
        if len(text.strip()) > LONGEST_NAME:
            found.append(finding('PRM-E028', f'/{key}', value=len(text), limit=LONGEST_NAME))
    if not new.first_name.strip():
        found.append(finding('PRM-E019', '/first_name'))
    if len(new.email) > 320 or not _EMAIL.fullmatch(new.email.strip()):
        found.append(finding('PRM-E021', '/email', value=new.email[:80]))
    others = session.execute(
        sa.select(users.c.username, users.c.email).where(
            sa.or_(
                sa.func.lower(users.c.username) == new.username.lower(),
                sa.func.lower(users.c.email) == new.email.strip().lower(),
            ),
            users.c.id != (own_id or 0),
        )
    ).all()
    if any(other.username.lower() == new.username.lower() for other in others):
        found.append(finding('PRM-E013', '/username', value=new.username))
    if any(other.email.lower() == new.email.strip().lower() for other in others):
        found.append(finding('PRM-E014', '/email', value=new.email))
    return found


def require_known(known: Collection[str], value: str, code: str, pointer: str) -> None:
    """Raises: Invalid with the given code when the value is not among the known ones."""
    if value not in known:
        raise Invalid(finding(code, pointer, value=value[:80], hint=nearest(value, known) or ', '.join(sorted(known))))
