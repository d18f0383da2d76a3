"""Viewing as somebody else: who an administrator looks through, since when, and what may not be done meanwhile. Free of Flask.

The browser's session row holds whom it looks through and until when: it ends with the session, and no cookie brings it back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from modules.people.sessions import look_through
from modules.runtime import Runtime
from permissions.actors import load_person
from permissions.policy import Policy
from permissions.tables import team
from schema.base.actor import Actor
from schema.base.audit import note
from schema.base.database import looking_only
from schema.base.errors import Forbidden, NotFound
from schema.catalog import Catalog
from schema.definitions import in_locale

LONGEST = timedelta(minutes=60)
NOBODY = 0  # a role by itself owns nothing: no account has this id
STOP = 'why.stop_viewing'
LEAVING = frozenset({STOP, 'AuthDBView.logout'})
"""What ends it, and so stays open."""
PRIVATE = ('/settings', '/api/v1/tokens', '/api/v1/security', '/view-as', '/notices')
"""A person's own account, with the keys to it, stays theirs."""


@dataclass(frozen=True)
class Target:
    """Whom to look through: a person, or a role alone, perhaps as a member of a team."""

    user_id: int | None = None
    role: str = ''
    team_id: int | None = None

    def __str__(self) -> str:
        if self.user_id is not None:
            return f'u{self.user_id}'
        return f'r{self.role}' if self.team_id is None else f'r{self.role}:{self.team_id}'

    @classmethod
    def parse(cls, text: str) -> Target:
        """What `str` spelled."""
        if text.startswith('u'):
            return cls(user_id=int(text[1:]))
        role, _, team_id = text[1:].partition(':')
        return cls(role=role, team_id=int(team_id) if team_id else None)


@dataclass(frozen=True)
class Viewing:
    """A view in progress: who really asks, through whose eyes, and when it ends. `target` is as the session row spells it."""

    real: Actor
    seen: Actor
    until: datetime
    target: str


def assumed(connection: sa.Connection, target: Target, real: Actor, catalog: Catalog, *, epoch: int | None) -> Actor | None:
    """The actor behind a target in the real person's language and zone; None when there is none (any more)."""
    if target.user_id is not None:
        person = load_person(connection, target.user_id, epoch=epoch)
        return replace(person.actor, locale=real.locale, timezone=real.timezone) if person else None
    if target.role not in catalog.roles:
        return None
    name = in_locale(catalog.roles[target.role].label, real.locale) or target.role
    role = Actor(NOBODY, name, roles=frozenset({target.role}), locale=real.locale, timezone=real.timezone)
    return role if target.team_id is None else _in_team(connection, role, target.team_id)


def _in_team(connection: sa.Connection, role: Actor, team_id: int) -> Actor | None:
    rows = connection.execute(sa.select(team.c.id, team.c.name, team.c.parent_id)).all()
    name = next((row.name for row in rows if row.id == team_id), None)
    if name is None:
        return None
    below, grown = {team_id}, 0
    while len(below) > grown:
        grown = len(below)
        below |= {row.id for row in rows if row.parent_id in below}
    return replace(
        role, name=f'{role.name} · {name}', team_ids=frozenset({team_id}), below_team_ids=frozenset(below - {team_id})
    )


def exceeds(seen: Policy, real: Policy) -> bool:
    """Whether somebody would show the other more than they may see or do themselves."""
    if (seen.can_admin and not real.can_admin) or (seen.can_studio and not real.can_studio):
        return True
    return any(
        real.scope('read', key) != 'all' or not seen.readable(key) <= real.readable(key) for key in seen.entities('read')
    )


def begin(runtime: Runtime, real: Actor, target: Target, session_key: str) -> Viewing:
    """Look through somebody's eyes from the next request on; an entry of the audit log tells so.

    Raises: Forbidden PRM-E003 without the right to administer, WHY-E003 when they may see more, WHY-E004 for oneself; NotFound
    WHY-E002.
    """
    catalog, now = runtime.catalogs.current(), runtime.clock.now()
    policy = runtime.policy(real, catalog)
    policy.require_admin()
    if target.user_id == real.user_id:
        raise Forbidden.of('WHY-E004')
    with runtime.database.reading() as connection:
        seen = assumed(connection, target, real, catalog, epoch=None)
    if seen is None:
        raise NotFound.of('WHY-E002')
    if exceeds(runtime.policy(seen, catalog), policy):
        raise Forbidden.of('WHY-E003', name=seen.name)
    until = now + LONGEST
    with runtime.database.writing() as connection:
        look_through(connection, session_key, str(target), until)
        note(
            connection,
            'view_as',
            actor=real,
            subject=_subject(target, seen),
            params={'state': 'started', **_told(seen)},
            now=now,
        )
    return Viewing(real, seen, until, str(target))


def end(runtime: Runtime, real: Actor, viewing_as: str, session_key: str, reason: str = '') -> None:
    """Be oneself again."""
    target = Target.parse(viewing_as)
    with runtime.database.writing() as connection:
        seen = assumed(connection, target, real, runtime.catalogs.current(), epoch=None)
        if look_through(connection, session_key, None, None):
            params = {'state': 'stopped', 'reason': reason, **(_told(seen) if seen else {})}
            subject = _subject(target, seen)
            note(connection, 'view_as', actor=real, subject=subject, params=params, now=runtime.clock.now())


def resumed(
    runtime: Runtime, catalog: Catalog, real: Actor, viewing_as: str, until: datetime, session_key: str, epoch: int
) -> Viewing | None:
    """The view that a request goes on with. None, and over, when its hour is up or the right to it is gone."""
    seen = None
    if until > runtime.clock.now():
        with runtime.database.reading() as connection:
            seen = assumed(connection, Target.parse(viewing_as), real, catalog, epoch=epoch)
    policy = runtime.policy(real, catalog)
    if seen is None or not policy.can_admin or exceeds(runtime.policy(seen, catalog), policy):
        end(runtime, real, viewing_as, session_key, reason='time' if until <= runtime.clock.now() else 'rights')
        return None
    return Viewing(real, seen, until, viewing_as)


def require_looking_only(viewing: Viewing, endpoint: str, path: str, *, asks: bool) -> None:
    """Let a request through that only `asks`; whatever it writes by the way, such as what was lately seen, is not kept.

    Raises: Forbidden WHY-E001 for what would change or take out anything, WHY-E005 for the person's own account.
    """
    if endpoint in LEAVING:
        return
    if not asks or _takes_out(endpoint, path):
        raise Forbidden.of('WHY-E001', name=viewing.seen.name)
    if path.startswith(PRIVATE):
        raise Forbidden.of('WHY-E005', name=viewing.seen.name)
    looking_only.set(True)


def _takes_out(endpoint: str, path: str) -> bool:
    return endpoint.startswith('exports.') or '/export.' in path or path.rstrip('/').endswith('/export')


def _subject(target: Target, seen: Actor | None) -> str:
    if seen is None:
        return str(target)
    return seen.username or target.role


def _told(seen: Actor) -> dict[str, Any]:
    return {'name': seen.name}
