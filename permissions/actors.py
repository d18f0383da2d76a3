"""Persons as actors: who a user id is, which roles and teams they have, how they like their pages. Knows no entity."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from permissions.tables import (
    ab_role,
    ab_user,
    ab_user_role,
    account_security,
    pool,
    pool_member,
    team,
    team_member,
    user_preference,
)  # fmt: skip
from schema.base.actor import Actor, principal
from schema.versions import ONLY_ROW, schema_state

KEPT = 5_000
FAB_ADMIN = 'Admin'  # the name FAB gives its own role when nobody renames it

__all__ = ['Person', 'Preferences', 'bump_rights', 'full_name', 'known_preferences', 'load_actor', 'load_person', 'role_key']


@dataclass(frozen=True)
class Preferences:
    """What a person chose; None where they leave it to the installation. `theme` is auto, light or dark."""

    locale: str | None = None
    timezone: str | None = None
    theme: str | None = None
    shortcuts: bool = True


@dataclass(frozen=True)
class Person:
    """`token_epoch` is what a signed access token must name to be good; `must_change_password` holds them at that page."""

    actor: Actor
    preferences: Preferences = field(default_factory=Preferences)
    token_epoch: int = 0
    must_change_password: bool = False


_known: weakref.WeakKeyDictionary[sa.Engine, dict[int, tuple[int, Person | None]]] = weakref.WeakKeyDictionary()


def load_actor(connection: sa.Connection, user_id: int, *, epoch: int | None = None) -> Actor | None:
    """The actor behind a user id, or None when there is no such active user. See `load_person`."""
    person = load_person(connection, user_id, epoch=epoch)
    return person.actor if person else None


def load_person(connection: sa.Connection, user_id: int, *, epoch: int | None = None) -> Person | None:
    """An active user with roles, teams and preferences, in three statements; None when unknown or inactive.

    With `epoch` (the `rights_epoch` of the version row) the answer is kept until the epoch moves; whatever changes a person
    must therefore call `bump_rights`.
    """
    if epoch is None:
        return _load(connection, user_id)
    known = _known.setdefault(connection.engine, {})
    found = known.get(user_id)
    if found is None or found[0] != epoch:
        if len(known) >= KEPT:
            known.clear()
        found = known[user_id] = (epoch, _load(connection, user_id))
    return found[1]


def known_preferences(engine: sa.Engine, user_id: int) -> Preferences:
    """Preferences of a person whom this process has loaded with an epoch; the defaults when it has not. No statement."""
    found = _known.get(engine, {}).get(user_id)
    return found[1].preferences if found and found[1] else Preferences()


def bump_rights(connection: sa.Connection | Session) -> None:
    """Tell every process that somebody's rights, teams or preferences changed. In the caller's transaction."""
    connection.execute(
        sa.update(schema_state).where(schema_state.c.id == ONLY_ROW).values(rights_epoch=schema_state.c.rights_epoch + 1)
    )


def full_name(first: str | None, last: str | None) -> str:
    """Vietnamese order: the family name, which FAB calls last_name, comes first."""
    return ' '.join(filter(None, (last, first)))


def role_key(fab_name: str) -> str:
    """FAB's role names are role keys; its built-in 'Admin' counts as `admin`."""
    return 'admin' if fab_name == FAB_ADMIN else fab_name


def _load(connection: sa.Connection, user_id: int) -> Person | None:
    rows = connection.execute(
        sa.select(
            ab_user.c.first_name, ab_user.c.last_name, ab_user.c.username, ab_user.c.email, ab_role.c.name.label('role'),
            user_preference.c.locale, user_preference.c.timezone, user_preference.c.theme, user_preference.c.shortcuts,
            account_security.c.token_epoch, account_security.c.must_change_password,
        )
        .select_from(
            ab_user.outerjoin(user_preference, user_preference.c.user_id == ab_user.c.id)
            .outerjoin(account_security, account_security.c.user_id == ab_user.c.id)
            .outerjoin(ab_user_role, ab_user_role.c.user_id == ab_user.c.id)
            .outerjoin(ab_role, ab_role.c.id == ab_user_role.c.role_id)
        )
        .where(ab_user.c.id == user_id, ab_user.c.active.is_(sa.true()))
    ).all()  # fmt: skip
    if not rows:
        return None
    first = rows[0]
    own, led, below = _teams(connection, user_id)
    defaults = Actor(user_id=None, name='')
    actor = Actor(
        user_id=user_id,
        name=full_name(first.first_name, first.last_name) or first.username,
        username=first.username,
        roles=frozenset(role_key(row.role) for row in rows if row.role),
        team_ids=own,
        led_team_ids=led,
        below_team_ids=below,
        pool_principals=_pools(connection, user_id, own | led),
        locale=first.locale or defaults.locale,
        timezone=first.timezone or defaults.timezone,
        email=first.email,
    )
    shortcuts = True if first.shortcuts is None else first.shortcuts
    preferences = Preferences(first.locale, first.timezone, first.theme, shortcuts)
    return Person(actor, preferences, first.token_epoch or 0, bool(first.must_change_password))


def _teams(connection: sa.Connection, user_id: int) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
    """`(teams the user belongs to, teams the user leads, teams below any of them)`, in one statement."""
    member = (
        sa.select(team_member.c.team_id.label('id'), team_member.c.is_leader.label('leads'), sa.true().label('direct'))
        .where(team_member.c.user_id == user_id)
        .cte('member', recursive=True)
    )
    below = sa.select(team.c.id, sa.false(), sa.false()).join(member, team.c.parent_id == member.c.id)
    everything = member.union(below)
    rows = connection.execute(sa.select(everything.c.id, everything.c.leads, everything.c.direct)).all()
    own = frozenset(row.id for row in rows if row.direct)
    return own, frozenset(row.id for row in rows if row.leads), frozenset(row.id for row in rows) - own


def _pools(connection: sa.Connection, user_id: int, team_ids: frozenset[int]) -> frozenset[str]:
    """Pools as member, while they are open, and as manager."""
    mine = sa.or_(pool_member.c.user_id == user_id, pool_member.c.team_id.in_(sorted(team_ids)))
    rows = connection.execute(
        sa.select(pool.c.id, pool_member.c.is_manager)
        .join(pool_member, pool_member.c.pool_id == pool.c.id)
        .where(mine, sa.or_(pool.c.active, pool_member.c.is_manager))
    )
    return frozenset(principal('managed_pool' if row.is_manager else 'pool', row.id) for row in rows)
