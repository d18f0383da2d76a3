"""Drafts that other people hold at the same time. Reads them; each is published apart, and none hinders another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from migrations.tables import schema_draft
from modules.records.labels import full_name
from schema.base.actor import Actor
from schema.base.database import Database
from schema.catalog import Catalog


@dataclass(frozen=True)
class OtherDraft:
    """`entities` are the keys that the draft touches, as it names them."""

    author: str
    at: datetime
    entities: tuple[str, ...]


def drafts_of_others(database: Database, catalog: Catalog, actor: Actor) -> list[OtherDraft]:
    """Those that hold anything, newest first."""
    people, columns = catalog.users, schema_draft.c
    query = (
        sa.select(
            columns.changes, columns.removed, columns.updated_at, people.c.username, people.c.first_name, people.c.last_name
        )
        .join(people, people.c.id == columns.author_id)
        .where(columns.author_id != (actor.user_id or 0))
        .order_by(columns.updated_at.desc())
    )
    with database.reading() as connection:
        rows = connection.execute(query).all()
    return [
        OtherDraft(full_name(row.first_name, row.last_name) or row.username, row.updated_at, _touched(row.changes, row.removed))
        for row in rows
        if row.removed or any(row.changes.values())
    ]


def _touched(changes: dict[str, dict[str, object]], removed: list[str]) -> tuple[str, ...]:
    named = [*changes.get('entities', {}), *(pointer.split('/')[2] for pointer in removed if pointer.startswith('/entities/'))]
    return tuple(dict.fromkeys(named))
