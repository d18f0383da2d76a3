"""Draft changesets: what an author collects in Studio before planning, in the shape of a plan request. One per author."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from migrations.tables import schema_draft
from schema.base.actor import Actor
from schema.base.clock import Clock
from schema.base.database import Database
from schema.upgraders.registry import FORMATS, KEYWORD

SYSTEM_AUTHOR = 0


@dataclass(frozen=True)
class Draft:
    """`changes` is `{section: {key: fragment}}` with `remap` and `note`, `removed` JSON pointers.

    `base_version` is what the author began from; a draft survives other people's publishes, for it holds only what differs.
    """

    base_version: int
    changes: Mapping[str, Any]
    removed: list[str]
    updated_at: datetime | None

    @property
    def request(self) -> dict[str, Any]:
        """What `Publisher.plan` takes."""
        return {**self.changes, 'remove': list(self.removed)}

    @property
    def is_empty(self) -> bool:
        return not self.removed and not any(self.changes.values())


def find_draft(database: Database, actor: Actor) -> Draft | None:
    query = sa.select(schema_draft).where(schema_draft.c.author_id == _author(actor))
    with database.reading() as connection:
        row = connection.execute(query).first()
    return Draft(row.base, FORMATS.upgrade_request(row.changes), row.removed, row.updated_at) if row else None


def save_draft(database: Database, clock: Clock, actor: Actor, request: Mapping[str, Any], base_version: int) -> Draft:
    """Replace the author's draft by the request. Commits."""
    changes = {name: part for name, part in FORMATS.upgrade_request(request).items() if name != 'remove'}
    draft = Draft(base_version, changes, list(request.get('remove', ())), clock.now())
    with database.writing() as connection:
        connection.execute(schema_draft.delete().where(schema_draft.c.author_id == _author(actor)))
        connection.execute(
            schema_draft.insert().values(
                author_id=_author(actor), base=base_version, changes={**changes, KEYWORD: FORMATS.current},
                removed=draft.removed, updated_at=draft.updated_at,
            )
        )  # fmt: skip
    return draft


def discard_draft(database: Database, actor: Actor) -> None:
    """Commits; harmless when there is none."""
    with database.writing() as connection:
        connection.execute(schema_draft.delete().where(schema_draft.c.author_id == _author(actor)))


def _author(actor: Actor) -> int:
    return SYSTEM_AUTHOR if actor.user_id is None else actor.user_id
