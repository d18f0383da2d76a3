"""What is thrown away when its time is over: sweeps in small transactions, by the days of the settings. Knows no table."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from modules.installation.declared import FOR_GOOD
from modules.installation.service import read_installation
from modules.operations.pace import Pace
from modules.runtime import Runtime
from schema.base.database import Database

TICK_SECONDS = 1.0
"""How long one turn of the scheduler may spend; the rest waits for the next."""
ONE_STATEMENT = 500

Clear = Callable[[Runtime, datetime, int], int]
"""`clear(runtime, cutoff, rows)`: let go of at most `rows` things that ended before the cutoff, and commit; how many it was.
Must be safe to run in two processes at once."""


@dataclass(frozen=True)
class Sweep:
    """`setting` names the setting that holds the days."""

    setting: str
    clear: Clear


def tidy(runtime: Runtime, *, seconds: float | None = TICK_SECONDS) -> dict[str, int]:
    """Run every sweep whose time has come; `{name: how many}` of those that found something.

    On SQLite each chunk holds the write lock for at most about 50 ms and is followed by a pause. Every sweep gets one chunk,
    and more while there are `seconds` left; None goes on until nothing is left.
    """
    with runtime.database.reading() as connection:
        installation = read_installation(connection)
    until = None if seconds is None else time.monotonic() + seconds
    cleared: dict[str, int] = {}
    sweeps = runtime.registries.retention
    for name in sweeps.keys():  # noqa: SIM118 - a registry iterates over its entries
        sweep = sweeps.get(name)
        days = installation.value(sweep.setting)
        if days != FOR_GOOD:
            count = _run(runtime, sweep.clear, runtime.clock.now() - timedelta(days=days), until)
            cleared |= {name: count} if count else {}
    return cleared


def _run(runtime: Runtime, clear: Clear, cutoff: datetime, until: float | None) -> int:
    pace, total = Pace(waits=runtime.database.is_sqlite), 0
    while True:
        asked, begun = pace.rows, time.perf_counter()
        count = clear(runtime, cutoff, asked)
        total += count
        if count < asked or (until is not None and time.monotonic() >= until):
            return total
        pace.took(time.perf_counter() - begun, count)
        pace.wait()


def delete_ended(database: Database, chosen: sa.Select[Any], key: sa.Column[Any], *still: sa.ColumnElement[bool]) -> list[Any]:
    """Delete the rows whose keys the select finds, if they are `still` to go; the keys of those that went. Commits.

    The search runs without the write lock, which most turns never take, for they find nothing.
    """
    with database.reading() as connection:
        keys = list(connection.execute(chosen).scalars())
    return delete_keys(database, keys, key, *still) if keys else []


def clear_ended(
    database: Database, key: sa.Column[Any], rows: int, *ended: sa.ColumnElement[bool], first: sa.Column[Any] | None = None
) -> int:
    """Let go of at most so many rows that are `ended`, the lowest of `first` before others; how many it was. Commits."""
    chosen = sa.select(key).where(*ended).order_by(*([first] if first is not None else [])).limit(rows)
    return len(delete_ended(database, chosen, key, *ended))


def delete_keys(database: Database, keys: Iterable[Any], key: sa.Column[Any], *still: sa.ColumnElement[bool]) -> list[Any]:
    """The keys of the rows that went. Commits."""
    listed, gone = list(keys), []
    with database.writing() as connection:
        for start in range(0, len(listed), ONE_STATEMENT):
            part = key.in_(listed[start : start + ONE_STATEMENT])
            gone += list(connection.execute(key.table.delete().where(part, *still).returning(key)).scalars())
    return gone
