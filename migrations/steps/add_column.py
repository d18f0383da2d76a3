"""A new column on an existing table: nullable and without default, so that it costs the same at any size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import sqlalchemy as sa

from migrations.site import Site
from migrations.steps.base import Step


@dataclass(frozen=True)
class AddColumn(Step):
    table: str
    column: str
    kind: ClassVar[str] = 'add_column'
    texts: ClassVar[dict[str, str]] = {'en': 'Add column {table}.{column}', 'vi': 'Thêm cột {table}.{column}'}

    def forward(self, site: Site) -> None:
        column = site.target.tables[self.table].c[self.column]

        def add(connection: sa.Connection) -> None:
            names = {each['name'] for each in sa.inspect(connection).get_columns(self.table)}
            if self.column not in names:
                connection.execute(sa.text(_statement(connection, column)))

        site.in_turn(add, self.describe('en'))

    def undo(self, site: Site) -> None:
        """PostgreSQL drops it at once; on SQLite that would rewrite the table, so the empty column stays for the reaper."""
        if site.is_sqlite or self.column not in site.columns(self.table):
            return

        def drop(connection: sa.Connection) -> None:
            quote = connection.dialect.identifier_preparer.quote
            connection.execute(sa.text(f'ALTER TABLE {quote(self.table)} DROP COLUMN {quote(self.column)}'))

        site.in_turn(drop, f'drop column {self.table}.{self.column}')

    def done(self, site: Site) -> bool:
        return self.column in site.columns(self.table)


def _statement(connection: sa.Connection, column: sa.Column[object]) -> str:
    dialect = connection.dialect
    quote = dialect.identifier_preparer.quote
    words = [f'ALTER TABLE {quote(column.table.name)} ADD COLUMN {sa.schema.CreateColumn(column).compile(dialect=dialect)}']
    for key in column.foreign_keys:
        name = dialect.identifier_preparer.format_constraint(key.constraint) if key.constraint is not None else None
        words.append(f'CONSTRAINT {name}' if name else '')
        words.append(f'REFERENCES {quote(key.column.table.name)} ({quote(key.column.name)})')
    return ' '.join(filter(None, words))
