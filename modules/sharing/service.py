"""Sharing single records with people and teams: who sees them so, giving, ending. Free of Flask.

Who may share is the store's question (whoever may change the record). A share widens which records a receiver reaches, never
what their role lets them do with any: `Reach` tells where it comes to nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records.changing import Change
from modules.records.sights import Right, Sight
from modules.records.store import Store
from modules.sharing.telling import tell_receivers
from permissions.actors import full_name, role_key
from permissions.granting import GrantRow, Level, Source, grants_of
from permissions.policy import Policy
from permissions.tables import ab_role, ab_user, ab_user_role, team, team_member
from schema.base import audit
from schema.base.actor import Actor, principal
from schema.base.errors import BadRequest, Forbidden, NotFound, require_clean
from schema.base.findings import Finding, finding
from schema.base.numbers import whole
from schema.catalog import Catalog, Entity

LEVELS: tuple[Level, ...] = ('view', 'edit')
SHOWN: tuple[Source, ...] = ('share', 'former_owner')
"""Sources that people end by hand; what pools give ends with the pool, what the calendar gives with taking part."""
NAMED: tuple[Source, ...] = (*SHOWN, 'calendar')
"""Sources whose people are named at the head of the record's page."""
MOST = 50
NOTED = 20


@dataclass(frozen=True)
class Receiver:
    """A person or a team: `key` is the user name or the team's uid, `row_id` the row behind it."""

    kind: Literal['user', 'team']
    row_id: int
    key: str
    name: str
    active: bool = True

    @property
    def principal(self) -> str:
        return principal(self.kind, self.row_id)


@dataclass(frozen=True)
class Reach:
    """How many people are behind a receiver, how many of them see and may change such records by their roles."""

    people: int
    seeing: int
    changing: int


@dataclass(frozen=True)
class Share:
    """One right to a record, with who gave it; the system gave it when `by` is blank."""

    receiver: Receiver
    level: Level
    source: Source
    by: str
    at: datetime


def shares_of(session: Session, entity: Entity, record_id: int, *, sources: Collection[Source] = SHOWN) -> list[Share]:
    """Who sees a record beside what roles reach, oldest first; receivers that are gone are left out."""
    rows = [each for each in grants_of(session, entity, [record_id]).get(record_id, ()) if each.source in sources]
    named = receivers_of(session, {each.principal for each in rows} | {_user(each) for each in rows if each.by is not None})
    return [
        Share(named[each.principal], each.level, each.source, named[_user(each)].name if _user(each) in named else '', each.at)
        for each in rows
        if each.principal in named
    ]


def receivers_of(session: Session, principals: Iterable[str]) -> dict[str, Receiver]:
    """`{principal: receiver}` of people and teams that are there, in two statements."""
    ids: dict[str, list[int]] = {'u': [], 't': []}
    for each in principals:
        if each[:1] in ids and (number := whole(each[1:])) is not None:
            ids[each[0]].append(number)
    people = _people(session, ab_user.c.id.in_(ids['u'])) if ids['u'] else []
    found = [*people, *(_teams(session, team.c.id.in_(ids['t'])) if ids['t'] else [])]
    return {each.principal: each for each in found}


def find_receivers(session: Session, users: Sequence[str], teams: Sequence[str]) -> list[Receiver]:
    """Receivers that something may be shared with, by user names and team uids.

    Raises: Invalid SHR-E001 unknown, SHR-E002 closed, SHR-E004 none or too many; all at once.
    """
    wanted = [('user', name) for name in dict.fromkeys(users)] + [('team', uid) for uid in dict.fromkeys(teams)]
    if not wanted or len(wanted) > MOST:
        require_clean([finding('SHR-E004', '/users', limit=MOST)])
    known: dict[tuple[str, str], Receiver] = {
        (each.kind, each.key): each
        for each in (*_people(session, ab_user.c.username.in_(list(users))), *_teams(session, team.c.uid.in_(list(teams))))
    }
    require_clean([problem for kind, key in wanted if (problem := _against(known.get((kind, key)), kind, key))])
    return [known[each] for each in wanted]


def reach_of(session: Session, catalog: Catalog, entity: Entity, receivers: Iterable[Receiver]) -> dict[str, Reach]:
    """`{principal: reach}` by the roles of the people behind each receiver, closed accounts left out."""
    found = list(receivers)
    behind: dict[str, set[int]] = {each.principal: {each.row_id} for each in found if each.kind == 'user'}
    team_ids = [each.row_id for each in found if each.kind == 'team']
    behind |= {principal('team', each): set() for each in team_ids}
    for row in session.execute(sa.select(team_member).where(team_member.c.team_id.in_(team_ids))):
        behind[principal('team', row.team_id)].add(row.user_id)
    roles = _roles(session, set().union(*behind.values()) if behind else set())
    able = {user_id: _able(catalog, entity, held) for user_id, held in roles.items()}
    return {
        each: Reach(
            sum(1 for one in ids if one in able), sum(1 for one in ids if one in able and able[one][0]),
            sum(1 for one in ids if one in able and able[one][1]),
        )
        for each, ids in behind.items()
    }  # fmt: skip


def level_of(raw: Any, pointer: str = '/level') -> Level:
    """Raises: BadRequest SHR-E003."""
    found = next((each for each in LEVELS if each == raw), None)
    if found is None:
        raise BadRequest.of('SHR-E003', pointer, value=str(raw)[:40], choices=', '.join(LEVELS))
    return found


def share(
    store: Store, entity_key: str, uids: Sequence[str], receivers: Sequence[Receiver], level: Level, *, group: str = ''
) -> list[Change]:  # fmt: skip
    """Let receivers see or also change records. What is refused stands in the findings of each change that comes back.

    Receivers are told, once for all shares of one `group`, which a bulk change names.
    """
    rights = tuple(Right(each.principal, level, 'share') for each in receivers)
    changes = _change(store, entity_key, uids, Sight(given=rights), receivers)
    tell_receivers(store, store.catalog.entity(entity_key), changes, receivers, group)
    return changes


def share_one(store: Store, entity_key: str, uid: str, receivers: Sequence[Receiver], level: Level) -> None:
    """Raises: NotFound REC-E028; Forbidden PRM-* for who may not change the record."""
    _require(share(store, entity_key, [uid], receivers, level))


def unshare(store: Store, entity_key: str, uid: str, receiver: Receiver) -> None:
    """End what was shared with a receiver, and sight kept as a former owner. Raises: NotFound REC-E028, SHR-E005; Forbidden."""
    taken = tuple(Right(receiver.principal, None, source) for source in SHOWN)
    changes = _change(store, entity_key, [uid], Sight(taken=taken), [receiver])
    _require(changes)
    if not changes[0].sight:
        raise NotFound.of('SHR-E005', value=receiver.name)


def find_receiver(session: Session, user: str = '', team_uid: str = '') -> Receiver:
    """A receiver whose share is to end, closed or not. Raises: NotFound SHR-E005."""
    found = [*_people(session, ab_user.c.username == user), *_teams(session, team.c.uid == team_uid)]
    if not found:
        raise NotFound.of('SHR-E005', value=(user or team_uid)[:80])
    return found[0]


def _change(
    store: Store, entity_key: str, uids: Sequence[str], sight: Sight, receivers: Sequence[Receiver]
) -> list[Change]:  # fmt: skip
    """Afterwards each change's `sight` is what truly changed."""
    entity = store.catalog.entity(entity_key)
    changes = [Change(entity, uid, {}, sight=sight) for uid in uids]
    done = store.change_sight(entity.key, changes)
    for change in changes:
        change.sight = done.get(change.uid, Sight())
    if done:
        first = next(iter(done.values()))
        params = {
            'records': sorted(done)[:NOTED], 'count': len(done), 'with': [each.name for each in receivers],
            'given': sorted({str(each.level) for each in first.given}), 'ended': not first.given,
        }  # fmt: skip
        actor, now = store.policy.actor, store.clock.now()
        audit.note(store.session, 'share_changed', actor=actor, subject=entity.key, params=params, now=now)
    return changes


def _require(changes: Sequence[Change]) -> None:
    """The same answers as for any change of one record: not found when out of sight, forbidden when only seen."""
    findings = [found for change in changes for found in change.findings]
    if findings:
        raise (NotFound if findings[0].code == 'REC-E028' else Forbidden)(*findings)


def _user(row: GrantRow) -> str:
    return principal('user', row.by or 0)


def _against(found: Receiver | None, kind: str, key: str) -> Finding | None:
    pointer = f'/{kind}s'
    if found is None:
        return finding('SHR-E001', pointer, value=key[:80])
    return None if found.active else finding('SHR-E002', pointer, value=found.name)


def _people(session: Session, where: sa.ColumnElement[bool]) -> list[Receiver]:
    columns = ab_user.c['id', 'username', 'first_name', 'last_name', 'active']
    return [
        Receiver('user', row.id, row.username, full_name(row.first_name, row.last_name) or row.username, bool(row.active))
        for row in session.connection().execute(sa.select(*columns).where(where))
    ]


def _teams(session: Session, where: sa.ColumnElement[bool]) -> list[Receiver]:
    rows = session.connection().execute(sa.select(team.c.id, team.c.uid, team.c.name, team.c.active).where(where))
    return [Receiver('team', row.id, row.uid, row.name, row.active) for row in rows]


def _roles(session: Session, user_ids: set[int]) -> Mapping[int, frozenset[str]]:
    """Roles of the people whose accounts are open."""
    rows = session.connection().execute(
        sa.select(ab_user.c.id, ab_role.c.name)
        .select_from(
            ab_user.outerjoin(ab_user_role, ab_user_role.c.user_id == ab_user.c.id).outerjoin(
                ab_role, ab_role.c.id == ab_user_role.c.role_id
            )
        )
        .where(ab_user.c.id.in_(sorted(user_ids)), ab_user.c.active.is_(sa.true()))
    )
    held: dict[int, set[str]] = {}
    for row in rows:
        held.setdefault(row.id, set()).update([role_key(row.name)] if row.name else [])
    return {user_id: frozenset(keys) for user_id, keys in held.items()}


def _able(catalog: Catalog, entity: Entity, roles: frozenset[str]) -> tuple[bool, bool]:
    policy = Policy(catalog, Actor(user_id=0, name='', roles=roles))
    return policy.scope('read', entity.key) != 'none', policy.scope('update', entity.key) != 'none'
