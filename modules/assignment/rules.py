"""Saved assignment rules: which new records go to whom. Kept in order; free of Flask, the caller owns the transaction.

The rules of an installation are kept in each process by the rights' epoch, which every change of theirs moves.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.assignment import noting
from modules.assignment.model import Strategy
from modules.assignment.tables import assignment_rule, assignment_turn
from permissions.actors import bump_rights
from schema import conditions
from schema.base.actor import Actor
from schema.base.errors import Invalid, NotFound, require_clean
from schema.base.ids import new_uid
from schema.catalog import Catalog, Entity

LONGEST_NAME = 200


@dataclass(frozen=True)
class Rule:
    """One rule: records of the entity that satisfy `condition` (all of them when None) go by `strategy`. With `unchosen` it
    takes records whose creator chose nobody, else only those that were left without an owner on purpose."""

    uid: str
    entity_ref: str
    name: str
    place: int
    active: bool
    unchosen: bool
    condition: Mapping[str, Any] | None
    strategy: Strategy


@dataclass(frozen=True)
class Wanted:
    """A rule as somebody wants it."""

    entity: Entity
    name: str
    strategy: Strategy
    condition: Mapping[str, Any] | None = None
    active: bool = True
    unchosen: bool = True


def list_rules(executor: Any, *, entity_ref: str | None = None) -> list[Rule]:
    """All rules in the order in which they are asked, by entity."""
    wanted = sa.select(assignment_rule).order_by(assignment_rule.c.entity_ref, assignment_rule.c.place, assignment_rule.c.uid)
    if entity_ref is not None:
        wanted = wanted.where(assignment_rule.c.entity_ref == entity_ref)
    return [_rule(row) for row in executor.execute(wanted)]


def get_rule(executor: Any, uid: str) -> Rule:
    """Raises: NotFound ASG-E015."""
    row = executor.execute(sa.select(assignment_rule).where(assignment_rule.c.uid == uid[:36])).first()
    if row is None:
        raise NotFound.of('ASG-E015')
    return _rule(row)


def save_rule(
    session: Session, catalog: Catalog, wanted: Wanted, actor: Actor, now: datetime, uid: str | None = None
) -> str:  # fmt: skip
    """Add a rule behind the others of its entity, or change one; its uid.

    Raises: Invalid ASG-E014, ASG-E016 and findings of the condition; NotFound ASG-E015.
    """
    name = ' '.join(wanted.name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid.of('ASG-E016', '/name')
    if wanted.strategy.last.kind == 'even':
        raise Invalid.of('ASG-E014', '/strategy/kind')
    if wanted.condition is not None:
        require_clean(conditions.check(wanted.condition, wanted.entity.key, catalog))
    bump_rights(session)
    values: dict[str, Any] = {
        'entity_ref': wanted.entity.ref, 'name': name, 'active': wanted.active, 'unchosen': wanted.unchosen,
        'condition': dict(wanted.condition) if wanted.condition else None, 'changed_at': now, 'changed_by': actor.name,
    }  # fmt: skip
    before = get_rule(session, uid) if uid is not None else None
    former = noting.told(session, catalog, before) if before is not None else None
    key = uid or new_uid()
    values['strategy'] = wanted.strategy.taking_turns(f'rule:{key}').as_json()
    if before is None or before.entity_ref != wanted.entity.ref:
        values['place'] = _behind(session, wanted.entity.ref)
    if before is None:
        session.execute(assignment_rule.insert().values(uid=key, **values))
    else:
        session.execute(assignment_rule.update().where(assignment_rule.c.uid == key).values(**values))
    noting.note_rule(session, former, noting.told(session, catalog, get_rule(session, key)), by=actor, now=now)
    return key


def drop_rule(session: Session, catalog: Catalog, uid: str, actor: Actor, now: datetime) -> Rule:
    """Remove a rule and its turns. Raises: NotFound ASG-E015."""
    bump_rights(session)
    found = get_rule(session, uid)
    session.execute(assignment_rule.delete().where(assignment_rule.c.uid == uid))
    session.execute(assignment_turn.delete().where(assignment_turn.c.key == f'rule:{uid}'))
    noting.note_rule(session, noting.told(session, catalog, found), None, by=actor, now=now)
    return found


def move_rule(session: Session, catalog: Catalog, uid: str, step: int, actor: Actor, now: datetime) -> None:
    """Ask it earlier (-1) or later (1) among the rules of its entity. Raises: NotFound ASG-E015."""
    bump_rights(session)
    found = get_rule(session, uid)
    names = {each.uid: each.name for each in list_rules(session, entity_ref=found.entity_ref)}
    order = [*names]
    here = order.index(uid)
    there = min(max(here + step, 0), len(order) - 1)
    order.insert(there, order.pop(here))
    for place, each in enumerate(order):
        session.execute(assignment_rule.update().where(assignment_rule.c.uid == each).values(place=place))
    former, present = [*names.values()], [names[each] for each in order]
    noting.note_order(session, catalog.by_ref.get(found.entity_ref), former, present, by=actor, now=now)


def rules_naming(executor: Any, user_id: int) -> list[Rule]:
    """Rules that give records to this person by name."""
    return [each for each in list_rules(executor) if user_id in each.strategy.users or user_id in each.strategy.last.users]


Swapped = dict[str, list[Any]]
"""`{uid of a rule: [its strategy before, its strategy since]}`, as JSON."""


def replace_person(
    session: Session, catalog: Catalog, former: int, present: int, *, by: Actor, now: datetime
) -> Swapped:  # fmt: skip
    """Let one person stand for another in every rule that names them; what that changed. Noted."""
    swapped: Swapped = {
        each.uid: [each.strategy.as_json(), each.strategy.with_person(former, present).as_json()]
        for each in rules_naming(session, former)
    }
    for uid, (_old, new) in swapped.items():
        _set_strategy(session, catalog, uid, new, by, now)
    return swapped


def swap_back(session: Session, catalog: Catalog, swapped: Mapping[str, Sequence[Any]], *, by: Actor, now: datetime) -> None:
    """Give rules the strategies they had, as far as nobody changed them since. Noted."""
    for each in list_rules(session):
        old, new = swapped.get(each.uid, (None, None))
        if old is not None and each.strategy.as_json() == new:
            _set_strategy(session, catalog, each.uid, old, by, now)


def _set_strategy(session: Session, catalog: Catalog, uid: str, strategy: Any, by: Actor, now: datetime) -> None:
    before = noting.told(session, catalog, get_rule(session, uid))
    changing = assignment_rule.update().where(assignment_rule.c.uid == uid)
    session.execute(changing.values(strategy=strategy, changed_at=now, changed_by=by.name))
    noting.note_rule(session, before, noting.told(session, catalog, get_rule(session, uid)), by=by, now=now)


_lock = threading.Lock()
_known: WeakKeyDictionary[sa.Engine, tuple[int, dict[str, list[Rule]]]] = WeakKeyDictionary()


def active_rules(session: Session, epoch: int, entity_ref: str) -> Sequence[Rule]:
    """Active rules of an entity in order; read again only when the epoch has moved."""
    engine = session.connection().engine
    kept = _known.get(engine)
    if kept is None or kept[0] != epoch:
        by_entity: dict[str, list[Rule]] = {}
        for each in list_rules(session):
            if each.active:
                by_entity.setdefault(each.entity_ref, []).append(each)
        kept = (epoch, by_entity)
        with _lock:
            _known[engine] = kept
    return kept[1].get(entity_ref, ())


def _behind(session: Session, entity_ref: str) -> int:
    last = sa.select(sa.func.max(assignment_rule.c.place)).where(assignment_rule.c.entity_ref == entity_ref)
    found = session.execute(last).scalar()
    return 0 if found is None else int(found) + 1


def _rule(row: Any) -> Rule:
    return Rule(
        row.uid, row.entity_ref, row.name, row.place, row.active, row.unchosen, row.condition, Strategy.from_json(row.strategy)
    )  # fmt: skip
