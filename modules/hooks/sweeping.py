"""Which deliveries and calls have been kept long enough: those that were dealt with, whatever came of them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from modules.hooks.tables import delivery, hook_call
from modules.installation.keeping import delete_ended
from modules.runtime import Runtime

ENDED = ('sent', 'failed', 'uncertain')


def clear_deliveries(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """What waits for a server, for its time or for its channel stays however old it is."""
    ended = (delivery.c.created_at < cutoff, delivery.c.state.in_(ENDED))
    chosen = sa.select(delivery.c.id).where(*ended).order_by(delivery.c.created_at).limit(rows)
    return len(delete_ended(runtime.database, chosen, delivery.c.id, *ended))


def clear_calls(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """After this time the same idempotency key counts as a new call."""
    old = hook_call.c.at < cutoff
    chosen = sa.select(hook_call.c.id).where(old).order_by(hook_call.c.at).limit(rows)
    return len(delete_ended(runtime.database, chosen, hook_call.c.id, old))
