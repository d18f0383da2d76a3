"""Which mails have been kept long enough: those that were dealt with, whatever came of them; and counts of days gone by."""

from __future__ import annotations

from datetime import datetime

from modules.installation.keeping import clear_ended
from modules.mail.tables import mail_message, message_count
from modules.runtime import Runtime

ENDED = ('sent', 'failed', 'uncertain')


def clear_mails(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """A mail that waits for a server or for its time stays however old it is."""
    ended = (mail_message.c.created_at < cutoff, mail_message.c.state.in_(ENDED))
    return clear_ended(runtime.database, mail_message.c.id, rows, *ended, first=mail_message.c.created_at)


def clear_counts(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """How many messages went out on days that no cap asks about any more."""
    return clear_ended(runtime.database, message_count.c.key, rows, message_count.c.day < cutoff.date())
