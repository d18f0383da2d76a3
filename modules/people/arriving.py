"""People who come from another sign-in service: which account is theirs, made at the first visit when that is allowed, with
the roles that their groups stand for. Knows no protocol; free of Flask."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.ops.sign_in_services import SignInServices
from modules.people.service import People
from modules.people.tables import external_identity
from permissions.accounts import LONGEST_NAME, NewUser, role_ids_by_key
from permissions.fab_tables import users
from schema.base.actor import system_actor
from schema.base.database import Database
from schema.base.errors import Conflict
from schema.base.text import fold
from schema.catalog import Catalog

NO_ADDRESS = 'unknown.invalid'
MOST_NAMES = 100


@dataclass(frozen=True)
class Identity:
    """Who a service says somebody is. `subject` is its lasting name for them; `is_email_proved` tells that it has made sure
    the address is theirs."""

    provider: str
    subject: str
    username: str
    first_name: str = ''
    last_name: str = ''
    email: str = ''
    is_email_proved: bool = False
    groups: tuple[str, ...] = ()


def arrive(database: Database, catalog: Catalog, services: SignInServices, identity: Identity, now: datetime) -> int | None:
    """The id of the active account behind an identity; None when there is none and none may be made, or it was closed.

    An account that is known by another way is joined to the identity when the address is proved to be theirs.
    """
    with database.session() as session:
        people = People(session, catalog, now, by=system_actor(identity.provider))
        user_id = _known(session, identity, now)
        if user_id is None:
            user_id = _of_address(session, identity)
            if user_id is None:
                return None if services.closed else _make(people, services, identity)
            _join(session, user_id, identity, now)
        user = people.get_user(user_id)
        if not user.active:
            return None
        if services.follow_groups:
            _follow(people, user_id, services.roles_for(identity.groups))
        return user_id


def _known(session: Session, identity: Identity, now: datetime) -> int | None:
    found = session.execute(
        external_identity.update()
        .where(external_identity.c.provider == identity.provider, external_identity.c.subject == identity.subject)
        .values(seen_at=now)
        .returning(external_identity.c.user_id)
    ).scalar()
    return int(found) if found is not None else None


def _of_address(session: Session, identity: Identity) -> int | None:
    if not identity.email or not identity.is_email_proved:
        return None
    found = session.execute(sa.select(users.c.id).where(sa.func.lower(users.c.email) == identity.email.lower())).scalar()
    return int(found) if found is not None else None


def _join(session: Session, user_id: int, identity: Identity, now: datetime) -> None:
    session.execute(
        external_identity.insert().values(
            user_id=user_id, provider=identity.provider, subject=identity.subject, created_at=now, seen_at=now
        )
    )


def _make(people: People, services: SignInServices, identity: Identity) -> int:
    """A new account. Its password is known to nobody; an address that nobody proved could be somebody else's, and is left."""
    known = role_ids_by_key(people.session)
    username = _free_name(people.session, identity)
    made = people.create(
        NewUser(
            username=username,
            first_name=(identity.first_name or identity.username)[:LONGEST_NAME],
            last_name=identity.last_name[:LONGEST_NAME],
            email=identity.email if identity.email and identity.is_email_proved else f'{username}@{NO_ADDRESS}',
            password=secrets.token_urlsafe(48),
            role_keys=tuple(key for key in people.present_roles(services.roles_for(identity.groups)) if key in known),
        )
    )
    _join(people.session, made, identity, people.now)
    return made


def _free_name(session: Session, identity: Identity) -> str:
    """A user name that nobody has, near to the service's own: whose name it was before stays theirs."""
    asked = identity.username.partition('@')[0] or identity.email.partition('@')[0]
    base = re.sub(r'[^a-z0-9._-]+', '.', fold(asked)).strip('._-')[:50]
    base = base if len(base) > 1 else f'user.{base or "new"}'
    names = [base, *(f'{base}-{number}' for number in range(2, MOST_NAMES))]
    taken = set(
        session.execute(sa.select(sa.func.lower(users.c.username)).where(sa.func.lower(users.c.username).in_(names))).scalars()
    )
    return next((each for each in names if each not in taken), f'{base}-{secrets.token_hex(4)}')


def _follow(people: People, user_id: int, wanted: tuple[str, ...]) -> None:
    """Roles as the groups have them now. The last administrator stays one."""
    known = role_ids_by_key(people.session)
    keys = {key for key in people.present_roles(wanted) if key in known}
    if keys == {*people.get_user(user_id).roles}:
        return
    try:
        people.set_roles(user_id, keys)
    except Conflict:
        return
