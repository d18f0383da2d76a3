"""Inserting a row unless its like is there already, on both engines. Knows no table."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


def insert_once(executor: Session | sa.Connection, table: sa.Table, *columns: str) -> Any:
    """An INSERT to which `.values()` or `.from_select()` is added; rows that collide on `columns` are left as they are.

    The result's `rowcount` tells how many were written; of a plain INSERT SQLAlchemy keeps none on PostgreSQL.
    """
    statement = insert_of(executor, table).on_conflict_do_nothing(index_elements=[table.c[name] for name in columns])
    return statement.execution_options(preserve_rowcount=True)


def insert_of(executor: Session | sa.Connection, table: sa.Table) -> Any:
    """The engine's own INSERT, which may say what happens to rows that collide (`on_conflict_do_update`)."""
    bind = executor.get_bind() if isinstance(executor, Session) else executor
    return (postgresql if bind.dialect.name == 'postgresql' else sqlite).insert(table)
