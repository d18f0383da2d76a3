"""Which notes of pools have been kept long enough: as long as the history of records."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from modules.installation.keeping import delete_ended
from modules.pools.tables import pool_day, pool_event
from modules.runtime import Runtime


def clear_events(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """Oldest first: events are only ever added, so that ids follow time. The counts of days go with them."""
    table = pool_event
    oldest = sa.select(table.c.id, table.c.at).order_by(table.c.id).limit(rows).subquery()
    count = len(
        delete_ended(runtime.database, sa.select(oldest.c.id).where(oldest.c.at < cutoff), table.c.id, table.c.at < cutoff)
    )
    old = pool_day.c.day < cutoff.date()
    with runtime.database.reading() as connection:
        found = connection.execute(sa.select(pool_day.c.day).where(old).limit(1)).first()
    if found is not None:
        with runtime.database.writing() as connection:
            connection.execute(pool_day.delete().where(old))
    return count
