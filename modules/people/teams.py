"""Teams: names, who stands above whom, members. Free of Flask; the caller owns the transaction."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from permissions.accounts import ensure_team
from permissions.actors import bump_rights
from permissions.tables import team, team_member
from schema.base.errors import Invalid, NotFound

LONGEST_NAME = 200


@dataclass(frozen=True)
class TeamView:
    id: int
    uid: str
    name: str
    parent_id: int | None
    members: int = 0


def list_teams(session: Session) -> list[TeamView]:
    """All teams by name, with the number of their members."""
    counted = sa.select(sa.func.count()).where(team_member.c.team_id == team.c.id).correlate(team).scalar_subquery()
    rows = session.execute(
        sa.select(team.c.id, team.c.uid, team.c.name, team.c.parent_id, counted.label('members')).order_by(team.c.name)
    )
    return [TeamView(*row) for row in rows]


def create_team(session: Session, name: str, parent_id: int | None, *, now: datetime) -> int:
    """Raises: Invalid PRM-E019, E025, E028; NotFound PRM-E016."""
    bump_rights(session)
    known = {each.name: each.id for each in list_teams(session)}
    cleaned = _checked(name, known)
    _require_team(known.values(), parent_id)
    team_id = ensure_team(session, cleaned, now=now)
    if parent_id is not None:
        session.execute(team.update().where(team.c.id == team_id).values(parent_id=parent_id))
    return team_id


def update_team(session: Session, team_id: int, name: str, parent_id: int | None) -> None:
    """Rename a team or move it. Raises: Invalid PRM-E019, E025, E027, E028; NotFound PRM-E016."""
    bump_rights(session)
    teams = {each.id: each for each in list_teams(session)}
    _require_team(teams, team_id)
    _require_team(teams, parent_id)
    cleaned = _checked(name, [each.name for each in teams.values() if each.id != team_id])
    above = parent_id
    while above is not None:
        if above == team_id:
            raise Invalid.of('PRM-E027', '/parent')
        above = teams[above].parent_id
    session.execute(team.update().where(team.c.id == team_id).values(name=cleaned, parent_id=parent_id))


def _checked(name: str, taken: Container[str]) -> str:
    cleaned = ' '.join(name.split())
    if not cleaned:
        raise Invalid.of('PRM-E019', '/name')
    if len(cleaned) > LONGEST_NAME:
        raise Invalid.of('PRM-E028', '/name', value=len(cleaned), limit=LONGEST_NAME)
    if cleaned in taken:
        raise Invalid.of('PRM-E025', '/name', value=cleaned)
    return cleaned


def _require_team(known: Container[int], team_id: int | None) -> None:
    if team_id is not None and team_id not in known:
        raise NotFound.of('PRM-E016', value=team_id, hint='')
