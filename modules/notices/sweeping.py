"""Which notices have been kept long enough: old ones, read or not."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from modules.installation.keeping import delete_ended
from modules.notices.tables import notice
from modules.runtime import Runtime


def clear_notices(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """What nobody looked at in all that time goes as well."""
    chosen = sa.select(notice.c.id).where(notice.c.at < cutoff).order_by(notice.c.at).limit(rows)
    return len(delete_ended(runtime.database, chosen, notice.c.id))
