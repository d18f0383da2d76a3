"""Statements compiled for one database of this process serve the next.

Whoever runs Trellis has one database for days; each test has one of its own and would compile anew all that it says to it,
which would be an eighth of what the suite does.
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.util import LRUCache

from schema.base.database import Database

KEPT = 2_000


class Statements(LRUCache[Any, Any]):
    """As SQLAlchemy keeps them (`Connection.execution_options.compiled_cache`), for all engines that speak the same dialect."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_spoken(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(_spoken(key), compiled)


def _spoken(key: Any) -> tuple[Any, ...]:
    """A key begins with the engine's own dialect."""
    dialect, *statement = key
    return dialect.name, dialect.driver, *statement


def share_statements(patched: pytest.MonkeyPatch) -> None:
    """From now on, for every database that is opened."""
    shared, opened = Statements(KEPT), Database.__init__

    def opening(self: Database, *arguments: Any, **options: Any) -> None:
        opened(self, *arguments, **options)
        for engine in (self.write_engine, self.read_engine):
            engine.update_execution_options(compiled_cache=shared)

    patched.setattr(Database, '__init__', opening)
