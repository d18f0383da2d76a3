"""Records that hold a dropped option or stage move to another one, and can move back when the option returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import sqlalchemy as sa

from migrations.site import Site
from migrations.steps.base import Risk, Step
from migrations.tables import schema_remapped
from schema.fieldtypes.options import MARK


@dataclass(frozen=True)
class RemapOption(Step):
    """Applied inside the switch, set-based. `new` None clears. `many` marks a multi-picklist's `|ref|ref|` column.

    Which rows moved is kept, so that a rollback moves those back that still hold the new option.
    """

    table: str
    column: str
    old: str
    new: str | None
    many: bool
    kind: ClassVar[str] = 'remap_option'
    risk: ClassVar[Risk] = 'careful'
    texts: ClassVar[dict[str, str]] = {'en': 'Replace an option in {table}.{column}', 'vi': 'Thay mục chọn ở {table}.{column}'}

    def done(self, site: Site) -> bool:
        return True  # the switch does it; the step is in the plan for people to read

    def apply(self, connection: sa.Connection, site: Site, version: int) -> None:
        """In the caller's transaction, under the fence."""
        table = site.target.metadata.tables[self.table]
        column: sa.Column[Any] = table.c[self.column]
        matches = holds(column, self.old, many=self.many)
        remembered = sa.select(
            sa.literal(version), sa.literal(self.table), sa.literal(self.column), table.c.id, sa.literal(self.old),
            sa.literal(self.new, sa.Text),
        ).where(matches)  # fmt: skip
        names = ['version', 'table_name', 'column_name', 'row_id', 'old', 'new']
        connection.execute(schema_remapped.insert().from_select(names, remembered))
        connection.execute(table.update().where(matches).values({column: self._replaced(column)}))

    def _replaced(self, column: sa.Column[Any]) -> Any:
        if not self.many:
            return self.new
        without = sa.func.replace(column, f'{MARK}{self.old}{MARK}', MARK)
        if self.new is None:
            return sa.func.nullif(without, MARK)
        has_new = without.contains(f'{MARK}{self.new}{MARK}', autoescape=True)
        return sa.case((has_new, without), else_=without + f'{self.new}{MARK}')


def holds(column: sa.ColumnElement[Any], ref: str, *, many: bool) -> sa.ColumnElement[bool]:
    """Rows whose value is, or contains, the option."""
    return column.contains(f'{MARK}{ref}{MARK}', autoescape=True) if many else column == ref


def give_back(connection: sa.Connection, table: sa.Table, column_name: str, returning: set[str]) -> int:
    """Options that return get their records back, where these still hold the replacement. Returns how many rows moved."""
    column: sa.Column[Any] = table.c[column_name]
    book = schema_remapped
    here = (book.c.table_name == table.name) & (book.c.column_name == column_name)
    moved = 0
    for old in sorted(returning):
        latest = sa.select(book.c.row_id, book.c.new).where(here, book.c.old == old).subquery()
        same = sa.exists().where(
            latest.c.row_id == table.c.id, sa.or_(latest.c.new == column, sa.and_(latest.c.new.is_(None), column.is_(None)))
        )
        moved += connection.execute(table.update().where(same).values({column: old})).rowcount
        connection.execute(book.delete().where(here, book.c.old == old))
    return moved
