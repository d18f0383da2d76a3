"""Records that hold a dropped option or stage move to another one, and can move back when the option returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import sqlalchemy as sa

from migrations.site import Site
from migrations.steps import stays
from migrations.steps.base import Lock, Risk, Step, count_rows
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
    lock: ClassVar[Lock] = 'writers'
    row_micros: ClassVar[tuple[float, float]] = (2.0, 5.0)
    texts: ClassVar[dict[str, str]] = {'en': 'Replace an option in {table}.{column}', 'vi': 'Thay mục chọn ở {table}.{column}'}

    def rows(self, connection: sa.Connection) -> int:
        return count_rows(connection, self.table, holds(sa.column(self.column, sa.Text), self.old, many=self.many))

    def done(self, site: Site) -> bool:
        return True  # the switch does it; the step is in the plan for people to read

    def apply(self, connection: sa.Connection, site: Site, version: int) -> None:
        """In the caller's transaction, under the fence."""
        table = site.target.tables[self.table]
        column: sa.Column[Any] = table.c[self.column]
        matches = holds(column, self.old, many=self.many)
        whole = [column, self._replaced(column)] if self.many else [sa.null(), sa.null()]
        remembered = sa.select(
            sa.literal(version), sa.literal(self.table), sa.literal(self.column), table.c.id, sa.literal(self.old),
            sa.literal(self.new, sa.Text), *(sa.cast(each, sa.Text) for each in whole),
        ).where(matches)  # fmt: skip
        names = ['version', 'table_name', 'column_name', 'row_id', 'old', 'new', 'whole_before', 'whole_after']
        connection.execute(schema_remapped.insert().from_select(names, remembered))
        connection.execute(table.update().where(matches).values({column: self._replaced(column)}))
        stays.follow(connection, site, self.table, self.column, {self.new})

    def _replaced(self, column: sa.Column[Any]) -> Any:
        if not self.many:
            return self.new
        without = sa.func.replace(column, f'{MARK}{self.old}{MARK}', MARK)
        return sa.func.nullif(without, MARK) if self.new is None else added(without, self.new)


def holds(column: sa.ColumnElement[Any], ref: str, *, many: bool) -> sa.ColumnElement[bool]:
    """Rows whose value is, or contains, the option."""
    return column.contains(f'{MARK}{ref}{MARK}', autoescape=True) if many else column == ref


def added(column: Any, ref: str) -> Any:
    """A multi-picklist's text with the option at its end, unless it is there."""
    return sa.case((holds(column, ref, many=True), column), else_=sa.func.coalesce(column, MARK) + f'{ref}{MARK}')


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


def give_back_many(connection: sa.Connection, table: sa.Table, column_name: str, returning: set[str]) -> int:
    """The same for a multi-picklist. A list nobody touched since is again what it was; in another the replacement makes way,
    if it is still chosen and came by the removal alone. Returns how many rows moved."""
    column: sa.Column[Any] = table.c[column_name]
    book = schema_remapped.c
    here = (book.table_name == table.name) & (book.column_name == column_name)
    query = sa.select(book.row_id, book.old, book.new, book.whole_before, book.whole_after, column.label('now'))
    rows = query.join(table, table.c.id == book.row_id).where(here, book.old.in_(returning)).order_by(book.id.desc())
    changes: dict[int, dict[str, Any]] = {}
    for row in connection.execute(rows):
        now = changes.get(row.row_id, {}).get('to_value', row.now)
        if (wanted := _returned(row, now)) != now:
            changes[row.row_id] = {'row': row.row_id, 'to_value': wanted}
    if changes:
        change = table.update().where(table.c.id == sa.bindparam('row')).values({column: sa.bindparam('to_value')})
        connection.execute(change, list(changes.values()))
    connection.execute(schema_remapped.delete().where(here, book.old.in_(returning)))
    return len(changes)


def _returned(row: Any, now: str | None) -> str | None:
    """Texts of a `|ref|ref|` column: as it is now, to as it is with the option back."""
    if now == row.whole_after:
        before: str | None = row.whole_before
        return before
    listed = [ref for ref in (now or '').split(MARK) if ref]
    if (row.new is not None and row.new not in listed) or row.old in listed:
        return now  # somebody has taken the replacement away: the choice was made anew
    was_there = row.new in (row.whole_before or '').split(MARK)
    given = [row.old if ref == row.new and not was_there else ref for ref in listed]
    return MARK + MARK.join(given if row.old in given else [*given, row.old]) + MARK
