"""A new entity's table, with its columns and indexes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import sqlalchemy as sa

from migrations.search_index import create_in, drop_searches_of
from migrations.site import Site
from migrations.steps.base import Lock, Step
from schema.search_index import SearchIndex


@dataclass(frozen=True)
class CreateTable(Step):
    """On PostgreSQL links to other entities follow in steps of their own, as two new tables may point at each other."""

    table: str
    kind: ClassVar[str] = 'create_table'
    lock: ClassVar[Lock] = 'none'
    texts: ClassVar[dict[str, str]] = {'en': 'Create table {table}', 'vi': 'Tạo bảng {table}'}

    def forward(self, site: Site) -> None:
        table = site.target.tables[self.table]
        links = None if site.is_sqlite else [each for each in table.foreign_key_constraints if _is_people(each)]

        def create(connection: sa.Connection) -> None:
            if sa.inspect(connection).has_table(self.table):
                return
            connection.execute(sa.schema.CreateTable(table, include_foreign_key_constraints=links))
            for index in sorted(table.indexes, key=lambda each: str(each.name)):
                if isinstance(index, SearchIndex):
                    create_in(connection, index)
                else:
                    connection.execute(sa.schema.CreateIndex(index))

        site.in_turn(create, self.describe('en'))

    def undo(self, site: Site) -> None:
        def drop(connection: sa.Connection) -> None:
            drop_searches_of(connection, self.table)
            site.target.tables[self.table].drop(connection, checkfirst=True)

        site.in_turn(drop, self.kind)

    def done(self, site: Site) -> bool:
        return bool(site.columns(self.table))


def _is_people(constraint: sa.ForeignKeyConstraint) -> bool:
    return constraint.referred_table.name in {'ab_user', 'team'}
