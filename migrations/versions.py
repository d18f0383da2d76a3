"""The list of published versions, newest first, for history pages and commands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schema.base.database import Database
from schema.definitions import in_locale
from schema.versions import read_state, schema_version


@dataclass(frozen=True)
class VersionRow:
    """`summary` are the changes as sentences by locale."""

    number: int
    base: int | None
    note: str
    summary: list[dict[str, str]]
    author: str
    created_at: datetime
    is_active: bool

    def as_wire(self, locale: str) -> dict[str, Any]:
        return {
            'version': self.number,
            'base': self.base,
            'note': self.note,
            'changes': [in_locale(each, locale) for each in self.summary],
            'author': self.author,
            'created_at': self.created_at.replace(tzinfo=None).isoformat(timespec='seconds') + 'Z',
            'active': self.is_active,
        }


def list_versions(database: Database, limit: int = 500) -> list[VersionRow]:
    """Newest first."""
    columns = schema_version.c
    query = sa.select(columns.number, columns.base, columns.note, columns.summary, columns.created_by, columns.created_at)
    with database.reading() as connection:
        state = read_state(connection)
        rows = connection.execute(query.order_by(columns.number.desc()).limit(limit)).all()
    return [VersionRow(*row, is_active=bool(state and state.active == row.number)) for row in rows]
