"""Closing and deleting a team: where its people, its records, its shares and the teams below it go. Free of Flask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from modules.operations import service as operations
from modules.operations.model import Operation
from modules.operations.service import Order
from modules.people.teams import (
    TeamChange,
    TeamView,
    change_team,
    find_team,
    list_teams,
    members_of,
    note,
    put_member,
    remove_member,
)
from modules.runtime import Runtime
from permissions.actors import bump_rights
from permissions.tables import pool_member, record_grant, team
from schema.base.actor import Actor, principal, system_actor
from schema.base.errors import Invalid
from schema.base.findings import finding
from schema.catalog import Catalog

NOWHERE = 'none'
"""As an answer to where something goes: records without a team, people who just leave."""


@dataclass(frozen=True)
class Contents:
    """What a team has: people, live records and binned ones `{entity key: count}`, shares, and names of teams below."""

    members: int
    live: Mapping[str, int]
    binned: int
    shares: int
    below: tuple[str, ...]

    @property
    def records(self) -> int:
        return sum(self.live.values())


@dataclass(frozen=True)
class Answers:
    """Where records and people go: a team's uid, `none`, or blank when nobody said."""

    records_to: str = ''
    members_to: str = ''


@dataclass(frozen=True)
class Closed:
    """What became of the team: `deleted` only once nothing names it; the operations that move its records."""

    deleted: bool
    operations: tuple[Operation, ...] = ()


def contents_of(session: Session, catalog: Catalog, team_id: int) -> Contents:
    """Counts in one statement for each entity, by the index of its team."""
    live, binned = {}, 0
    for key, entity in catalog.entities.items():
        table = entity.table
        alive = sa.func.count(sa.case((table.c.deleted_at.is_(None), 1)))
        row = session.connection().execute(sa.select(alive, sa.func.count()).where(table.c.team_id == team_id)).one()
        binned += row[1] - row[0]
        if row[0]:
            live[key] = row[0]
    shares = sa.select(sa.func.count()).where(record_grant.c.principal == principal('team', team_id))
    below = tuple(each.name for each in list_teams(session) if each.parent_id == team_id)
    members = len(members_of(session, team_id).get(team_id, []))
    return Contents(members, live, binned, session.execute(shares).scalar_one(), below)


def close(runtime: Runtime, actor: Actor, team_id: int, answers: Answers, *, delete: bool = False) -> Closed:
    """Take a team out of use. Its people and shares go at once, teams below it move up, its records follow as operations, which
    can be undone. A team is deleted only when no record names it any more, not even in the recycle bin; else it stays closed.

    Raises: NotFound PRM-E016; Invalid SHR-E010 target that cannot take over, SHR-E011 nobody said where.
    """
    catalog, now = runtime.catalogs.current(), runtime.clock.now()
    with runtime.database.session() as session:
        bump_rights(session)
        here, held = find_team(session, team_id), contents_of(session, catalog, team_id)
        records_to = _target(session, here, answers.records_to, '/records_to', held.records)
        members_to = _target(session, here, answers.members_to, '/members_to', held.members)
        _move_people(session, here, members_to, actor, runtime)
        _move_places(session, here, members_to)
        for each in list_teams(session):
            if each.parent_id == here.id:
                change_team(session, each.id, TeamChange(parent_id=here.parent_id, moves=True), by=actor, now=now)
        change_team(session, here.id, TeamChange(active=False), by=actor, now=now)
    started = tuple(_move_records(runtime, actor, key, here, records_to) for key in held.live)
    return Closed(delete and _delete(runtime, actor, here), started)


def _target(session: Session, here: TeamView, answer: str, pointer: str, count: int) -> TeamView | None:
    if answer == NOWHERE or (not count and not answer):
        return None
    if not answer:
        raise Invalid(finding('SHR-E011', pointer, value=here.name, count=count))
    found = next((each for each in list_teams(session) if each.uid == answer), None)
    if found is None or not found.active or found.id == here.id:
        raise Invalid.of('SHR-E010', pointer, value=found.name if found else answer[:60])
    return found


def _move_people(session: Session, here: TeamView, target: TeamView | None, actor: Actor, runtime: Runtime) -> None:
    """Leaders come as members: who leads the other team is for somebody to say."""
    now = runtime.clock.now()
    present = {each.user_id for each in members_of(session, target.id).get(target.id, [])} if target else set()
    for each in members_of(session, here.id).get(here.id, []):
        if target is not None and each.user_id not in present:
            put_member(session, target.id, each.user_id, leads=False, by=actor, now=now)
        remove_member(session, here.id, each.user_id, by=actor, now=now)


def _move_places(session: Session, here: TeamView, target: TeamView | None) -> None:
    """Shares with the team and its places in pools go where its people go; without a target they end."""
    mine = principal('team', here.id)
    if target is not None:
        theirs, other = principal('team', target.id), record_grant.alias('other')
        taken = sa.exists().where(
            other.c.entity_ref == record_grant.c.entity_ref, other.c.record_id == record_grant.c.record_id,
            other.c.source == record_grant.c.source, other.c.principal == theirs,
        )  # fmt: skip
        session.execute(record_grant.update().where(record_grant.c.principal == mine, ~taken).values(principal=theirs))
        there = pool_member.alias('there')
        held = sa.exists().where(
            there.c.pool_id == pool_member.c.pool_id,
            there.c.is_manager == pool_member.c.is_manager,
            there.c.team_id == target.id,
        )
        session.execute(pool_member.update().where(pool_member.c.team_id == here.id, ~held).values(team_id=target.id))
    session.execute(record_grant.delete().where(record_grant.c.principal == mine))
    session.execute(pool_member.delete().where(pool_member.c.team_id == here.id))


def _move_records(runtime: Runtime, actor: Actor, entity_key: str, here: TeamView, target: TeamView | None) -> Operation:
    """The team is no right of any one person, so its records move in the administrator's name with the system's rights."""
    condition = {'field': 'team', 'op': 'eq', 'value': here.uid}
    order = Order('edit', entity_key, {'filter': condition}, {'team': target.uid if target else None}, workflows=False)
    return operations.start(runtime, system_actor(actor.name), order)


def _delete(runtime: Runtime, actor: Actor, here: TeamView) -> bool:
    catalog = runtime.catalogs.current()
    with runtime.database.session() as session:
        bump_rights(session)
        held = contents_of(session, catalog, here.id)
        if held.records or held.binned:
            return False
        try:
            with session.begin_nested():
                session.execute(team.delete().where(team.c.id == here.id))
        except IntegrityError:  # a field of another kind of record names it, or one that was dropped did
            return False
        note(session, here.name, {'did': 'deleted'}, actor, runtime.clock.now())
    return True
