"""Time zones as files of calendars name them: those of the tz database, of Windows, and such as a file describes itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from modules.calendar.recurrence import zone_of

COMPARED = [timedelta(weeks=number) for number in range(104)]
"""How long after an event a zone is looked at: two years show every change of the clocks."""


def named_zone(name: str) -> ZoneInfo | None:
    """A zone by the name that a program gives it; None for one that nobody else knows."""
    return zone_of(name) or zone_of(WINDOWS_TO_OLSON.get(name, ''))


def zone_like(clock: tzinfo | None, name: str, moment: datetime, home: ZoneInfo) -> ZoneInfo | None:
    """The zone of the tz database that `clock`, called `name` in its file, is or keeps time with from `moment` on.

    Of several that do, `home` comes first. None where none does.
    """
    exact = zone_of(getattr(clock, 'key', '') or name)
    known = exact or named_zone(name)
    kept = known or clock
    if exact is not None or kept is None:
        return exact
    instants = [moment.replace(tzinfo=home) + later for later in COMPARED]
    wanted = [each.astimezone(kept).utcoffset() for each in instants]
    for zone in (home, *([known] if known is not None else _zones())):
        if all(each.astimezone(zone).utcoffset() == offset for each, offset in zip(instants, wanted, strict=True)):
            return zone
    return None


@cache
def _zones() -> Sequence[ZoneInfo]:
    """All that the machine knows, by name; to list them takes longer than to compare them."""
    return [ZoneInfo(name) for name in sorted(available_timezones())]
