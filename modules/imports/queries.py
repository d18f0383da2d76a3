"""What an import looks up across record scopes: targets of links by name, people, teams, records by key. Decides no rights.

Runs on a system session; statements that name records to the importing person carry the policy's predicate themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.duplicates.queries import among
from modules.records.tables import record_history
from permissions.policy import Policy
from permissions.tables import ab_user, team
from schema.catalog import Entity, Field

MAY_UPDATE = '_may_update'  # no field's column begins with an underscore


def titled(session: Session, policy: Policy, entity: Entity, texts: Collection[str]) -> list[tuple[str, str]]:
    """`(comparable title, uid)` of live records the actor may see, at most two for each title: the second tells ambiguity."""
    table, title = entity.table, entity.title
    rank = sa.func.row_number().over(partition_by=title.comparable, order_by=table.c.id)
    ranked = (
        sa.select(title.comparable.label('title'), table.c.uid, rank.label('rank'))
        .where(among(session, title.comparable, texts), table.c.deleted_at.is_(None))
        .where(policy.table_predicate('read', entity, table))
        .subquery()
    )
    return [(row.title, row.uid) for row in session.execute(sa.select(ranked).where(ranked.c.rank <= 2))]


def known_uids(session: Session, policy: Policy, entity: Entity, uids: Collection[str]) -> set[str]:
    """Those of the uids that are live records the actor may see."""
    table = entity.table
    statement = sa.select(table.c.uid).where(
        among(session, table.c.uid, uids), table.c.deleted_at.is_(None), policy.table_predicate('read', entity, table)
    )
    return set(session.execute(statement).scalars())


def active_people(session: Session) -> list[sa.Row[Any]]:
    """Username, e-mail and names of everybody who may sign in."""
    columns = (ab_user.c.username, ab_user.c.email, ab_user.c.first_name, ab_user.c.last_name)
    return list(session.execute(sa.select(*columns).where(ab_user.c.active.is_(sa.true()))))


def all_teams(session: Session) -> list[sa.Row[Any]]:
    return list(session.execute(sa.select(team.c.uid, team.c.name)))


def holding(
    session: Session, policy: Policy, entity: Entity, field: Field, values: Collection[Any]
) -> list[tuple[Mapping[str, Any], bool]]:
    """`(whole row, whether the actor may change it)` of live rows that the actor may see and whose comparable column of a field
    holds one of the values."""
    table = entity.table
    mine = sa.case((policy.table_predicate('update', entity, table), 1), else_=0).label(MAY_UPDATE)
    statement = sa.select(table, mine).where(
        among(session, field.comparable, values), table.c.deleted_at.is_(None), policy.table_predicate('read', entity, table)
    )
    found = [dict(row) for row in session.execute(statement).mappings()]
    return [(row, bool(row.pop(MAY_UPDATE))) for row in found]


def taken(session: Session, entity: Entity, field: Field, values: Collection[Any]) -> dict[Any, str]:
    """`{comparable value: uid}` of live rows that hold a unique field's value."""
    table = entity.table
    statement = sa.select(field.comparable.label('value'), table.c.uid).where(
        among(session, field.comparable, values), table.c.deleted_at.is_(None)
    )
    return {row.value: row.uid for row in session.execute(statement)}


def written_by(session: Session, operation_id: str, uids: Collection[str]) -> set[str]:
    """Those of the records that an operation created or changed."""
    statement = sa.select(record_history.c.record_uid).where(
        record_history.c.record_uid.in_(uids), record_history.c.operation_id == operation_id
    )
    return set(session.execute(statement).scalars())
