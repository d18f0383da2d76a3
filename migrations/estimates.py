"""What a plan's steps are expected to cost: rows, who waits, how long. Estimates from row counts, and told as such."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from babel.numbers import format_decimal

from migrations.steps.base import Lock, Step
from schema.definitions import Texts, in_locale

LEAST_SECONDS = 0.02
LOCKS: Mapping[str, Texts] = {
    'none': {'en': 'nobody waits', 'vi': 'không ai phải chờ'},
    'moment': {'en': 'everybody waits for a moment', 'vi': 'mọi người chờ trong chốc lát'},
    'rows': {'en': 'only those who save a record in hand wait', 'vi': 'chỉ người đang lưu đúng hồ sơ đó phải chờ'},
    'writers': {'en': 'those who save wait, readers do not', 'vi': 'người lưu phải chờ, người đọc thì không'},
}


@dataclass(frozen=True)
class Estimate:
    """`seconds` are expected on a small machine with little else to do."""

    rows: int
    lock: Lock
    seconds: float

    def as_wire(self, locale: str) -> dict[str, Any]:
        return {
            'rows': self.rows,
            'lock': self.lock,
            'lock_text': in_locale(LOCKS[self.lock], locale),
            'seconds': self.seconds,
            'duration_text': duration_text(self.seconds, self.rows, locale),
        }


def estimates(connection: sa.Connection, steps: Sequence[Step], *, sqlite: bool) -> list[Estimate]:
    """One for each step, in their order. Counts rows of tables that a slow step works on, each once a step."""
    return [_estimate(connection, each, sqlite=sqlite) for each in steps]


def duration_text(seconds: float, rows: int, locale: str) -> str:
    """In words that say what the figure rests on."""
    vietnamese = locale == 'vi'
    if seconds < 1:
        return 'dưới một giây' if vietnamese else 'under a second'
    figure = (
        f'{seconds:.0f} {"giây" if vietnamese else "s"}'
        if seconds < 90
        else f'{seconds / 60:.0f} {"phút" if vietnamese else "min"}'
    )
    if not rows:
        return f'khoảng {figure}' if vietnamese else f'about {figure}'
    counted = format_decimal(rows, locale=locale)
    return f'khoảng {figure}, ước tính theo {counted} dòng' if vietnamese else f'about {figure}, estimated from {counted} rows'


def _estimate(connection: sa.Connection, step: Step, *, sqlite: bool) -> Estimate:
    rows = step.rows(connection)
    micros = step.row_micros[0 if sqlite else 1]
    beside = step.kind in {'add_index', 'add_search_index'} and not sqlite  # PostgreSQL builds it beside the writers
    lock: Lock = 'none' if beside else step.lock
    return Estimate(rows, lock, round(LEAST_SECONDS + rows * micros / 1_000_000, 2))
