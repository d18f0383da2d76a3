"""What SQLite's planner knows of the tables, looked at again as these grow; PostgreSQL sees to that by itself.

Without it the planner takes every index for as good as any other, and walks whole tables where a step into one would do. Knows
no entity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from modules.runtime import Runtime
from schema.base.database import Database

FEWEST = 1_000
"""Tables with fewer rows are quick in any way."""
GROWN = 4
LOOKED = 100_000
"""So many entries of an index are looked at, hundredths of a second of any table, which matters as nobody else writes then;
fewer would make few of many: an owner of half of all records would be one of a thousand."""

_TABLES = sa.text(
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT wr AND name NOT LIKE 'sqlite_%'"
)
_INDEXES = sa.text("SELECT tbl_name, name FROM sqlite_master WHERE type = 'index'")
_KNOWN = sa.text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'")
_STATISTICS = sa.text('SELECT tbl, idx, CAST(stat AS INTEGER) AS number FROM sqlite_stat1')
_kept: WeakKeyDictionary[Runtime, Statistics] = WeakKeyDictionary()


@dataclass(frozen=True)
class Sight:
    """A table as it was looked at: about how many rows it held, and which indexes."""

    rows: int
    indexes: frozenset[str]

    def is_outgrown(self, now: Sight) -> bool:
        return now.rows > GROWN * self.rows or not now.indexes <= self.indexes


class Statistics:
    """One per process, for it remembers what it looked at: of an empty index nothing is kept, and of rows an estimate."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._quote = database.read_engine.dialect.identifier_preparer.quote
        self._looked: dict[str, Sight] = {}

    def keep_up(self) -> list[str]:
        """Look at the tables that hold several times as many rows as when they were last looked at, or have an index more;
        their names. Every connection goes by it from its next statement on."""
        if not self._database.is_sqlite:
            return []
        with self._database.reading() as connection:
            known, there = _known(connection), self._there(connection)
        outgrown = [name for name, now in there.items() if now.rows >= FEWEST and self._last(name, known).is_outgrown(now)]
        for name in outgrown:
            for index in sorted(there[name].indexes):
                self._look(index)
            self._looked[name] = there[name]
        if outgrown:
            self._tell()
        return outgrown

    def _look(self, index: str) -> None:
        with self._database.writing() as connection:
            connection.exec_driver_sql(f'PRAGMA analysis_limit = {LOOKED}')
            connection.exec_driver_sql(f'ANALYZE {self._quote(index)}')

    def _tell(self) -> None:
        """Other connections read what is known of tables with the schema, and that anew when its number has moved."""
        with self._database.writing() as connection:
            connection.exec_driver_sql('ANALYZE sqlite_master')  # looks at nothing: this one reads anew too
            number = connection.exec_driver_sql('PRAGMA schema_version').scalar_one()
            connection.exec_driver_sql(f'PRAGMA schema_version = {number + 1}')

    def _last(self, name: str, known: Mapping[str, Sight]) -> Sight:
        return self._looked.get(name) or known.get(name) or Sight(0, frozenset())

    def _there(self, connection: sa.Connection) -> dict[str, Sight]:
        indexes: dict[str, set[str]] = {}
        for table, index in connection.execute(_INDEXES):
            indexes.setdefault(table, set()).add(index)
        return {
            name: Sight(
                connection.execute(sa.text(f'SELECT max(rowid) FROM {self._quote(name)}')).scalar() or 0,
                frozenset(indexes.get(name, ())),
            )
            for name in connection.execute(_TABLES).scalars().all()
        }


def _known(connection: sa.Connection) -> dict[str, Sight]:
    if connection.execute(_KNOWN).first() is None:
        return {}
    rows: dict[str, int] = {}
    indexes: dict[str, set[str]] = {}
    for table, index, number in connection.execute(_STATISTICS):
        rows[table] = max(rows.get(table, 0), number)
        indexes.setdefault(table, set()).add(index)
    return {name: Sight(rows[name], frozenset(indexes[name])) for name in rows}


def keep_statistics(runtime: Runtime) -> None:
    """A turn of the scheduler."""
    _kept.setdefault(runtime, Statistics(runtime.database)).keep_up()
