"""What somebody does beside records: teams, leading them, pools, views for others, rules that give them records. Taken from the
leaver, given on, and given back by an undo.

Functions never commit; whoever calls them has moved the rights' epoch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.assignment import rules
from permissions.tables import pool, pool_member, team, team_member
from schema.base.actor import Actor
from schema.base.saved_views import saved_view
from schema.catalog import Catalog

Kept = dict[str, Any]
"""`{teams: [[id, leads]], pools: [[id, manages]], teams_given: [[id, was a member, led]], pools_given: [id], views: [id],
rules: what `rules.replace_person` gave}`."""


def take(
    session: Session, catalog: Catalog, leaver_id: int, successor_id: int | None, *, by: Actor, now: datetime
) -> Kept:  # fmt: skip
    """End the leaver's memberships; the successor leads and manages what the leaver led and managed, keeps the views that
    others see and stands in rules of assignment."""
    teams = [
        [row.team_id, row.is_leader]
        for row in session.execute(sa.select(team_member).where(team_member.c.user_id == leaver_id))
    ]
    pools = [
        [row.pool_id, row.is_manager]
        for row in session.execute(sa.select(pool_member).where(pool_member.c.user_id == leaver_id))
    ]
    session.execute(team_member.delete().where(team_member.c.user_id == leaver_id))
    session.execute(pool_member.delete().where(pool_member.c.user_id == leaver_id))
    kept: Kept = {'teams': teams, 'pools': pools, 'teams_given': [], 'pools_given': []}
    if successor_id is not None:
        kept['teams_given'] = [_lead(session, team_id, successor_id) for team_id, leads in teams if leads]
        managed = [pool_id for pool_id, manages in pools if manages]
        kept['pools_given'] = [each for each in managed if _manage(session, each, successor_id)]
        kept['views'] = _give_views(session, leaver_id, successor_id)
        kept['rules'] = rules.replace_person(session, catalog, leaver_id, successor_id, by=by, now=now)
    return kept


def give_back(
    session: Session, catalog: Catalog, leaver_id: int, successor_id: int | None, kept: Mapping[str, Any], *, by: Actor,
    now: datetime,
) -> None:  # fmt: skip
    """Take from the successor what `take` gave, and give the leaver their memberships of what is still there."""
    if successor_id is not None:
        _give_views(session, successor_id, leaver_id, kept.get('views', ()))
        rules.swap_back(session, catalog, kept.get('rules', {}), by=by, now=now)
        for team_id, was_member, led in kept.get('teams_given', ()):
            mine = sa.and_(team_member.c.team_id == team_id, team_member.c.user_id == successor_id)
            if not was_member:
                session.execute(team_member.delete().where(mine))
            elif not led:
                session.execute(team_member.update().where(mine).values(is_leader=False))
        for pool_id in kept.get('pools_given', ()):
            session.execute(
                pool_member.delete().where(
                    pool_member.c.pool_id == pool_id,
                    pool_member.c.user_id == successor_id,
                    pool_member.c.is_manager.is_(sa.true()),
                )
            )  # fmt: skip
    present = {row.team_id for row in session.execute(sa.select(team_member).where(team_member.c.user_id == leaver_id))}
    alive = set(session.execute(sa.select(team.c.id)).scalars())
    for team_id, leads in kept.get('teams', ()):
        if team_id in alive and team_id not in present:
            session.execute(team_member.insert().values(team_id=team_id, user_id=leaver_id, is_leader=leads))
    pools = set(session.execute(sa.select(pool.c.id)).scalars())
    for pool_id, manages in kept.get('pools', ()):
        if pool_id in pools and not _is_in(session, pool_id, leaver_id, manages=manages):
            session.execute(pool_member.insert().values(pool_id=pool_id, user_id=leaver_id, is_manager=manages))


def _give_views(session: Session, from_id: int, to_id: int, ids: Sequence[int] | None = None) -> list[int]:
    """Views that others see too, all or those; their ids."""
    theirs = [saved_view.c.owner_id == from_id, saved_view.c.audience != 'private']
    if ids is not None:
        theirs.append(saved_view.c.id.in_(ids))
    return list(session.execute(saved_view.update().where(*theirs).values(owner_id=to_id).returning(saved_view.c.id)).scalars())


def _lead(session: Session, team_id: int, user_id: int) -> list[Any]:
    mine = sa.and_(team_member.c.team_id == team_id, team_member.c.user_id == user_id)
    row = session.execute(sa.select(team_member.c.is_leader).where(mine)).first()
    if row is None:
        session.execute(team_member.insert().values(team_id=team_id, user_id=user_id, is_leader=True))
        return [team_id, False, False]
    session.execute(team_member.update().where(mine).values(is_leader=True))
    return [team_id, True, bool(row.is_leader)]


def _manage(session: Session, pool_id: int, user_id: int) -> bool:
    """Whether the person was made a manager just now."""
    if _is_in(session, pool_id, user_id, manages=True):
        return False
    session.execute(pool_member.insert().values(pool_id=pool_id, user_id=user_id, is_manager=True))
    return True


def _is_in(session: Session, pool_id: int, user_id: int, *, manages: bool) -> bool:
    mine = sa.select(pool_member.c.id).where(
        pool_member.c.pool_id == pool_id, pool_member.c.user_id == user_id, pool_member.c.is_manager.is_(manages)
    )
    return session.execute(mine).first() is not None
