"""What the audit log tells of assignment rules, as they are called. Writes entries; knows no row of theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.assignment.model import Strategy
from permissions.tables import ab_user, team
from schema.base import audit
from schema.base.actor import Actor
from schema.catalog import Catalog, Entity
from schema.conditions import words

KIND = 'setting_changed'
Told = Mapping[str, Any]


def told(session: Session, catalog: Catalog, found: Any) -> Told:
    """A rule in words that need no look-up later."""
    entity: Entity | None = catalog.by_ref.get(found.entity_ref)
    return {
        'name': found.name, 'entity': entity.definition.plural if entity else None, 'active': found.active,
        'unchosen': found.unchosen, 'condition': words.told(found.condition, entity, catalog) if entity else None,
        **_strategy(session, found.strategy),
    }  # fmt: skip


def note_rule(session: Session, before: Told | None, after: Told | None, *, by: Actor, now: datetime) -> None:
    """A rule that came, changed or went: None stands for none."""
    audit.note_change(session, KIND, before, after, word='rule', actor=by, now=now)


def note_order(
    session: Session, entity: Entity | None, old: Sequence[str], new: Sequence[str], *, by: Actor, now: datetime
) -> None:  # fmt: skip
    """The rules of an entity are asked in another order; nothing is noted when it is the same."""
    if old != new:
        params = {'rule': 'changed', 'entity': entity.definition.plural if entity else None}
        order = {'order': {'old': list(old), 'new': list(new)}}
        audit.note(session, KIND, actor=by, subject=entity.key if entity else '', params={**params, **order}, now=now)


def _strategy(session: Session, strategy: Strategy) -> dict[str, Any]:
    last = strategy.last
    return {
        'strategy': strategy.kind, 'fallback': last.kind if last is not strategy else None,
        'people': _names(session, ab_user.c.id, ab_user.c.username, last.users),
        'teams': _names(session, team.c.id, team.c.name, last.teams),
        'remainder': last.remainder if last.kind == 'even' else None,
        'online_only': last.online_only, 'skip_absent': last.skip_absent,
    }  # fmt: skip


def _names(session: Session, row_id: Any, name: Any, ids: Sequence[int]) -> list[str]:
    known = {row[0]: row[1] for row in session.execute(sa.select(row_id, name).where(row_id.in_(ids)))} if ids else {}
    return [known[each] for each in ids if each in known]
