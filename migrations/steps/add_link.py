"""The foreign key of a link column on PostgreSQL; SQLite declares it with the column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import sqlalchemy as sa

from migrations.site import Site
from migrations.steps.base import Phase, Risk, Step, count_rows


@dataclass(frozen=True)
class AddLink(Step):
    """Guards what is written from now on, then clears rows that point at records purged meanwhile, which would refuse the key,
    and looks at all rows while writers go on."""

    table: str
    column: str
    kind: ClassVar[str] = 'add_link'
    row_micros: ClassVar[tuple[float, float]] = (0.0, 1.5)
    texts: ClassVar[dict[str, str]] = {'en': 'Guard the link {table}.{column}', 'vi': 'Ràng buộc liên kết {table}.{column}'}

    def rows(self, connection: sa.Connection) -> int:
        return count_rows(connection, self.table)

    def forward(self, site: Site) -> None:
        table = site.target.tables[self.table]
        column = table.c[self.column]
        constraint = next(each for each in table.foreign_key_constraints if self.column in each.column_keys)
        target = constraint.referred_table.alias()

        def add(connection: sa.Connection) -> None:
            if not _foreign_keys(connection, self.table, self.column):
                adding = sa.schema.AddConstraint(constraint, isolate_from_table=False).compile(dialect=connection.dialect)
                connection.execute(sa.text(f'{adding} NOT VALID'))

        def clear(connection: sa.Connection) -> None:
            gone = ~sa.exists().where(target.c.id == column)
            if column.nullable:
                connection.execute(table.update().where(column.is_not(None), gone).values({column: None}))
            else:
                connection.execute(table.delete().where(gone))

        def validate(connection: sa.Connection) -> None:
            quote = connection.dialect.identifier_preparer.quote
            for name in _foreign_keys(connection, self.table, self.column):
                connection.execute(sa.text(f'ALTER TABLE {quote(self.table)} VALIDATE CONSTRAINT {quote(name)}'))

        for act in (add, clear, validate):
            site.in_turn(act, self.describe('en'))

    def undo(self, site: Site) -> None:
        drop_foreign_keys(site, self.table, self.column)

    def done(self, site: Site) -> bool:
        with site.database.reading() as connection:
            names = _foreign_keys(connection, self.table, self.column)
            guards = sa.text('SELECT conname FROM pg_constraint WHERE conrelid = to_regclass(:table) AND convalidated')
            return not set(names).isdisjoint(connection.execute(guards, {'table': self.table}).scalars())


@dataclass(frozen=True)
class DropLink(Step):
    """A retired link must not keep its target from being purged."""

    table: str
    column: str
    kind: ClassVar[str] = 'drop_link'
    phase: ClassVar[Phase] = 'contract'
    risk: ClassVar[Risk] = 'safe'
    texts: ClassVar[dict[str, str]] = {
        'en': 'Release the link {table}.{column}',
        'vi': 'Gỡ ràng buộc liên kết {table}.{column}',
    }

    def forward(self, site: Site) -> None:
        drop_foreign_keys(site, self.table, self.column)

    def done(self, site: Site) -> bool:
        with site.database.writing() as connection:
            return not _foreign_keys(connection, self.table, self.column)


def drop_foreign_keys(site: Site, table: str, column: str) -> None:
    def drop(connection: sa.Connection) -> None:
        quote = connection.dialect.identifier_preparer.quote
        for name in _foreign_keys(connection, table, column):
            connection.execute(sa.text(f'ALTER TABLE {quote(table)} DROP CONSTRAINT {quote(name)}'))

    site.in_turn(drop, f'drop the link {table}.{column}')


def _foreign_keys(connection: sa.Connection, table: str, column: str) -> list[str]:
    inspector = sa.inspect(connection)
    if not inspector.has_table(table):
        return []
    return [str(each['name']) for each in inspector.get_foreign_keys(table) if each['constrained_columns'] == [column]]
