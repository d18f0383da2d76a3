"""The same installation at another instant, for `--at` and previews. Decides nothing about what is due."""

from __future__ import annotations

from datetime import datetime

from modules.runtime import Runtime
from schema.base.clock import FrozenClock


def runtime_at(runtime: Runtime, instant: datetime) -> Runtime:
    """A runtime whose clock stands at `instant`, over the same database, registries and compiled catalogs."""
    moved = Runtime(runtime.settings, runtime.registries, clock=FrozenClock(instant), database=runtime.database)
    moved.catalogs = runtime.catalogs
    return moved
