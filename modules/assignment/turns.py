"""Whose turn it is: a durable pointer for each rule, locked until the transaction ends, so that no turn is given twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.assignment.model import Strategy
from modules.assignment.splitting import next_in_turn
from modules.assignment.tables import assignment_turn
from schema.base.upsert import insert_once
from schema.catalog import Entity


def turn_key(strategy: Strategy, entity: Entity) -> str:
    """The rule's own key; else that of this circle of people for this entity, so that the next split goes on after the last."""
    if strategy.turn:
        return strategy.turn
    circle = f'{sorted(strategy.users)}{sorted(strategy.teams)}'.encode()
    return f'{entity.ref[:80]}:{blake2b(circle, digest_size=8).hexdigest()}'


def take_turns(
    session: Session, key: str, circle: Sequence[int], available: Mapping[int, bool], count: int, *, now: datetime,
    rehearsed: bool = False,
) -> list[tuple[int | None, int | None]]:  # fmt: skip
    """`(person, who had the turn before)` for `count` records. Moves the pointer in the caller's transaction unless it is only
    `rehearsed`. On PostgreSQL others who want turns of this key wait for the end of the transaction."""
    wanted = sa.select(assignment_turn.c.last_id, assignment_turn.c.place).where(assignment_turn.c.key == key)
    if not rehearsed:
        session.execute(insert_once(session, assignment_turn, 'key').values(key=key, place=0))
        wanted = wanted.with_for_update()
    row = session.execute(wanted).first()
    last, place = (row.last_id, row.place) if row else (None, 0)
    given: list[tuple[int | None, int | None]] = []
    for _ in range(count):
        person = next_in_turn(circle, available, last, place)
        given.append((person, last))
        if person is None:
            continue
        last, place = person, circle.index(person)
    if not rehearsed and any(person is not None for person, _ in given):
        moved = assignment_turn.update().where(assignment_turn.c.key == key)
        session.execute(moved.values(last_id=last, place=place, moved_at=now))
    return given
