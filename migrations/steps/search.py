"""The index that the search box asks, built before the version that counts on it goes live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import sqlalchemy as sa

from migrations.search_index import build, has_trigrams, is_whole
from migrations.site import Site
from migrations.steps.base import Lock, Step, count_rows
from migrations.steps.indexes import AddIndex, drop_index
from schema.search_index import SearchIndex


@dataclass(frozen=True)
class AddSearchIndex(Step):
    """Nobody waits on PostgreSQL; on SQLite it goes on in chunks, and a killed build goes on where it ended. Nothing to be done
    on a PostgreSQL without trigrams, where the doctor tells it."""

    table: str
    name: str
    kind: ClassVar[str] = 'add_search_index'
    lock: ClassVar[Lock] = 'rows'
    row_micros: ClassVar[tuple[float, float]] = (50.0, 25.0)
    texts: ClassVar[dict[str, str]] = {'en': 'Build search index {name}', 'vi': 'Tạo chỉ mục tìm kiếm {name}'}

    def rows(self, connection: sa.Connection) -> int:
        return count_rows(connection, self.table)

    def forward(self, site: Site) -> None:
        index = next(each for each in site.target.tables[self.table].indexes if each.name == self.name)
        assert isinstance(index, SearchIndex)
        if not site.is_sqlite:
            drop_index(site, self.name)
        build(site, index, self.describe('en'))

    def undo(self, site: Site) -> None:
        drop_index(site, self.name)

    def done(self, site: Site) -> bool:
        if site.is_sqlite:
            with site.database.reading() as connection:
                return is_whole(connection, self.name)
        return self.name in site.indexes(self.table) or not site.in_turn(has_trigrams, self.kind)


def add_index(table: str, index: sa.Index) -> AddIndex | AddSearchIndex:
    """The step that makes it."""
    return (AddSearchIndex if isinstance(index, SearchIndex) else AddIndex)(table, str(index.name))
