"""Telephone numbers in any spelling: `0912…`, `+84 912…` and the prefixes renumbered in 2018 agree."""

from __future__ import annotations

from modules.duplicates.comparators.base import Comparator


class PhoneNumber(Comparator):
    """Rows hold E.164, so one index probe finds all spellings. Two extensions of one switchboard are two people."""

    key = 'phone'
