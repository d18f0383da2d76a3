"""How days and times of day are written, for every type that holds one."""

from __future__ import annotations

from datetime import datetime, time

DAY_PATTERNS = {'vi': 'dd/MM/yyyy', 'en': 'd MMM yyyy'}
SPELLINGS = ('%Y-%m-%d', '%d/%m/%Y', '%d-%m-%Y', '%d.%m.%Y', '%Y/%m/%d', '%d/%m/%y', '%d %b %Y', '%d %B %Y', '%b %d, %Y')


def parse_day(text: str) -> str | None:
    """A day in one of the spellings people use (day before month) to ISO; None when it is none."""
    for spelling in SPELLINGS:
        try:
            return datetime.strptime(text, spelling).date().isoformat()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError:
            continue
    return None


def parse_clock(text: str) -> str | None:
    try:
        return (time.fromisoformat(text) if text else time()).isoformat()
    except ValueError:
        return None
