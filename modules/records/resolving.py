"""Finding rows behind wire identities: records by uid, users by name, teams by uid; and binding conditions to an actor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records.operands import Moments
from permissions.policy import Policy
from permissions.tables import team, team_member
from schema.base.clock import Clock
from schema.base.errors import BadRequest
from schema.base.findings import nearest
from schema.catalog import Catalog
from schema.conditions import Binding, Condition
from schema.values import TEAM, USER, Link

Found = Mapping[tuple[str, str], Link]


def find_links(session: Session, catalog: Catalog, policy: Policy, links: Iterable[Link]) -> Found:
    """`{(entity, uid): link with id}` of live rows that the actor may see; the rest is absent. One statement per target."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for link in links:
        if link.id is None and link.uid:
            wanted[link.entity].add(link.uid)
    found: dict[tuple[str, str], Link] = {}
    for target, uids in sorted(wanted.items()):
        for row in session.execute(_statement(catalog, policy, target, uids)):
            found[target, row.uid] = Link(target, row.uid, row.id)
    return found


def binding(session: Session, catalog: Catalog, policy: Policy, condition: Any, clock: Clock) -> Any:
    """What a compiled condition needs to become SQL for this actor: the instant, the zone, the person, link ids, scope."""
    found = find_links(session, catalog, policy, condition.link_operands())
    return bound(policy, clock, {key: link.id for key, link in found.items()})


def bound(
    policy: Policy, clock: Clock, link_ids: Mapping[tuple[str, str], int | None], moments: Moments | None = None
) -> Binding:  # fmt: skip
    """The same where it is known already which rows links lead to, and what stands for moments."""
    actor = policy.actor
    return Binding(
        now=clock.now(),
        zone=actor.zone,
        user_id=actor.user_id,
        team_ids=actor.team_ids,
        link_ids=link_ids,
        scope=lambda entity, table: policy.table_predicate('read', entity, table),
        moments=moments or {},
    )


def _statement(catalog: Catalog, policy: Policy, target: str, uids: set[str]) -> sa.Select[Any]:
    if target == USER:
        users = catalog.users
        return sa.select(users.c.id, users.c.username.label('uid')).where(users.c.username.in_(uids))
    if target == TEAM:
        teams = catalog.teams
        return sa.select(teams.c.id, teams.c.uid).where(teams.c.uid.in_(uids))
    entity = catalog.entity(target)
    table = entity.table
    return sa.select(table.c.id, table.c.uid).where(
        table.c.uid.in_(uids), table.c.deleted_at.is_(None), policy.table_predicate('read', entity, table)
    )


_MAIN_TEAM = (
    sa.select(team.c.id, team.c.uid)
    .join(team_member, team_member.c.team_id == team.c.id)
    .where(team_member.c.user_id == sa.bindparam('user_id'), team.c.active.is_(sa.true()))
    .order_by(team.c.id)
    .limit(1)
)


def main_team(session: Session, user_id: int) -> Link | None:
    """The team that records of this person belong to: the first one they joined."""
    row = session.execute(_MAIN_TEAM, {'user_id': user_id}).first()
    return Link(TEAM, row.uid, row.id) if row else None


def check_filter_rights(condition: Condition, policy: Policy) -> None:
    """Filtering by a field tells what it holds, so it needs the right to read it. Raises: BadRequest REC-E036."""
    for entity_key, field_key in condition.fields_read():
        readable = policy.readable(entity_key)
        if field_key not in readable:
            raise BadRequest.of('REC-E036', '/filter', value=field_key[:80], hint=nearest(field_key, readable))
