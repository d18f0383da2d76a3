"""People as option filters of user fields judge them: who they are, with each of their teams and roles. A named query file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from permissions.actors import full_name, role_key
from permissions.tables import ab_role, ab_user, ab_user_role, team, team_member
from schema.values import TEAM, Link

Rows = tuple[Mapping[str, Any], ...]
"""One person, once for each pair of their teams and roles, as `{key of schema.people.FIELDS: value}` with the `id`."""


def load_people(session: Session, ids: Collection[int]) -> dict[int, Rows]:
    """By id, also those who have left; two statements whatever their number."""
    joined = sa.select(team_member.c.user_id, team.c.id, team.c.uid).join(team, team.c.id == team_member.c.team_id)
    teams = _several(session, joined.where(team_member.c.user_id.in_(sorted(ids))))
    person = (ab_user.c.id, ab_user.c.username, ab_user.c.email, ab_user.c.first_name, ab_user.c.last_name)
    people = sa.select(*person, ab_role.c.name.label('role')).select_from(
        ab_user.outerjoin(ab_user_role, ab_user_role.c.user_id == ab_user.c.id)
        .outerjoin(ab_role, ab_role.c.id == ab_user_role.c.role_id)
    )  # fmt: skip
    found: dict[int, list[Mapping[str, Any]]] = {}
    for row in session.execute(people.where(ab_user.c.id.in_(sorted(ids)))):
        own = {
            'id': row.id, 'username': row.username, 'email': row.email, 'role': role_key(row.role) if row.role else None,
            'name': full_name(row.first_name, row.last_name),
        }  # fmt: skip
        found.setdefault(row.id, []).extend({**own, 'team': each} for each in teams.get(row.id, [None]))
    return {row_id: tuple(rows) for row_id, rows in found.items()}


def _several(session: Session, statement: sa.Select[Any]) -> dict[int, list[Link | None]]:
    found: dict[int, list[Link | None]] = {}
    for user_id, row_id, uid in session.execute(statement):
        found.setdefault(user_id, []).append(Link(TEAM, uid, row_id))
    return found
