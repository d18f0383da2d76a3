"""What belongs to a person, across all record scopes: a handover is of everything; who may ask for it is decided elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.assignment.loads import open_records
from modules.leaving.model import Owned, Pool, Team
from modules.leaving.portions import Asking, Clause, Place, count, named_clause, places_of
from modules.people.tables import api_token, web_session
from modules.records.changing import Change
from permissions.policy import Policy
from permissions.scoping import scoped_by_hand
from permissions.tables import pool, pool_member, record_grant, team, team_member
from schema.base.actor import principal
from schema.catalog import Catalog, Entity


def owned_by(session: Session, catalog: Catalog, policy: Policy, user_id: int, action: str) -> list[Owned]:
    """Entities with live records of the person, in the catalog's order. `reached` counts those the actor's `action` reaches."""
    found = []
    for entity in catalog.entities.values():
        table = entity.table
        mine = sa.and_(table.c.owner_id == user_id, table.c.deleted_at.is_(None))
        count, opened, reached = session.execute(
            scoped_by_hand(
                sa.select(
                    sa.func.count(),
                    sa.func.count(sa.case((open_records(entity), 1))),
                    sa.func.count(sa.case((policy.table_predicate(action, entity, table), 1))),
                ).where(mine)
            )
        ).one()
        if count:
            found.append(Owned(entity, count, opened, reached))
    return found


def first_owned(session: Session, entity: Entity, clause: Clause, most: int) -> list[Change]:
    """The first of the records as they stand, so that their values can be asked."""
    table = entity.table
    mine = sa.select(table).where(clause).order_by(table.c.id).limit(most)
    return [Change(entity, row['uid'], {}, dict(row)) for row in session.execute(scoped_by_hand(mine)).mappings()]


def named_in(asking: Asking) -> Iterator[tuple[Place, int]]:
    """Fields of people other than the owner in which live records name the leaver, and how many records do."""
    for place in places_of(asking.catalog):
        if found := count(asking, place.entity, named_clause(place, asking.leaver_id)):
            yield place, found


def teams_of(session: Session, user_id: int) -> list[Team]:
    rows = session.execute(
        sa.select(team.c.id, team.c.name, team_member.c.is_leader)
        .join(team_member, team_member.c.team_id == team.c.id)
        .where(team_member.c.user_id == user_id)
        .order_by(team.c.name)
    )
    return [Team(*row) for row in rows]


def pools_of(session: Session, user_id: int) -> list[Pool]:
    rows = session.execute(
        sa.select(pool.c.id, pool.c.name, pool_member.c.is_manager)
        .join(pool_member, pool_member.c.pool_id == pool.c.id)
        .where(pool_member.c.user_id == user_id)
        .order_by(pool.c.name, pool_member.c.is_manager)
    )
    return [Pool(*row) for row in rows]


def shares_after(executor: Any, user_id: int, after: int, size: int) -> list[Any]:
    """Rows of records shared with the person, in their order."""
    mine = sa.and_(record_grant.c.principal == principal('user', user_id), record_grant.c.source == 'share')
    return list(
        executor.execute(
            sa.select(record_grant).where(mine, record_grant.c.id > after).order_by(record_grant.c.id).limit(size)
        ).all()
    )  # fmt: skip


def shared_with(session: Session, user_id: int) -> int:
    mine = sa.and_(record_grant.c.principal == principal('user', user_id), record_grant.c.source == 'share')
    return int(session.execute(sa.select(sa.func.count()).select_from(record_grant).where(mine)).scalar_one())


def open_tokens(session: Session, user_id: int) -> int:
    mine = sa.and_(api_token.c.user_id == user_id, api_token.c.revoked_at.is_(None))
    return int(session.execute(sa.select(sa.func.count()).select_from(api_token).where(mine)).scalar_one())


def open_sessions(session: Session, user_id: int) -> int:
    mine = sa.and_(web_session.c.user_id == user_id, web_session.c.ended_at.is_(None))
    return int(session.execute(sa.select(sa.func.count()).select_from(web_session).where(mine)).scalar_one())
