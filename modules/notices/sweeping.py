"""Which notices have been kept long enough: old ones, read or not."""

from __future__ import annotations

from datetime import datetime

from modules.installation.keeping import clear_ended
from modules.notices.tables import notice
from modules.runtime import Runtime


def clear_notices(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """What nobody looked at in all that time goes as well."""
    return clear_ended(runtime.database, notice.c.id, rows, notice.c.at < cutoff, first=notice.c.at)
