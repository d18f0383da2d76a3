"""Rights to single records: given, taken back and listed. Knows no role, and writes no history: its callers do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from permissions.tables import record_grant
from schema.catalog import Entity

Level = Literal['view', 'edit']
Source = Literal['share', 'former_owner', 'pool', 'calendar']
CHUNK = 500


@dataclass(frozen=True)
class GrantRow:
    """One right to one record. `principal` is spelled by `schema.base.actor.principal`; `by` is a user id or None."""

    record_id: int
    principal: str
    level: Level
    source: Source
    by: int | None
    at: datetime


def grant(
    session: Session, entity: Entity, record_ids: Iterable[int], principal: str, *, level: Level, source: Source,
    by: int | None, now: datetime,
) -> None:  # fmt: skip
    """Let a principal see (`view`) or also change (`edit`) records. Giving again changes nothing, but `edit` lifts `view`."""
    connection = session.connection()
    dialect = postgresql if connection.dialect.name == 'postgresql' else sqlite
    for ids in _chunks(record_ids):
        adding = dialect.insert(record_grant).values([
            {
                'entity_ref': entity.ref, 'record_id': each, 'principal': principal, 'level': level, 'source': source,
                'granted_by': by, 'granted_at': now,
            }
            for each in ids
        ])  # fmt: skip
        given = adding.excluded
        connection.execute(
            adding.on_conflict_do_update(
                index_elements=[record_grant.c[name] for name in ('entity_ref', 'record_id', 'principal', 'source')],
                set_={'level': given.level, 'granted_by': given.granted_by, 'granted_at': given.granted_at},
                where=sa.and_(record_grant.c.level == 'view', given.level == 'edit'),
            )
        )


def revoke(
    session: Session, entity: Entity, record_ids: Iterable[int], principal: str | None = None, *, source: Source
) -> None:  # fmt: skip
    """Take back what one source gave a principal, or everybody when none is named."""
    connection = session.connection()
    for ids in _chunks(record_ids):
        table = record_grant.c
        taking = record_grant.delete().where(table.entity_ref == entity.ref, table.record_id.in_(ids), table.source == source)
        connection.execute(taking if principal is None else taking.where(table.principal == principal))


def grants_of(session: Session, entity: Entity, record_ids: Iterable[int]) -> dict[int, list[GrantRow]]:
    """`{record id: its rights, oldest first}`; records without any are left out."""
    found: dict[int, list[GrantRow]] = {}
    columns = record_grant.c['record_id', 'principal', 'level', 'source', 'granted_by', 'granted_at']
    connection = session.connection()
    for ids in _chunks(record_ids):
        asking = sa.select(*columns).where(record_grant.c.entity_ref == entity.ref, record_grant.c.record_id.in_(ids))
        for row in connection.execute(asking.order_by(record_grant.c.id)):
            found.setdefault(row[0], []).append(GrantRow(*row))
    return found


def _chunks(record_ids: Iterable[int]) -> Iterator[Sequence[int]]:
    ids = sorted(set(record_ids))  # the same order in every transaction, so that two of them cannot wait for each other
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]
