"""People of an installation: users, their roles, teams and passwords. Free of Flask; the caller owns the transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.people import sessions, two_step
from modules.people.demo import ensure_admin, ensure_demo_people, has_people
from modules.people.noting import Noted, Noting
from permissions import accounts
from permissions.accounts import NewUser
from permissions.actors import bump_rights, full_name, role_key
from permissions.fab_tables import roles, user_roles, users
from permissions.tables import team, team_member
from schema.base.actor import Actor
from schema.base.database import Database
from schema.base.errors import Conflict, NotFound, require_clean
from schema.base.findings import nearest
from schema.base.text import fold
from schema.catalog import Catalog
from schema.versions import load_version, read_state

__all__ = ['People', 'UserView', 'ensure_admin', 'ensure_demo_people', 'has_people', 'read_session']

PAGE = 50


@dataclass(frozen=True)
class UserView:
    """A user for lists and forms. `teams` is `{team id: leads it}`."""

    id: int
    username: str
    first_name: str
    last_name: str
    email: str
    active: bool
    roles: tuple[str, ...] = ()
    teams: Mapping[int, bool] | None = None

    @property
    def name(self) -> str:
        return full_name(self.first_name, self.last_name) or self.username


def read_session(database: Database) -> Session:
    """A session for pages that only look: on SQLite it waits for nobody's write lock."""
    return Session(database.read_engine)


class People:
    """Reads and changes accounts in one session; the audit log tells of each change that `by` made, None the command line.

    Every change moves `rights_epoch` first; its row lock makes changes of people queue up, so that two administrators cannot
    dismiss each other at the same moment.
    """

    def __init__(self, session: Session, catalog: Catalog, now: datetime, *, by: Actor | None = None) -> None:
        self.session, self.catalog, self.now = session, catalog, now
        self._noting = Noting(session, by, now)

    # --- reading ---------------------------------------------------------------------------------------------------

    def list_users(self, search: str = '', *, number: int = 1, size: int = PAGE) -> tuple[list[UserView], int]:
        """`(users of a page, how many there are)`, active ones first, by name."""
        order = (users.c.active.desc(), users.c.last_name, users.c.first_name, users.c.id)
        start = (number - 1) * size
        if search.strip():
            # FAB's tables keep no folded text and users are few, so accents are folded here.
            found = [
                view
                for row in self.session.execute(sa.select(*_COLUMNS).order_by(*order))
                if _matches(view := _view(row), search)
            ]
            return self._with_memberships(found[start : start + size]), len(found)
        total = self.session.execute(sa.select(sa.func.count()).select_from(users)).scalar_one()
        rows = self.session.execute(sa.select(*_COLUMNS).order_by(*order).limit(size).offset(start))
        return self._with_memberships([_view(row) for row in rows]), total

    def get_user(self, user_id: int) -> UserView:
        """Raises: NotFound PRM-E012."""
        row = self.session.execute(sa.select(*_COLUMNS).where(users.c.id == user_id)).first()
        if row is None:
            raise NotFound.of('PRM-E012', value=user_id, hint='')
        return self._with_memberships([_view(row)])[0]

    def find_by_username(self, username: str) -> UserView:
        """Raises: NotFound PRM-E012 with the nearest name."""
        row = self.session.execute(sa.select(*_COLUMNS).where(users.c.username == username)).first()
        if row is None:
            names = list(self.session.execute(sa.select(users.c.username).limit(500)).scalars())
            raise NotFound.of('PRM-E012', value=username[:80], hint=nearest(username, names))
        return self._with_memberships([_view(row)])[0]

    def role_choices(self) -> list[str]:
        """Keys of the roles that can be given, in the catalog's order."""
        known = accounts.role_ids_by_key(self.session)
        return [key for key in self.catalog.roles if key in known]

    def present_roles(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Today's keys of roles that were renamed, each once; an unknown key stays as it is."""
        former = {alias: key for key, role in self.catalog.roles.items() for alias in role.document.get('x-aliases', ())}
        return tuple(dict.fromkeys(key if key in self.catalog.roles else former.get(key, key) for key in keys))

    # --- changing --------------------------------------------------------------------------------------------------

    def create(self, new: NewUser) -> int:
        """Raises: Invalid, see `permissions.accounts.create_user`."""
        named = replace(new, role_keys=self.present_roles(new.role_keys))
        user_id = accounts.create_user(self.session, named, now=self.now)
        self._noting.created(self._seen(user_id))
        return user_id

    def update(self, user_id: int, changed: NewUser, teams: Mapping[int, bool], *, active: bool) -> None:
        """Replace names, address, roles and teams; the password only when one is given.

        Raises: NotFound PRM-E012; Invalid PRM-E013…E016, E018…E021; Conflict PRM-E017.
        """
        bump_rights(self.session)
        user = self.get_user(user_id)
        before = self._noting.seen(user)
        known = accounts.role_ids_by_key(self.session)
        password = accounts.check_password(changed.password, accounts.known_words(changed)) if changed.password else []
        findings = accounts.check_person(self.session, changed, own_id=user_id)
        require_clean([*findings, *password, *accounts.check_roles(known, changed.role_keys)])
        if not active or not self._admin_roles & set(changed.role_keys):
            self._require_other_admin(user)
        self.session.execute(
            users.update()
            .where(users.c.id == user_id)
            .values(
                username=changed.username,
                first_name=changed.first_name.strip(),
                last_name=changed.last_name.strip(),
                email=changed.email.strip(),
                active=active,
            )
        )
        accounts.write_roles(self.session, user_id, (known[key] for key in changed.role_keys))
        accounts.write_teams(self.session, user_id, teams)
        self._noting.changed(before, self._seen(user_id))
        if changed.password:
            self._give_password(user_id, changed.password, must_change=changed.must_change_password)
        elif user.active and not active:
            sessions.end_all(self.session, user_id, self.now)

    def set_active(self, user_id: int, *, active: bool) -> None:
        """Raises: NotFound PRM-E012; Conflict PRM-E017 for the last administrator."""
        bump_rights(self.session)
        user = self.get_user(user_id)
        if not active:
            self._require_other_admin(user)
            sessions.end_all(self.session, user_id, self.now)
        before = self._noting.seen(user)
        self.session.execute(users.update().where(users.c.id == user_id).values(active=active))
        self._noting.changed(before, self._seen(user_id))

    def set_roles(self, user_id: int, role_keys: Iterable[str]) -> None:
        """Raises: NotFound PRM-E012; Invalid PRM-E015; Conflict PRM-E017."""
        bump_rights(self.session)
        user, keys = self.get_user(user_id), set(self.present_roles(role_keys))
        known = accounts.role_ids_by_key(self.session)
        require_clean(accounts.check_roles(known, keys))
        if not self._admin_roles & keys:
            self._require_other_admin(user)
        before = self._noting.seen(user)
        accounts.write_roles(self.session, user_id, (known[key] for key in keys))
        self._noting.changed(before, self._seen(user_id))

    def set_teams(self, user_id: int, teams: Mapping[int, bool]) -> None:
        """Replace the user's teams by `{team id: leads it}`. Raises: NotFound PRM-E012."""
        bump_rights(self.session)
        before = self._seen(user_id)
        accounts.write_teams(self.session, user_id, teams)
        self._noting.changed(before, self._seen(user_id))

    def set_password(self, user_id: int, password: str) -> None:
        """Raises: NotFound PRM-E012; Invalid PRM-E018."""
        bump_rights(self.session)
        user = self.get_user(user_id)
        require_clean(accounts.check_password(password, [user.username, user.first_name, user.last_name]))
        self._give_password(user.id, password, must_change=False)

    def end_sessions(self, user_id: int) -> None:
        """Sign the user out everywhere. Raises: NotFound PRM-E012."""
        user = self.get_user(user_id)
        sessions.end_all(self.session, user.id, self.now)
        self._noting.note('sign_out', user.username, way='everywhere')

    def drop_two_step(self, user_id: int) -> None:
        """For somebody who lost their device: their password alone opens again. Raises: NotFound PRM-E012."""
        user = self.get_user(user_id)
        two_step.turn_off(self.session, user.id)
        self._noting.note('two_step_changed', user.username, on=False)

    # --- parts -----------------------------------------------------------------------------------------------------

    def _give_password(self, user_id: int, password: str, *, must_change: bool) -> None:
        """Whoever knew the old password is signed out."""
        accounts.write_password(self.session, user_id, password)
        accounts.require_new_password(self.session, user_id, required=must_change)
        sessions.end_all(self.session, user_id, self.now)
        self._noting.note('password_changed', self._seen(user_id).username)

    def _seen(self, user_id: int) -> Noted:
        return self._noting.seen(self.get_user(user_id))

    @property
    def _admin_roles(self) -> set[str]:
        """As they are live: a publish may have come between the request's beginning and the lock that this change holds."""
        state = read_state(self.session)
        if state is None or state.active == self.catalog.number:
            return {key for key, role in self.catalog.roles.items() if role.admin}
        documents = load_version(self.session, state.active).documents
        return {key for (kind, key), document in documents.items() if kind == 'role' and document.get('admin') is True}

    def _require_other_admin(self, user: UserView) -> None:
        """Raises: Conflict PRM-E017 when this active administrator is the only one."""
        if not user.active or not self._admin_roles & set(user.roles):
            return
        names = self.session.execute(
            sa.select(roles.c.name)
            .join(user_roles, user_roles.c.role_id == roles.c.id)
            .join(users, users.c.id == user_roles.c.user_id)
            .where(users.c.active.is_(sa.true()), users.c.id != user.id)
            .distinct()
        ).scalars()
        if not self._admin_roles & {role_key(name) for name in names}:
            raise Conflict.of('PRM-E017', value=user.username)

    def _with_memberships(self, views: list[UserView]) -> list[UserView]:
        ids = [view.id for view in views]
        held: dict[int, list[str]] = defaultdict(list)
        joined: dict[int, dict[int, bool]] = defaultdict(dict)
        for row in self.session.execute(
            sa.select(user_roles.c.user_id, roles.c.name)
            .join(roles, roles.c.id == user_roles.c.role_id)
            .where(user_roles.c.user_id.in_(ids))
            .order_by(roles.c.name)
        ):
            held[row.user_id].append(role_key(row.name))
        for member in self.session.execute(
            sa.select(team_member.c.user_id, team_member.c.team_id, team_member.c.is_leader)
            .join(team, team.c.id == team_member.c.team_id)
            .where(team_member.c.user_id.in_(ids))
            .order_by(team.c.name)
        ):
            joined[member.user_id][member.team_id] = member.is_leader
        return [replace(view, roles=tuple(held[view.id]), teams=joined[view.id]) for view in views]


_COLUMNS = (users.c.id, users.c.username, users.c.first_name, users.c.last_name, users.c.email, users.c.active)


def _view(row: Any) -> UserView:
    return UserView(row.id, row.username, row.first_name, row.last_name, row.email, bool(row.active))


def _matches(view: UserView, search: str) -> bool:
    """Each word somewhere in the names or the address, whatever the accents."""
    text = fold(f'{view.username} {view.name} {view.email}')
    return all(word in text for word in fold(search).split())
