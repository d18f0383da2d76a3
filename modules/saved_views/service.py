"""Saved views of one entity: who sees which, making, changing, sharing, ordering, the one that opens first. Free of Flask.

A view never widens rights: it is applied through the reader of whoever opens it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.saved_views import choices
from modules.saved_views.model import ALL, View, Wish, check_wish
from permissions.policy import Policy
from permissions.tables import team
from schema.base import audit
from schema.base.actor import Actor
from schema.base.errors import Forbidden, Invalid, NotFound
from schema.base.ids import new_uid
from schema.base.saved_views import saved_view
from schema.catalog import Catalog, Entity

Executor = Session | sa.Connection
MOST_VIEWS = 200
"""How many views one person may own for one entity."""
_COLUMNS = tuple(saved_view.c)


def views_for(executor: Executor, actor: Actor, entity: Entity) -> list[View]:
    """The person's own views, those of their teams and the public ones; one statement."""
    rows = executor.execute(
        sa.select(*_COLUMNS)
        .where(saved_view.c.entity_ref == entity.definition.ref, _seen_by(actor))
        .order_by(saved_view.c.position, saved_view.c.id)
    )
    return [View(**row._mapping) for row in rows]


def view(executor: Executor, actor: Actor, entity: Entity, uid: str) -> View:
    """Raises: NotFound VIE-E001, also for a view that is not shared with the person."""
    found = executor.execute(
        sa.select(*_COLUMNS).where(
            saved_view.c.uid == uid[:36], saved_view.c.entity_ref == entity.definition.ref, _seen_by(actor)
        )
    ).first()
    if found is None:
        raise NotFound.of('VIE-E001')
    return View(**found._mapping)


def entity_of(executor: Executor, actor: Actor, catalog: Catalog, uid: str) -> tuple[Entity, View]:
    """A view by its uid alone, with its entity. Raises: NotFound VIE-E001."""
    row = executor.execute(sa.select(*_COLUMNS).where(saved_view.c.uid == uid[:36], _seen_by(actor))).first()
    entity = catalog.by_ref.get(row.entity_ref) if row is not None else None
    if row is None or entity is None:
        raise NotFound.of('VIE-E001')
    return entity, View(**row._mapping)


def in_order(views: Sequence[View], order: Sequence[str]) -> list[View]:
    """As the person laid them; those they never moved follow."""
    places = {uid: number for number, uid in enumerate(order)}
    return sorted(views, key=lambda each: places.get(each.uid, len(places) + each.position))


def may_change(policy: Policy, found: View) -> bool:
    """Its owner, and administrators what is shared with everybody."""
    return found.owner_id == policy.actor.user_id or (policy.can_admin and found.audience != 'private')


def may_publish(policy: Policy, entity: Entity) -> bool:
    """Everybody's views come from administrators, and from people who see every record of the entity."""
    return policy.can_admin or policy.scope('read', entity.key) == 'all'


def create(session: Session, policy: Policy, entity: Entity, wish: Wish, *, now: datetime) -> View:
    """Raises: Invalid VIE-E005…E010 and findings of the filter; Forbidden VIE-E003."""
    actor = policy.actor
    check_wish(wish, entity, policy.catalog, policy)
    team_id = _audience(session, policy, entity, wish)
    own = sa.select(sa.func.count(), sa.func.max(saved_view.c.position)).where(
        saved_view.c.entity_ref == entity.definition.ref, saved_view.c.owner_id == actor.user_id
    )
    count, last = session.execute(own).one()
    if count >= MOST_VIEWS:
        raise Invalid.of('VIE-E011', limit=MOST_VIEWS)
    uid = new_uid()
    session.execute(
        saved_view.insert().values(
            uid=uid, entity_ref=entity.definition.ref, name=wish.title, owner_id=actor.user_id, audience=wish.audience,
            team_id=team_id, document=tidied(wish.document), position=(last or 0) + 1, changed_at=now,
        )
    )  # fmt: skip
    made = view(session, actor, entity, uid)
    _note(session, policy, entity, made, {'view': 'created'}, now)
    return made


def change(session: Session, policy: Policy, entity: Entity, uid: str, wish: Wish, *, now: datetime) -> View:
    """Replace name, audience and contents. Raises: as `create`, and NotFound VIE-E001, Forbidden VIE-E002."""
    found = _changeable(session, policy, entity, uid)
    check_wish(wish, entity, policy.catalog, policy)
    same = wish.audience == found.audience and wish.audience != 'team'
    team_id = found.team_id if same else _audience(session, policy, entity, wish)
    session.execute(
        saved_view.update()
        .where(saved_view.c.id == found.id)
        .values(
            name=wish.title, audience=wish.audience, team_id=team_id, document=tidied(wish.document), changed_at=now,
            is_default=found.is_default and wish.audience == 'public',
        )
    )  # fmt: skip
    made = view(session, policy.actor, entity, uid)
    _note(session, policy, entity, made if made.audience == 'public' else found, {'view': 'changed'}, now)
    return made


def rename(session: Session, policy: Policy, entity: Entity, uid: str, name: str, *, now: datetime) -> View:
    """Raises: NotFound VIE-E001, Forbidden VIE-E002, Invalid VIE-E005, VIE-E006."""
    found = _changeable(session, policy, entity, uid)
    wish = Wish(name)
    check_wish(wish, entity, policy.catalog, policy)
    session.execute(saved_view.update().where(saved_view.c.id == found.id).values(name=wish.title, changed_at=now))
    return replace(found, name=wish.title)


def delete(session: Session, policy: Policy, entity: Entity, uid: str, *, now: datetime) -> View:
    """Raises: NotFound VIE-E001, Forbidden VIE-E002."""
    found = _changeable(session, policy, entity, uid)
    session.execute(saved_view.delete().where(saved_view.c.id == found.id))
    _note(session, policy, entity, found, {'view': 'deleted'}, now)
    return found


def set_default(session: Session, policy: Policy, entity: Entity, uid: str, *, everybody: bool, now: datetime) -> None:
    """Which view opens first: for the person, or (public views, administrators) for everybody who chose none. `all` is none.

    Raises: NotFound VIE-E001, Forbidden VIE-E003, Invalid VIE-E012.
    """
    found = view(session, policy.actor, entity, uid) if uid != ALL else None
    if not everybody:
        choices.choose(session, policy.actor, entity, {'default': uid}, now=now)
        return
    if not policy.can_admin:
        raise Forbidden.of('VIE-E003')
    if found is not None and found.audience != 'public':
        raise Invalid.of('VIE-E012', value=found.name)
    of_entity = saved_view.c.entity_ref == entity.definition.ref
    session.execute(saved_view.update().where(of_entity, saved_view.c.is_default).values(is_default=False))
    if found is not None:
        session.execute(saved_view.update().where(saved_view.c.id == found.id).values(is_default=True))
    _note(session, policy, entity, found, {'is_default': found is not None}, now)


def reorder(session: Session, actor: Actor, entity: Entity, uids: Sequence[str], *, now: datetime) -> None:
    """The person's own order of tabs; unknown uids are left out."""
    known = {each.uid for each in views_for(session, actor, entity)}
    choices.choose(session, actor, entity, {'order': [uid for uid in dict.fromkeys(uids) if uid in known]}, now=now)


def tidied(document: Mapping[str, Any]) -> dict[str, Any]:
    """Only the parts that say something."""
    return {name: part for name, part in document.items() if part}


def _note(
    session: Session, policy: Policy, entity: Entity, found: View | None, did: Mapping[str, Any], now: datetime
) -> None:  # fmt: skip
    """What everybody sees, or saw until now, is a setting of the house, and so is which view opens first; others are nobody's
    business."""
    if found is None or found.audience == 'public':
        params = {**did, 'entity': entity.definition.plural}
        audit.note(
            session, 'setting_changed', actor=policy.actor, subject=found.name if found else entity.key, params=params, now=now
        )


def _seen_by(actor: Actor) -> sa.ColumnElement[bool]:
    teams = sorted(actor.team_ids | actor.led_team_ids)
    return sa.or_(
        saved_view.c.owner_id == actor.user_id,
        saved_view.c.audience == 'public',
        sa.and_(saved_view.c.audience == 'team', saved_view.c.team_id.in_(teams)),
    )


def _changeable(session: Session, policy: Policy, entity: Entity, uid: str) -> View:
    found = view(session, policy.actor, entity, uid)
    if not may_change(policy, found):
        raise Forbidden.of('VIE-E002', value=found.name)
    return found


def _audience(session: Session, policy: Policy, entity: Entity, wish: Wish) -> int | None:
    """The id of the team that sees it. Raises: Forbidden VIE-E003, Invalid VIE-E013."""
    if wish.audience == 'public' and not may_publish(policy, entity):
        raise Forbidden.of('VIE-E003')
    if wish.audience != 'team':
        return None
    actor = policy.actor
    row = session.execute(sa.select(team.c.id).where(team.c.uid == wish.team[:36], team.c.active.is_(sa.true()))).first()
    if row is None or (row.id not in actor.team_ids | actor.led_team_ids and not policy.can_admin):
        raise Invalid.of('VIE-E013', '/team')
    return int(row.id)
