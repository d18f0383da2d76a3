"""Pools as administrators make them: checks, rows, people, audit. Free of Flask; the caller owns the transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.pools import noting, queries
from modules.pools.model import ACTIVITIES, Activity, Pool, Wish
from modules.pools.tables import pool, pool_day, pool_member, pool_record
from permissions.actors import bump_rights
from permissions.tables import ab_user, record_grant, team
from schema import conditions
from schema.base.actor import Actor, principal
from schema.base.errors import Conflict, require_clean
from schema.base.findings import Finding, finding
from schema.base.ids import new_uid
from schema.catalog import Catalog, Entity

LONGEST_NAME, LONGEST_DESCRIPTION = 200, 2000
MOST_A_DAY, MOST_DAYS = 10_000, 3650
CHUNK = 500


def create(session: Session, catalog: Catalog, wish: Wish, *, by: Actor, now: datetime) -> Pool:
    """Raises: Invalid POL-E012…E019 and findings of the condition."""
    bump_rights(session)
    wish, entity = _checked(session, catalog, wish, None)
    uid = new_uid()
    session.execute(pool.insert().values(uid=uid, entity_ref=entity.ref, created_at=now, **_columns(wish)))
    made = queries.get_pool(session, uid)
    _settle_default(session, made)
    _write_people(session, made, wish)
    noting.note(session, None, noting.told(session, catalog, made), by=by, now=now)
    return made


def update(session: Session, catalog: Catalog, uid: str, wish: Wish, *, by: Actor, now: datetime) -> Pool:
    """Change a pool; its kind of record changes only while nothing lies in it.

    Raises: NotFound POL-E001; Invalid POL-E012…E020 and findings of the condition.
    """
    bump_rights(session)
    found = queries.get_pool(session, uid, lock=True)
    wish, entity = _checked(session, catalog, wish, found)
    before = noting.told(session, catalog, found)
    session.execute(pool.update().where(pool.c.id == found.id).values(entity_ref=entity.ref, **_columns(wish)))
    changed = queries.get_pool(session, uid)
    _settle_default(session, changed)
    _write_people(session, changed, wish)
    if found.return_days is None and changed.return_days is not None:
        _begin_counting(session, changed, now)
    noting.note(session, before, noting.told(session, catalog, changed), by=by, now=now)
    return changed


def delete(session: Session, catalog: Catalog, uid: str, *, by: Actor, now: datetime) -> None:
    """Remove a pool in which no live record lies; those in the bin leave it.

    Raises: NotFound POL-E001; Conflict POL-E021 while records lie in it.
    """
    bump_rights(session)
    found = queries.get_pool(session, uid, lock=True)
    entity = catalog.by_ref.get(found.entity_ref)
    count = queries.count_live(session, found, entity) if entity else 0
    if count:
        raise Conflict.of('POL-E021', value=found.name, count=count)
    before = noting.told(session, catalog, found)
    named = [principal('pool', found.id), principal('managed_pool', found.id)]
    session.execute(record_grant.delete().where(record_grant.c.source == 'pool', record_grant.c.principal.in_(named)))
    for table in (pool_record, pool_member, pool_day):
        session.execute(table.delete().where(table.c.pool_id == found.id))
    session.execute(pool.delete().where(pool.c.id == found.id))
    noting.note(session, before, None, by=by, now=now)


def _checked(session: Session, catalog: Catalog, wish: Wish, found: Pool | None) -> tuple[Wish, Entity]:
    """The wish with its name made tidy, and its entity. Raises: Invalid with all findings."""
    wish = replace(wish, name=' '.join(wish.name.split()), description=wish.description.strip())
    findings = [*_check_name(session, wish, found), *_check_numbers(wish), *_check_people(session, wish)]
    entity = catalog.find_entity(wish.entity) if wish.entity else None
    if entity is None:
        findings.append(finding('POL-E015', '/entity', value=wish.entity[:80]))
    elif found is not None and entity.ref != found.entity_ref and _holds(session, found):
        findings.append(finding('POL-E020', '/entity'))
    if entity is not None and wish.source is not None:
        findings += [each.at('/source') for each in conditions.check(wish.source, entity.key, catalog)]
    require_clean(findings)
    assert entity is not None
    return wish, entity


def _check_name(session: Session, wish: Wish, found: Pool | None) -> Iterable[Finding]:
    if not wish.name:
        yield finding('POL-E012', '/name')
    if len(wish.name) > LONGEST_NAME:
        yield finding('POL-E013', '/name', value=len(wish.name), limit=LONGEST_NAME)
    if len(wish.description) > LONGEST_DESCRIPTION:
        yield finding('POL-E013', '/description', value=len(wish.description), limit=LONGEST_DESCRIPTION)
    taken = session.execute(sa.select(pool.c.id).where(pool.c.name == wish.name)).scalar()
    if taken is not None and (found is None or taken != found.id):
        yield finding('POL-E014', '/name', value=wish.name)


def _check_numbers(wish: Wish) -> Iterable[Finding]:
    for key, value, most in (('daily_limit', wish.daily_limit, MOST_A_DAY), ('return_days', wish.return_days, MOST_DAYS)):
        if value is not None and not 1 <= value <= most:
            yield finding('POL-E016', f'/{key}', value=value, limit=most)
    if wish.activity not in ACTIVITIES:
        yield finding('POL-E017', '/activity', value=wish.activity[:40], choices=', '.join(ACTIVITIES))


def _check_people(session: Session, wish: Wish) -> Iterable[Finding]:
    """Unknown people are refused; whoever's account is closed may stay, for it opens again."""
    for key, table, ids in (
        ('members', ab_user, wish.members), ('managers', ab_user, wish.managers),
        ('member_teams', team, wish.member_teams), ('manager_teams', team, wish.manager_teams),
    ):  # fmt: skip
        columns: Any = table.c
        known = set(session.execute(sa.select(columns.id).where(columns.id.in_(sorted(ids)))).scalars()) if ids else set()
        if missing := sorted(set(ids) - known):
            yield finding('POL-E018', f'/{key}', value=missing[0])
    if not wish.managers and not wish.manager_teams:
        yield finding('POL-E019', '/managers')


def _columns(wish: Wish) -> dict[str, Any]:
    return {
        'name': wish.name, 'description': wish.description, 'source': dict(wish.source) if wish.source else None,
        'takes_new': wish.takes_new, 'daily_limit': wish.daily_limit, 'return_days': wish.return_days,
        'activity': cast(Activity, wish.activity), 'active': wish.active, 'is_default': wish.is_default,
    }  # fmt: skip


def _settle_default(session: Session, made: Pool) -> None:
    """An entity has one default pool at most: the one that was named last."""
    if made.is_default:
        others = (pool.c.entity_ref == made.entity_ref, pool.c.id != made.id)
        session.execute(pool.update().where(*others).values(is_default=False))


def _write_people(session: Session, found: Pool, wish: Wish) -> None:
    session.execute(pool_member.delete().where(pool_member.c.pool_id == found.id))
    rows = [
        {'pool_id': found.id, 'user_id': user_id, 'team_id': team_id, 'is_manager': leads}
        for users, teams, leads in (
            (wish.members, wish.member_teams, False),
            (wish.managers, wish.manager_teams, True),
        )
        for user_id, team_id in (*((each, None) for each in _once(users)), *((None, each) for each in _once(teams)))
    ]
    if rows:
        session.execute(pool_member.insert(), rows)


def _begin_counting(session: Session, found: Pool, now: datetime) -> None:
    """What was claimed before records went back by themselves gets the whole time from now on."""
    claimed = (pool_record.c.pool_id == found.id, pool_record.c.claimed_by.is_not(None))
    session.execute(pool_record.update().where(*claimed).values(active_at=now))


def _holds(session: Session, found: Pool) -> bool:
    return session.execute(sa.select(pool_record.c.id).where(pool_record.c.pool_id == found.id).limit(1)).first() is not None


def _once(ids: Sequence[int]) -> list[int]:
    return list(dict.fromkeys(ids))
