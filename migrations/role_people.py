"""Who holds which role, and what a publish does with it: a renamed role keeps its people, a dropped one gives them up, one that
returns gets them back. Knows FAB's tables; decides nothing about rights.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from migrations.system.people import PEOPLE
from migrations.tables import role_withdrawn
from schema.base.errors import Conflict
from schema.base.findings import Finding, escape_pointer, finding
from schema.definitions import Document
from schema.loading import Documents

FAB_ADMIN = 'Admin'  # the name FAB gives its own role; it counts as `admin`
ADMIN = 'admin'
NAMES_SHOWN = 10
users, roles = PEOPLE.tables['ab_user'], PEOPLE.tables['ab_role']
user_roles = PEOPLE.tables['ab_user_role']
BOUND_TO_ROLES = ('ab_user_role', 'ab_permission_view_role', 'ab_group_role')


@dataclass(frozen=True)
class Holder:
    """A person who holds a role. `name` has the family name first."""

    id: int
    name: str
    active: bool
    username: str = ''


def holders(connection: sa.Connection) -> dict[str, list[Holder]]:
    """`{role key: people}`, those who are shut out included, by name. One statement."""
    query = (
        sa.select(
            roles.c.name.label('role'), users.c.id, users.c.first_name, users.c.last_name, users.c.username, users.c.active
        )
        .join_from(user_roles, roles, roles.c.id == user_roles.c.role_id)
        .join(users, users.c.id == user_roles.c.user_id)
        .order_by(users.c.last_name, users.c.first_name, users.c.id)
    )
    found: dict[str, dict[int, Holder]] = {}
    for row in connection.execute(query):
        name = ' '.join(filter(None, (row.last_name, row.first_name))) or row.username
        key = ADMIN if row.role == FAB_ADMIN else row.role
        found.setdefault(key, {})[row.id] = Holder(row.id, name, bool(row.active), row.username)
    return {key: list(people.values()) for key, people in found.items()}


def active_in(people: Mapping[str, Iterable[Holder]], keys: Iterable[str]) -> dict[int, Holder]:
    """Those who can sign in and hold any of the roles, each once."""
    return {each.id: each for key in keys for each in people.get(key, ()) if each.active}


def admin_keys(documents: Documents) -> list[str]:
    return [key for (kind, key), document in documents.items() if kind == 'role' and document.get('admin') is True]


@dataclass(frozen=True)
class RoleMoves:
    """What a publish does to roles, found by ref. `renamed` is `{old key: new key}`, the others `{ref: key}`."""

    renamed: Mapping[str, str]
    dropped: Mapping[str, str]
    added: Mapping[str, str]

    @classmethod
    def between(cls, base: Documents, target: Documents) -> RoleMoves:
        before, after = _by_ref(base), _by_ref(target)
        return cls(
            {before[ref]: key for ref, key in after.items() if ref in before and before[ref] != key},
            {ref: key for ref, key in before.items() if ref not in after},
            {ref: key for ref, key in after.items() if ref not in before},
        )

    @property
    def replaced(self) -> bool:
        """Whether FAB's roles change, and not only what they grant."""
        return bool(self.renamed or self.dropped or self.added)


def dropped_roles(base: Documents, target: Documents, remap: Mapping[str, str | None]) -> dict[str, str | None]:
    """Of a request's `remap`, what it says of the roles that go."""
    return {ref: remap[ref] for ref in RoleMoves.between(base, target).dropped if ref in remap}


RoleGifts = dict[str, dict[str, list[str]]]
"""`{user name: {old, new}}`: keys of the roles of people who hold others than before, under the keys of today."""


@dataclass(frozen=True)
class Settlement:
    """One publish's work on people's roles, inside its switch. `remap` is `{ref of a dropped role: key that replaces it}`."""

    base: Documents
    target: Documents
    remap: Mapping[str, str | None]
    version: int
    at: datetime

    def run(self, connection: sa.Connection) -> RoleGifts | None:
        """Rename, withdraw and give back; what that changed for people. None when FAB's roles stay, so that their permission
        rows need not be written again.

        Raises: Conflict MIG-E040 when somebody holds a dropped role and nobody said what they get; MIG-E042 when nobody
        who can sign in would administer any more.
        """
        people = holders(connection)
        before = active_in(people, admin_keys(self.base))
        moves = RoleMoves.between(self.base, self.target)
        if moves.replaced:
            self._rename(connection, moves.renamed)
            for ref, key in moves.dropped.items():
                self._withdraw(connection, ref, key)
            self._give_back(connection, moves.added)
        after = holders(connection) if moves.replaced else people
        if before and not active_in(after, admin_keys(self.target)):
            raise Conflict.of('MIG-E042', '/roles', people=[each.name for each in before.values()][:NAMES_SHOWN])
        return _gifts(people, after, moves.renamed) if moves.replaced else None

    def _rename(self, connection: sa.Connection, renamed: Mapping[str, str]) -> None:
        """By way of names that no role can have, so that two roles may swap theirs."""
        ids = {old: _ids_named(connection, old) for old in renamed}
        taken = {role_id for new in renamed.values() for role_id in _ids_named(connection, new)}
        _forget_roles(connection, taken - {each for found in ids.values() for each in found})
        for stage in ('~{}', '{}'):
            for old, new in renamed.items():
                chosen = roles.c.id.in_(ids[old][:1])
                connection.execute(roles.update().where(chosen).values(name=stage.format(new)))

    def _withdraw(self, connection: sa.Connection, ref: str, key: str) -> None:
        ids = _ids_named(connection, key)
        held = list(connection.execute(sa.select(user_roles.c.user_id).where(user_roles.c.role_id.in_(ids))).scalars())
        if held and ref not in self.remap:  # somebody got it after the plan was made, and nobody decided for them
            raise Conflict(self._undecided(connection, ref, key))
        heir = self.remap.get(ref)
        heirs = _ids_named(connection, heir) if heir else []
        has_heir = set(connection.execute(sa.select(user_roles.c.user_id).where(user_roles.c.role_id.in_(heirs))).scalars())
        fresh = [user_id for user_id in dict.fromkeys(held) if heirs and user_id not in has_heir]
        noted = [
            {'role_ref': ref, 'user_id': user_id, 'version': self.version, 'heir': heir if user_id in fresh else None,
             'withdrawn_at': self.at}
            for user_id in dict.fromkeys(held)
        ]  # fmt: skip
        connection.execute(role_withdrawn.delete().where(role_withdrawn.c.role_ref == ref))
        if noted:
            connection.execute(role_withdrawn.insert(), noted)
        if fresh:
            connection.execute(user_roles.insert(), [{'user_id': user_id, 'role_id': heirs[0]} for user_id in fresh])
        _forget_roles(connection, ids)

    def _undecided(self, connection: sa.Connection, ref: str, key: str) -> Finding:
        people = holders(connection).get(key, [])
        choices = sorted(name for kind, name in self.target if kind == 'role')
        label = self.base['role', key].get('x-label') or {'en': key}
        names = [each.name for each in people][:NAMES_SHOWN]
        place = f'/roles/{escape_pointer(key)}'
        return finding('MIG-E040', place, role=label, ref=ref, people=names, count=len(people), choices=choices)

    def _give_back(self, connection: sa.Connection, added: Mapping[str, str]) -> None:
        """A role that returns by a rollback finds the people whom its end took it from; what replaced it goes again."""
        for ref, key in added.items():
            rows = connection.execute(
                sa.select(role_withdrawn).where(
                    role_withdrawn.c.role_ref == ref, role_withdrawn.c.user_id.in_(sa.select(users.c.id))
                )
            ).all()
            ids = _ids_named(connection, key)
            if rows and not ids:
                ids = [connection.execute(roles.insert().values(name=key)).inserted_primary_key[0]]  # type: ignore[index]
            for row in rows:
                if row.heir:
                    lent = user_roles.c.role_id.in_(_ids_named(connection, row.heir))
                    connection.execute(user_roles.delete().where(user_roles.c.user_id == row.user_id, lent))
                there = sa.select(user_roles.c.id).where(user_roles.c.user_id == row.user_id, user_roles.c.role_id == ids[0])
                if connection.execute(there).first() is None:
                    connection.execute(user_roles.insert().values(user_id=row.user_id, role_id=ids[0]))
            connection.execute(role_withdrawn.delete().where(role_withdrawn.c.role_ref == ref))


def _gifts(
    before: Mapping[str, Iterable[Holder]], after: Mapping[str, Iterable[Holder]], renamed: Mapping[str, str]
) -> RoleGifts:  # fmt: skip
    """A role that only goes by another key is nobody's change."""
    held: dict[str, dict[str, list[str]]] = {}
    for moment, people in (('old', before), ('new', after)):
        for key, found in people.items():
            for each in found:
                roles_of = held.setdefault(each.username, {'old': [], 'new': []})
                roles_of[moment].append(renamed.get(key, key) if moment == 'old' else key)
    in_order = {name: {moment: sorted(keys) for moment, keys in roles_of.items()} for name, roles_of in sorted(held.items())}
    return {name: roles_of for name, roles_of in in_order.items() if roles_of['old'] != roles_of['new']}


def returning(connection: sa.Connection, refs: Collection[str]) -> dict[str, list[str]]:
    """`{ref: names}` of the people who would get a role back that returns."""
    query = (
        sa.select(role_withdrawn.c.role_ref, users.c.first_name, users.c.last_name, users.c.username)
        .join(users, users.c.id == role_withdrawn.c.user_id)
        .where(role_withdrawn.c.role_ref.in_(refs))
        .order_by(users.c.last_name, users.c.first_name)
    )
    found: dict[str, list[str]] = {}
    for row in connection.execute(query):
        found.setdefault(row.role_ref, []).append(' '.join(filter(None, (row.last_name, row.first_name))) or row.username)
    return found


def _ids_named(connection: sa.Connection, key: str) -> list[int]:
    """FAB's own 'Admin' counts as `admin`; the role by its key comes first."""
    names = [key, FAB_ADMIN] if key == ADMIN else [key]
    rows = connection.execute(sa.select(roles.c.id, roles.c.name).where(roles.c.name.in_(names)))
    return [row.id for row in sorted(rows, key=lambda row: names.index(row.name))]


def _forget_roles(connection: sa.Connection, ids: Iterable[int]) -> None:
    if gone := sorted(ids):
        for name in BOUND_TO_ROLES:
            table = PEOPLE.tables[name]
            connection.execute(table.delete().where(table.c.role_id.in_(gone)))
        connection.execute(roles.delete().where(roles.c.id.in_(gone)))


def _by_ref(documents: Mapping[tuple[str, str], Document]) -> dict[str, str]:
    return {document['x-ref']: key for (kind, key), document in documents.items() if kind == 'role'}
