"""What changes of people the audit log tells: who they were before and after, in words that need no look-up. Writes entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from permissions.actors import full_name
from permissions.tables import ab_user, team
from schema.base import audit
from schema.base.actor import Actor, system_actor


def note_own(
    executor: Session | sa.Connection, kind: str, user_id: int, now: datetime, *, address: str = '', **params: Any
) -> None:
    """What a person did about their own account, where only their id is known. Does not commit."""
    row = executor.execute(
        sa.select(ab_user.c.username, ab_user.c.first_name, ab_user.c.last_name).where(ab_user.c.id == user_id)
    ).first()
    username = row.username if row else ''
    name = full_name(row.first_name, row.last_name) if row else ''
    actor = Actor(user_id, name or username, username)
    audit.note(executor, kind, actor=actor, subject=username, params=params, address=address, now=now)


@dataclass(frozen=True)
class Noted:
    """A user as the log sees them. `teams` are names, those of led teams with a star."""

    username: str
    name: str
    email: str
    active: bool
    roles: tuple[str, ...]
    teams: tuple[str, ...]


class Noting:
    """Notes changes of people in one session; `by` is who makes them, None the command line."""

    def __init__(self, session: Session, by: Actor | None, now: datetime) -> None:
        self._session, self._by, self._now = session, by or system_actor('command line'), now

    def note(self, kind: str, username: str, **params: Any) -> None:
        audit.note(self._session, kind, actor=self._by, subject=username, params=params, now=self._now)

    def renamed(self, username: str, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        """What people changed of their own name and address; nothing when they are the same."""
        if told := audit.differing(before, after):
            self.note('person_changed', username, **told)

    def created(self, made: Noted) -> None:
        self.note('person_created', made.username, name=made.name, email=made.email, roles=made.roles, teams=made.teams)

    def changed(self, before: Noted, after: Noted) -> None:
        """One entry each for what was changed of the person, of their roles, and when they were shut out."""
        told = {
            key: {'old': getattr(before, key), 'new': getattr(after, key)}
            for key in ('username', 'name', 'email', 'active', 'teams')
            if getattr(before, key) != getattr(after, key) and not (key == 'active' and before.active)
        }
        if told:
            self.note('person_changed', after.username, **told)
        if before.roles != after.roles:
            self.note('roles_given', after.username, roles={'old': before.roles, 'new': after.roles})
        if before.active and not after.active:
            self.note('person_deactivated', after.username, name=after.name)

    def seen(self, view: Any) -> Noted:
        """A `UserView` as the log sees it."""
        return Noted(
            view.username, view.name, view.email, view.active, tuple(sorted(view.roles)), self._team_names(view.teams or {})
        )

    def _team_names(self, teams: Mapping[int, bool]) -> tuple[str, ...]:
        if not teams:
            return ()
        rows = self._session.execute(sa.select(team.c.id, team.c.name).where(team.c.id.in_(list(teams))).order_by(team.c.name))
        return tuple(f'{row.name} *' if teams[row.id] else row.name for row in rows)
