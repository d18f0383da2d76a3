"""E-mail addresses, blind to case. Tags and dots stay: `an+shop@` may be another mailbox, and only its provider knows."""

from __future__ import annotations

from modules.duplicates.comparators.base import Comparator


class EmailAddress(Comparator):
    """Rows hold the folded address beside the written one, so one index probe finds all spellings."""

    key = 'email'
