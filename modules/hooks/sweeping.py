"""Which deliveries and calls have been kept long enough: those that were dealt with, whatever came of them."""

from __future__ import annotations

from datetime import datetime

from modules.hooks.tables import delivery, hook_call
from modules.installation.keeping import clear_ended
from modules.mail.sweeping import ENDED
from modules.runtime import Runtime


def clear_deliveries(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """What waits for a server, for its time or for its channel stays however old it is."""
    ended = (delivery.c.created_at < cutoff, delivery.c.state.in_(ENDED))
    return clear_ended(runtime.database, delivery.c.id, rows, *ended, first=delivery.c.created_at)


def clear_calls(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """After this time the same idempotency key counts as a new call."""
    return clear_ended(runtime.database, hook_call.c.id, rows, hook_call.c.at < cutoff, first=hook_call.c.at)
