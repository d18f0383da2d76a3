"""Which history and which finished operations have been kept long enough."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from modules.installation.keeping import delete_ended
from modules.records.tables import operation, record_history
from modules.runtime import Runtime


def clear_history(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """Oldest first: history is only ever added to, so that its ids follow time and no index on time is needed."""
    table = record_history
    oldest = sa.select(table.c.id, table.c.at).order_by(table.c.id).limit(rows).subquery()
    chosen = sa.select(oldest.c.id).where(oldest.c.at < cutoff)
    return len(delete_ended(runtime.database, chosen, table.c.id, table.c.at < cutoff))


def clear_operations(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """Those that ended; what is waiting or running stays however old it is."""
    table = operation
    ended = (table.c.created_at < cutoff, table.c.finished_at.is_not(None), table.c.finished_at < cutoff)
    chosen = sa.select(table.c.id).where(*ended).order_by(table.c.created_at).limit(rows)
    return len(delete_ended(runtime.database, chosen, table.c.id, *ended))
