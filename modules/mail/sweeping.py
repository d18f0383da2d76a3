"""Which mails have been kept long enough: those that were dealt with, whatever came of them; and counts of days gone by."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from modules.installation.keeping import delete_ended
from modules.mail.tables import mail_message, message_count
from modules.runtime import Runtime

ENDED = ('sent', 'failed', 'uncertain')


def clear_mails(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """A mail that waits for a server or for its time stays however old it is."""
    ended = (mail_message.c.created_at < cutoff, mail_message.c.state.in_(ENDED))
    chosen = sa.select(mail_message.c.id).where(*ended).order_by(mail_message.c.created_at).limit(rows)
    return len(delete_ended(runtime.database, chosen, mail_message.c.id, *ended))


def clear_counts(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """How many messages went out on days that no cap asks about any more."""
    gone = (message_count.c.day < cutoff.date(),)
    chosen = sa.select(message_count.c.key).where(*gone).limit(rows)
    return len(delete_ended(runtime.database, chosen, message_count.c.key, *gone))
