"""Days and moments in pages, always in the one spelling of the reader's language. Reads nothing that is typed."""

from __future__ import annotations

from datetime import date, datetime

from flask import Flask

from modules.web.failures import locale
from schema.fieldtypes import days


def install(app: Flask) -> None:
    app.jinja_env.filters.update(day_text=day_text, short_day_text=short_day_text, moment_text=moment_text)


def day_text(day: date) -> str:
    """`23 Nov 2026`, `23/11/2026`."""
    return days.day_text(day, locale())


def short_day_text(day: date) -> str:
    """Without its year."""
    return days.short_day_text(day, locale())


def moment_text(local: datetime, *, seconds: bool = False) -> str:
    """The day with the hour; `local` is in the zone of the person."""
    told = days.moment_text(local, locale())
    return f'{told}:{local:%S}' if seconds else told
