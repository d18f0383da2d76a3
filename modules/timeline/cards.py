"""What each person wants on the cards of a board: refs of fields, kept in the database. Takes sessions; never commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.timeline.tables import board_choice
from schema.base.upsert import insert_once

MOST = 6


def chosen(executor: Any, user_id: int | None, entity_ref: str) -> list[str] | None:
    """Refs of fields in order; None for who chose nothing. One statement."""
    row = executor.execute(sa.select(board_choice.c.fields).where(*_one(user_id or 0, entity_ref))).first()
    return [each for each in row.fields if isinstance(each, str)] if row else None


def choose(session: Session, user_id: int, entity_ref: str, refs: Sequence[str], now: datetime) -> None:
    """Keep at most `MOST` fields; without any the cards are as the layout says again."""
    if not refs:
        session.execute(board_choice.delete().where(*_one(user_id, entity_ref)))
        return
    values = {'fields': list(refs[:MOST]), 'changed_at': now}
    added: Any = session.execute(
        insert_once(session, board_choice, 'user_id', 'entity_ref').values(user_id=user_id, entity_ref=entity_ref, **values)
    )
    if not added.rowcount:
        session.execute(board_choice.update().where(*_one(user_id, entity_ref)).values(**values))


def _one(user_id: int, entity_ref: str) -> tuple[sa.ColumnElement[bool], ...]:
    return board_choice.c.user_id == user_id, board_choice.c.entity_ref == entity_ref
