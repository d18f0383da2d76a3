"""Teams and departments: a tree of names with leaders and members. Free of Flask; the caller owns the transaction.

Every change moves `rights_epoch`, so that it holds from the next request on in every process, and is noted in the audit log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from permissions.accounts import ensure_team
from permissions.actors import bump_rights, full_name
from permissions.tables import ab_user, team, team_member
from schema.base import audit
from schema.base.actor import Actor, system_actor
from schema.base.errors import Invalid, NotFound

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2000
KINDS = ('team', 'department')


@dataclass(frozen=True)
class TeamView:
    """A team by itself. `members` counts those who belong to it, `active` says whether it is in use."""

    id: int
    uid: str
    name: str
    parent_id: int | None
    members: int = 0
    kind: str = 'team'
    description: str = ''
    active: bool = True


@dataclass(frozen=True)
class Member:
    user_id: int
    username: str
    name: str
    leads: bool
    active: bool


@dataclass(frozen=True)
class TeamNode:
    """A team in the tree: those below it by name, its leaders, and how many different people it and those below have."""

    team: TeamView
    below: tuple[TeamNode, ...] = ()
    leaders: tuple[Member, ...] = ()
    people: int = 0

    def walk(self) -> Iterator[TeamNode]:
        yield self
        for each in self.below:
            yield from each.walk()


@dataclass(frozen=True)
class TeamChange:
    """What a team becomes; None leaves a part as it is."""

    name: str | None = None
    parent_id: int | None = None
    moves: bool = False
    """Whether `parent_id` counts, for None there means no team above."""
    kind: str | None = None
    description: str | None = None
    active: bool | None = None


def list_teams(session: Session, *, closed: bool = True) -> list[TeamView]:
    """Teams by name, with the number of their members; without the closed ones when they are not asked for."""
    counted = sa.select(sa.func.count()).where(team_member.c.team_id == team.c.id).correlate(team).scalar_subquery()
    columns = team.c['id', 'uid', 'name', 'parent_id']
    listed = sa.select(*columns, counted.label('members'), *team.c['kind', 'description', 'active']).order_by(team.c.name)
    return [TeamView(*tuple(row)) for row in session.execute(listed if closed else listed.where(team.c.active.is_(sa.true())))]


def find_team(session: Session, team_id: int) -> TeamView:
    """Raises: NotFound PRM-E016."""
    found = next((each for each in list_teams(session) if each.id == team_id), None)
    if found is None:
        raise NotFound.of('PRM-E016', value=team_id, hint='')
    return found


def tree(session: Session) -> tuple[TeamNode, ...]:
    """All teams as they stand below each other, by name, in two statements."""
    members, below = members_of(session), defaultdict[int | None, list[TeamView]](list)
    for each in list_teams(session):
        below[each.parent_id].append(each)

    def node(at: TeamView) -> tuple[TeamNode, set[int]]:
        inner = [node(each) for each in below[at.id]]
        own = members.get(at.id, [])
        people = {each.user_id for each in own}.union(*(found for _node, found in inner))
        leaders = tuple(each for each in own if each.leads)
        return TeamNode(at, tuple(each for each, _people in inner), leaders, len(people)), people

    return tuple(node(each)[0] for each in below[None])


def members_of(session: Session, team_id: int | None = None) -> dict[int, list[Member]]:
    """`{team id: its people, leaders first, then by name}`."""
    columns = ab_user.c['id', 'username', 'first_name', 'last_name', 'active']
    asking = sa.select(team_member.c.team_id, team_member.c.is_leader, *columns).join(
        ab_user, ab_user.c.id == team_member.c.user_id
    )
    if team_id is not None:
        asking = asking.where(team_member.c.team_id == team_id)
    found: dict[int, list[Member]] = defaultdict(list)
    for row in session.execute(asking):
        name = full_name(row.first_name, row.last_name) or row.username
        found[row.team_id].append(Member(row.id, row.username, name, bool(row.is_leader), bool(row.active)))
    return {key: sorted(each, key=lambda one: (not one.leads, one.name)) for key, each in found.items()}


def create_team(
    session: Session, name: str, parent_id: int | None, *, now: datetime, kind: str = 'team', description: str = '',
    by: Actor | None = None,
) -> int:  # fmt: skip
    """Raises: Invalid PRM-E019, E025, E028, SHR-E010, SHR-E012; NotFound PRM-E016."""
    bump_rights(session)
    known = {each.id: each for each in list_teams(session)}
    cleaned = _checked(name, [each.name for each in known.values()])
    _require_parent(known, parent_id)
    told = _description(description)
    _require_kind(kind)
    team_id = ensure_team(session, cleaned, now=now)
    values = {'parent_id': parent_id, 'kind': kind, 'description': told}
    session.execute(team.update().where(team.c.id == team_id).values(**values))
    above = known[parent_id].name if parent_id is not None else ''
    note(session, cleaned, {'did': 'created', 'kind': kind, 'parent': above}, by, now)
    return team_id


def update_team(session: Session, team_id: int, name: str, parent_id: int | None) -> None:
    """Rename a team and move it. Raises: as `change_team`."""
    change_team(session, team_id, TeamChange(name, parent_id, moves=True))


def change_team(
    session: Session, team_id: int, change: TeamChange, *, by: Actor | None = None, now: datetime | None = None
) -> None:  # fmt: skip
    """Raises: Invalid PRM-E019, E025, E027, E028, SHR-E010, SHR-E012; NotFound PRM-E016."""
    bump_rights(session)
    teams = {each.id: each for each in list_teams(session)}
    here = _require_team(teams, team_id)
    values: dict[str, Any] = {}
    if change.name is not None:
        values['name'] = _checked(change.name, [each.name for each in teams.values() if each.id != team_id])
    if change.moves:
        if change.parent_id != here.parent_id:
            _require_parent(teams, change.parent_id)
        _refuse_cycle(teams, team_id, change.parent_id)
        values['parent_id'] = change.parent_id
    if change.kind is not None:
        values['kind'] = _require_kind(change.kind)
    if change.description is not None:
        values['description'] = _description(change.description)
    if change.active is not None:
        values['active'] = change.active
    fresh = {key: value for key, value in values.items() if value != getattr(here, key)}
    if not fresh:
        return
    session.execute(team.update().where(team.c.id == team_id).values(**fresh))
    told = {key: {'old': getattr(here, key), 'new': value} for key, value in fresh.items() if key != 'parent_id'}
    if 'parent_id' in fresh:
        above = [teams[each].name if each in teams else '' for each in (here.parent_id, fresh['parent_id'])]
        told['parent'] = dict(zip(('old', 'new'), above, strict=True))
    note(session, values.get('name', here.name), {'did': 'changed', **told}, by, now)


def put_member(
    session: Session, team_id: int, user_id: int, *, leads: bool, by: Actor | None = None, now: datetime | None = None
) -> None:  # fmt: skip
    """Let a person belong to a team, as a leader of it or not. Raises: NotFound PRM-E012, PRM-E016; Invalid SHR-E010."""
    bump_rights(session)
    here = _require_team({each.id: each for each in list_teams(session)}, team_id)
    if not here.active:
        raise Invalid.of('SHR-E010', '/member', value=here.name)
    name = _username(session, user_id)
    mine = sa.and_(team_member.c.team_id == team_id, team_member.c.user_id == user_id)
    present = session.execute(sa.select(team_member.c.is_leader).where(mine)).scalar()
    if present is None:
        session.execute(team_member.insert().values(team_id=team_id, user_id=user_id, is_leader=leads))
    elif bool(present) is not leads:
        session.execute(team_member.update().where(mine).values(is_leader=leads))
    else:
        return
    note(session, here.name, {'did': 'leader' if leads else 'member', 'person': name}, by, now)


def remove_member(
    session: Session, team_id: int, user_id: int, *, by: Actor | None = None, now: datetime | None = None
) -> None:  # fmt: skip
    """Raises: NotFound PRM-E016."""
    bump_rights(session)
    here = _require_team({each.id: each for each in list_teams(session)}, team_id)
    gone = session.execute(team_member.delete().where(team_member.c.team_id == team_id, team_member.c.user_id == user_id))
    if gone.rowcount:  # type: ignore[attr-defined]
        note(session, here.name, {'did': 'left', 'person': _username(session, user_id)}, by, now)


def note(session: Session, name: str, params: Mapping[str, Any], by: Actor | None, now: datetime | None) -> None:
    """Changes without a moment are those of tests and first starts: nobody's."""
    if now is not None:
        audit.note(session, 'team_changed', actor=by or system_actor('teams'), subject=name, params=params, now=now)


def _checked(name: str, taken: Container[str]) -> str:
    cleaned = ' '.join(name.split())
    if not cleaned:
        raise Invalid.of('PRM-E019', '/name')
    if len(cleaned) > LONGEST_NAME:
        raise Invalid.of('PRM-E028', '/name', value=len(cleaned), limit=LONGEST_NAME)
    if cleaned in taken:
        raise Invalid.of('PRM-E025', '/name', value=cleaned)
    return cleaned


def _description(text: str) -> str:
    cleaned = text.strip()
    if len(cleaned) > LONGEST_DESCRIPTION:
        raise Invalid.of('PRM-E028', '/description', value=len(cleaned), limit=LONGEST_DESCRIPTION)
    return cleaned


def _require_kind(kind: str) -> str:
    if kind not in KINDS:
        raise Invalid.of('SHR-E012', '/kind', value=kind[:40], choices=', '.join(KINDS))
    return kind


def _require_team(known: Mapping[int, TeamView], team_id: int) -> TeamView:
    if team_id not in known:
        raise NotFound.of('PRM-E016', value=team_id, hint='')
    return known[team_id]


def _require_parent(known: Mapping[int, TeamView], parent_id: int | None) -> None:
    if parent_id is not None and not _require_team(known, parent_id).active:
        raise Invalid.of('SHR-E010', '/parent', value=known[parent_id].name)


def _refuse_cycle(teams: Mapping[int, TeamView], team_id: int, parent_id: int | None) -> None:
    above = parent_id
    while above is not None:
        if above == team_id:
            raise Invalid.of('PRM-E027', '/parent')
        above = teams[above].parent_id


def _username(session: Session, user_id: int) -> str:
    """Raises: NotFound PRM-E012."""
    found = session.execute(sa.select(ab_user.c.username).where(ab_user.c.id == user_id)).scalar()
    if found is None:
        raise NotFound.of('PRM-E012', value=user_id, hint='')
    return str(found)
