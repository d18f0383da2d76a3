"""Reads the audit log by person, kind, time and text, newest first. Knows no screen and no words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schema.base.audit import audit_entry

PAGE = 100
CHUNK = 1_000


@dataclass(frozen=True)
class Asked:
    """What a reader looks for; blank parts ask for nothing. `since` counts, `until` does not."""

    actor_id: int | None = None
    kind: str = ''
    since: datetime | None = None
    until: datetime | None = None
    text: str = ''

    def clauses(self) -> list[sa.ColumnElement[bool]]:
        table, found = audit_entry.c, []
        if self.actor_id is not None:
            found.append(table.actor_id == self.actor_id)
        if self.kind:
            found.append(table.kind == self.kind)
        if self.since is not None:
            found.append(table.at >= self.since)
        if self.until is not None:
            found.append(table.at < self.until)
        for word in self.text.split():
            places = (table.actor_name, table.subject, table.address, sa.type_coerce(table.params, sa.Text))
            found.append(sa.or_(*(place.icontains(word, autoescape=True) for place in places)))
        return found


def page(executor: Any, asked: Asked, *, before: int | None = None, size: int = PAGE) -> tuple[list[Any], int | None]:
    """`(entries, the id that the next page starts before or None)`."""
    clauses = asked.clauses() if before is None else [*asked.clauses(), audit_entry.c.id < before]
    rows = executor.execute(sa.select(audit_entry).where(*clauses).order_by(audit_entry.c.id.desc()).limit(size + 1)).all()
    return list(rows[:size]), rows[size - 1].id if len(rows) > size else None


def stream(executor: Any, asked: Asked) -> Iterator[list[Any]]:
    """Everything that was asked for, in chunks, newest first."""
    before: int | None = None
    while True:
        rows, before = page(executor, asked, before=before, size=CHUNK)
        if rows:
            yield rows
        if before is None:
            return


def actors(executor: Any) -> list[tuple[int, str]]:
    """`(user id, name)` of the persons whom the log names, by name, each as the newest entry names them."""
    newest = (
        sa.select(sa.func.max(audit_entry.c.id)).where(audit_entry.c.actor_id.is_not(None)).group_by(audit_entry.c.actor_id)
    )
    rows = executor.execute(
        sa.select(audit_entry.c.actor_id, audit_entry.c.actor_name)
        .where(audit_entry.c.id.in_(newest.scalar_subquery()))
        .order_by(audit_entry.c.actor_name)
    )
    return [(row.actor_id, row.actor_name) for row in rows]
