"""What the audit log tells of pools: their settings and people as they are called. Writes entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.pools import queries
from modules.pools.model import Pool
from permissions.tables import ab_user, team
from schema.base import audit
from schema.base.actor import Actor
from schema.catalog import Catalog
from schema.conditions import words

Told = Mapping[str, Any]


def told(session: Session, catalog: Catalog, found: Pool) -> Told:
    """A pool in words that need no look-up later: names of people and teams, the rule as a sentence."""
    entity = catalog.by_ref.get(found.entity_ref)
    return {
        'name': found.name, 'description': found.description, 'entity': entity.definition.plural if entity else None,
        'source': words.told(found.source, entity, catalog) if entity else None, 'takes_new': found.takes_new,
        'daily_limit': found.daily_limit, 'return_days': found.return_days, 'activity': found.activity,
        'active': found.active, 'is_default': found.is_default,
        **{kind: _names(session, kind, ids) for kind, ids in queries.people_of(session, found.id).items()},
    }  # fmt: skip


def note(session: Session, before: Told | None, after: Told | None, *, by: Actor, now: datetime) -> None:
    """A pool that came, changed or went: None stands for none."""
    audit.note_change(session, 'pool_changed', before, after, word='change', actor=by, now=now)


def _names(session: Session, kind: str, ids: Sequence[int]) -> list[str]:
    table: Any = (team if kind.endswith('_teams') else ab_user).c
    column = table.name if kind.endswith('_teams') else table.username
    return list(session.execute(sa.select(column).where(table.id.in_(ids)).order_by(column)).scalars()) if ids else []
