"""What of dropped parts goes when their time to come back is over: their values, and the books about them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from migrations.reaper import empty_shadows, reap_shadows
from migrations.tables import schema_remapped, schema_unread
from modules.installation.keeping import clear_ended
from modules.runtime import Runtime
from schema.versions import schema_version


def remove_old_shadows(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """Let go of dropped data whose time to come back is over; SQLite's empty columns wait for `trellis maintain`."""
    older_than = runtime.clock.now() - cutoff
    if runtime.database.is_sqlite:
        return empty_shadows(runtime.database, runtime.clock, older_than=older_than, rows=rows)
    return min(len(reap_shadows(runtime.database, runtime.clock, older_than=older_than)), rows - 1)


def clear_moved(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """Which records held an option that was removed: known as long as the option would get them back."""
    return clear_ended(runtime.database, schema_remapped.c.id, rows, _before(schema_remapped.c.version, cutoff))


def clear_unread(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """Reports of values that a type change could not read: known as long as these themselves are kept aside."""
    return clear_ended(runtime.database, schema_unread.c.id, rows, _before(schema_unread.c.version, cutoff))


def _before(version: sa.Column[int], cutoff: datetime) -> sa.ColumnElement[bool]:
    return version.in_(sa.select(schema_version.c.number).where(schema_version.c.created_at < cutoff))
