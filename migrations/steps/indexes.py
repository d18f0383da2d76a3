"""Indexes come before the version that counts on them goes live, and go after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import sqlalchemy as sa

from migrations.search_index import drop_search, is_begun
from migrations.site import Site, invalid_indexes
from migrations.steps.base import Lock, Phase, Step, count_rows


@dataclass(frozen=True)
class AddIndex(Step):
    """On PostgreSQL CONCURRENTLY: writers go on. It may be left INVALID by a kill; then it is made anew."""

    table: str
    name: str
    kind: ClassVar[str] = 'add_index'
    lock: ClassVar[Lock] = 'writers'
    row_micros: ClassVar[tuple[float, float]] = (1.2, 4.5)
    texts: ClassVar[dict[str, str]] = {'en': 'Build index {name}', 'vi': 'Tạo chỉ mục {name}'}

    def rows(self, connection: sa.Connection) -> int:
        return count_rows(connection, self.table)

    def forward(self, site: Site) -> None:
        index = next(each for each in site.target.tables[self.table].indexes if each.name == self.name)
        if site.is_sqlite:
            site.in_turn(lambda connection: index.create(connection, checkfirst=True), self.describe('en'))
            return
        drop_index(site, self.name)
        site.execute_alone(_concurrently(index, site.database.write_engine.dialect))

    def undo(self, site: Site) -> None:
        drop_index(site, self.name)

    def done(self, site: Site) -> bool:
        return self.name in site.indexes(self.table)


@dataclass(frozen=True)
class DropIndex(Step):
    table: str
    name: str
    kind: ClassVar[str] = 'drop_index'
    phase: ClassVar[Phase] = 'contract'
    texts: ClassVar[dict[str, str]] = {'en': 'Drop index {name}', 'vi': 'Bỏ chỉ mục {name}'}

    def forward(self, site: Site) -> None:
        drop_index(site, self.name)

    def done(self, site: Site) -> bool:
        with site.database.reading() as connection:
            if is_begun(connection, self.name):
                return False
        return self.name not in site.indexes(self.table)


def drop_index(site: Site, name: str) -> None:
    """Harmless when there is none."""
    quoted = site.database.write_engine.dialect.identifier_preparer.quote(name)

    def drop(connection: sa.Connection) -> None:
        drop_search(connection, name)
        connection.execute(sa.text(f'DROP INDEX IF EXISTS {quoted}'))

    site.in_turn(drop, f'drop index {name}')


def drop_invalid_indexes(site: Site) -> list[str]:
    """Clear what interrupted index builds left; returns their names."""
    with site.database.writing() as connection:
        names = sorted(name for name in invalid_indexes(connection) if name.startswith(('ix_x_', 'uq_x_')))
    for name in names:
        drop_index(site, name)
    return names


def _concurrently(index: sa.Index, dialect: sa.Dialect) -> sa.TextClause:
    statement = str(sa.schema.CreateIndex(index).compile(dialect=dialect))
    return sa.text(statement.replace(' INDEX ', ' INDEX CONCURRENTLY ', 1).replace(':', r'\:'))
