"""Which failures pass, how long to wait before trying again, and how often. Knows neither steps nor events."""

from __future__ import annotations

import random
from datetime import timedelta

from sqlalchemy.exc import DBAPIError

from schema.base.errors import Stale, Unavailable

MOST_ATTEMPTS = 8
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 2, 900
PASSING = (DBAPIError, Stale, Unavailable, TimeoutError, ConnectionError)


def pause(attempts: int) -> timedelta:
    """Growing, with a random part, so that many do not knock at once."""
    seconds = min(FIRST_PAUSE_SECONDS * 2 ** min(attempts, 12), LONGEST_PAUSE_SECONDS)
    return timedelta(seconds=seconds * random.uniform(0.75, 1.25))
