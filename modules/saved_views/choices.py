"""What one person chose for one list: columns, widths, order of the tabs, the view that opens first. Decides no right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from schema.base.actor import Actor
from schema.base.saved_views import list_choice
from schema.base.upsert import insert_once
from schema.catalog import Entity


@dataclass(frozen=True)
class ListChoice:
    """`columns` hold when no view is open; `widths` are pixels by field key; `default` is a view's uid, `all`, or blank."""

    columns: tuple[str, ...] = ()
    widths: Mapping[str, int] = field(default_factory=dict)
    default: str = ''
    order: tuple[str, ...] = ()


def choice_of(executor: Session | sa.Connection, actor: Actor, entity: Entity) -> ListChoice:
    """One statement."""
    return _choice(executor.execute(sa.select(list_choice.c.document).where(*_row(actor, entity))).scalar())


def choose(session: Session, actor: Actor, entity: Entity, parts: Mapping[str, Any], *, now: datetime) -> None:
    """Keep some parts; the others stay, and a blank part is forgotten."""
    insert_row = insert_once(session, list_choice, 'user_id', 'entity_ref').values(
        user_id=actor.user_id, entity_ref=entity.definition.ref, document={}, changed_at=now
    )
    session.execute(insert_row)
    before = session.execute(sa.select(list_choice.c.document).where(*_row(actor, entity)).with_for_update()).scalar_one()
    document = {name: part for name, part in {**before, **parts}.items() if part}
    session.execute(list_choice.update().where(*_row(actor, entity)).values(document=document, changed_at=now))


def _row(actor: Actor, entity: Entity) -> tuple[sa.ColumnElement[bool], ...]:
    return list_choice.c.user_id == actor.user_id, list_choice.c.entity_ref == entity.definition.ref


def _choice(document: Mapping[str, Any] | None) -> ListChoice:
    kept = document or {}
    return ListChoice(
        tuple(kept.get('columns', ())), dict(kept.get('widths', {})), kept.get('default', ''), tuple(kept.get('order', ()))
    )  # fmt: skip
