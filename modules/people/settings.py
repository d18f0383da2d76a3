"""A person's own settings: names, address, language, zone, theme, shortcuts, password. Free of Flask."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.people import sessions
from modules.people.noting import Noting
from permissions import accounts
from permissions.accounts import NewUser
from permissions.actors import bump_rights, full_name
from permissions.fab_tables import users
from permissions.tables import user_preference
from schema.base import audit
from schema.base.actor import Actor
from schema.base.database import Database
from schema.base.errors import Invalid, require_clean
from schema.base.findings import Finding, finding

LOCALES = ('en', 'vi')
THEMES = ('auto', 'light', 'dark')


@dataclass(frozen=True)
class Settings:
    last_name: str
    first_name: str
    email: str
    locale: str
    timezone: str
    theme: str
    shortcuts: bool = True

    def as_values(self) -> dict[str, Any]:
        return asdict(self)


def read_settings(session: Session, actor: Actor) -> Settings:
    """What the person has chosen, with the actor's values where they chose nothing."""
    row = session.execute(
        sa.select(users.c.last_name, users.c.first_name, users.c.email, user_preference.c.theme, user_preference.c.shortcuts)
        .select_from(users.outerjoin(user_preference, user_preference.c.user_id == users.c.id))
        .where(users.c.id == actor.user_id)
    ).one()
    shortcuts = True if row.shortcuts is None else row.shortcuts
    return Settings(row.last_name, row.first_name, row.email, actor.locale, actor.timezone, row.theme or 'auto', shortcuts)


def write_settings(session: Session, actor: Actor, wished: Settings, now: datetime) -> None:
    """Raises: Invalid PRM-E014, E019, E021, E024, E028, all findings at once. Does not commit."""
    bump_rights(session)
    assert actor.user_id is not None
    person = NewUser(actor.username, wished.first_name, wished.last_name, wished.email, '')
    require_clean([*accounts.check_person(session, person, own_id=actor.user_id), *_check_choices(wished)])
    own = users.c.id == actor.user_id
    names = {'last_name': wished.last_name.strip(), 'first_name': wished.first_name.strip(), 'email': wished.email.strip()}
    before = session.execute(sa.select(users.c.last_name, users.c.first_name, users.c.email).where(own)).one()
    session.execute(users.update().where(own).values(names))
    Noting(session, actor, now).renamed(actor.username, _told(*before), _told(**names))
    chosen = {'locale': wished.locale, 'timezone': wished.timezone, 'theme': wished.theme, 'shortcuts': wished.shortcuts}
    changed = session.execute(user_preference.update().where(user_preference.c.user_id == actor.user_id).values(**chosen))
    if not changed.rowcount:  # type: ignore[attr-defined]
        session.execute(user_preference.insert().values(user_id=actor.user_id, **chosen))


def _told(last_name: str, first_name: str, email: str) -> dict[str, str]:
    return {'name': full_name(first_name, last_name), 'email': email}


def change_password(
    database: Database, actor: Actor, present: str, new: str, again: str, *, now: datetime, here: str | None = None
) -> None:
    """Replace the person's own password and sign them out everywhere but in the session `here`.

    Raises: Invalid PRM-E018, E022, E023, E029, E033 when nothing would change.
    """
    found: list[Finding] = []
    if not is_own_password(database, actor, present):
        found.append(finding('PRM-E022', '/password'))
    words = [actor.username, *actor.name.split(), *(actor.email or '').split('@')]
    found += accounts.check_password(new, words, pointer='/new_password')
    if new == present:
        found.append(finding('PRM-E033', '/new_password'))
    if new != again:
        found.append(finding('PRM-E023', '/again'))
    if found:
        raise Invalid(*found)
    hashed = accounts.hash_password(new[:1000])  # takes a tenth of a second, so no lock is held meanwhile
    with database.writing() as connection:
        connection.execute(users.update().where(users.c.id == actor.user_id).values(password=hashed))
        accounts.require_new_password(connection, int(actor.user_id or 0), required=False)
        sessions.end_all(connection, int(actor.user_id or 0), now, but=here)
        audit.note(connection, 'password_changed', actor=actor, subject=actor.username, now=now)


def is_own_password(database: Database, actor: Actor, password: str) -> bool:
    """Whether the person in front of the browser knows the password."""
    with database.reading() as connection:
        stored = connection.execute(sa.select(users.c.password).where(users.c.id == actor.user_id)).scalar()
    return accounts.is_password(stored, password[:1000])


def _check_choices(wished: Settings) -> list[Finding]:
    offered = (
        ('locale', wished.locale, LOCALES),
        ('timezone', wished.timezone, available_timezones()),
        ('theme', wished.theme, THEMES),
    )
    return [
        finding('PRM-E024', f'/{key}', value=value[:80], hint=', '.join(choices) if len(choices) < 9 else 'Asia/Ho_Chi_Minh')
        for key, value, choices in offered
        if value not in choices
    ]
