"""Counters in the database that never give a number twice. Knows no field and no record."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from schema.base.tables import metadata

number_counter = sa.Table(
    'number_counter',
    metadata,
    sa.Column('entity_ref', sa.String(80), primary_key=True),
    sa.Column('field_ref', sa.String(80), primary_key=True),
    sa.Column('period', sa.String(10), primary_key=True),
    sa.Column('given', sa.BigInteger, nullable=False),
)
"""`given` is the last number given out; `period` the year, month or day that a counter belongs to, empty without one."""
KEY = [number_counter.c.entity_ref, number_counter.c.field_ref, number_counter.c.period]


def take(executor: Session | sa.Connection, entity_ref: str, field_ref: str, period: str, count: int) -> int:
    """The first of `count` numbers in a row, from 1. One statement, whatever the count.

    Whoever takes next waits until this transaction ends; one that is rolled back gives its numbers back.
    """
    made = _made(executor, entity_ref, field_ref, period, count)
    statement = made.on_conflict_do_update(index_elements=KEY, set_={'given': number_counter.c.given + made.excluded.given})
    last: int = executor.execute(statement.returning(number_counter.c.given)).scalar_one()
    return last - count + 1


def raise_to(executor: Session | sa.Connection, entity_ref: str, field_ref: str, period: str, number: int) -> None:
    """Go on after `number`, unless a greater one was given out."""
    given = number_counter.c.given
    made = _made(executor, entity_ref, field_ref, period, number)
    greater = sa.case((made.excluded.given > given, made.excluded.given), else_=given)
    executor.execute(made.on_conflict_do_update(index_elements=KEY, set_={'given': greater}))


def _made(executor: Session | sa.Connection, entity_ref: str, field_ref: str, period: str, given: int) -> Any:
    bind = executor.get_bind() if isinstance(executor, Session) else executor
    dialect = postgresql if bind.dialect.name == 'postgresql' else sqlite
    return dialect.insert(number_counter).values(entity_ref=entity_ref, field_ref=field_ref, period=period, given=given)


def forget(executor: Session | sa.Connection, entity_ref: str, field_ref: str) -> None:
    """Start again from 1; only for a field whose numbers no record holds."""
    table = number_counter
    executor.execute(table.delete().where(table.c.entity_ref == entity_ref, table.c.field_ref == field_ref))
