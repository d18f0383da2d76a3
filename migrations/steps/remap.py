"""Records that hold a dropped option or stage move to another one, and can move back when the option returns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import sqlalchemy as sa

from migrations import operations
from migrations.site import Site
from migrations.steps import stays
from migrations.steps.base import Lock, Risk, Step, count_rows
from migrations.tables import schema_remapped
from schema.base.bulk import write_rows
from schema.catalog import Catalog
from schema.definitions import Texts
from schema.fieldtypes.options import MARK

Lists = Mapping[int, str | None]
"""`{row id: what a multi-picklist's column holds}`."""


@dataclass(frozen=True)
class RemapOption(Step):
    """Applied inside the switch, set-based. `new` None clears. `many` marks a multi-picklist's `|ref|ref|` column.

    Which rows moved is kept, so that a rollback moves those back that still hold the new option. To people it is one operation,
    and stands in the history of every record.
    """

    table: str
    column: str
    old: str
    new: str | None
    many: bool
    kind: ClassVar[str] = 'remap_option'
    risk: ClassVar[Risk] = 'careful'
    lock: ClassVar[Lock] = 'writers'
    row_micros: ClassVar[tuple[float, float]] = (6.0, 12.0)
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
        note = self._note(connection, site)
        stamps: dict[str, Any] = {}
        if note is not None:
            old, new = self._frozen(column)
            count, stamps = note.write(matches, old, new), note.stamps
            shapes = operations.CLEARED if self.new is None else operations.REPLACED
            note.close(shapes, count, _label(site.base, self, self.old), _label(site.target, self, self.new))
        connection.execute(table.update().where(matches).values({column: self._replaced(column), **stamps}))
        stays.follow(connection, site, self.table, self.column, {self.new})

    def _note(self, connection: sa.Connection, site: Site) -> operations.Noting | None:
        place = operations.place_of(site.target, self.table, self.column)
        return None if place is None else operations.begin(connection, site, place)

    def _frozen(self, column: sa.Column[Any]) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
        if self.many:
            return operations.frozen_refs(column), operations.frozen_refs(self._replaced(column))
        return operations.frozen(self.old), operations.frozen(self.new)

    def _replaced(self, column: sa.Column[Any]) -> Any:
        if not self.many:
            return self.new
        without = sa.func.replace(column, f'{MARK}{self.old}{MARK}', MARK)
        return sa.func.nullif(without, MARK) if self.new is None else added(without, self.new)


def _label(catalog: Catalog | None, step: RemapOption, ref: str | None) -> Texts:
    place = operations.place_of(catalog, step.table, step.column) if catalog is not None else None
    options = place.field.definition.options if place is not None else ()
    return next((option.label for option in options if option.ref == ref), {})


def holds(column: sa.ColumnElement[Any], ref: str, *, many: bool) -> sa.ColumnElement[bool]:
    """Rows whose value is, or contains, the option."""
    return column.contains(f'{MARK}{ref}{MARK}', autoescape=True) if many else column == ref


def added(column: Any, ref: str) -> Any:
    """A multi-picklist's text with the option at its end, unless it is there."""
    return sa.case((holds(column, ref, many=True), column), else_=sa.func.coalesce(column, MARK) + f'{ref}{MARK}')


def give_back(connection: sa.Connection, table: sa.Table, column_name: str, returning: set[str], site: Site) -> int:
    """Options that return get their records back, where these still hold the replacement: an operation for each. Returns how
    many rows moved."""
    column: sa.Column[Any] = table.c[column_name]
    book = schema_remapped
    here = (book.c.table_name == table.name) & (book.c.column_name == column_name)
    moved = 0
    for old in sorted(returning):
        latest = sa.select(book.c.row_id, book.c.new).where(here, book.c.old == old).subquery()
        same = sa.exists().where(
            latest.c.row_id == table.c.id, sa.or_(latest.c.new == column, sa.and_(latest.c.new.is_(None), column.is_(None)))
        )
        locked = sa.select(table.c.id).where(same).with_for_update().subquery()
        connection.execute(sa.select(sa.func.count()).select_from(locked))  # what goes on record stays until it is changed
        stamps = _note_return(connection, site, column, same, old)
        moved += connection.execute(table.update().where(same).values({column: old, **stamps})).rowcount
        connection.execute(book.delete().where(here, book.c.old == old))
    return moved


def _note_return(connection: sa.Connection, site: Site, column: sa.Column[Any], same: Any, old: str) -> dict[str, Any]:
    place = operations.place_of(site.target, column.table.name, column.name)
    if place is None:
        return {}
    note = operations.begin(connection, site, place)
    count = note.write(same, operations.frozen_ref(column), operations.frozen(old))
    label = next((option.label for option in place.field.definition.options if option.ref == old), {})
    note.close(operations.RETURNED, count, label)
    return note.stamps


def give_back_many(connection: sa.Connection, table: sa.Table, column_name: str, returning: set[str], site: Site) -> int:
    """The same for a multi-picklist. A list nobody touched since is again what it was; in another the replacement makes way,
    if it is still chosen and came by the removal alone. Returns how many rows moved."""
    column: sa.Column[Any] = table.c[column_name]
    book = schema_remapped.c
    here = (book.table_name == table.name) & (book.column_name == column_name)
    query = sa.select(book.row_id, book.old, book.new, book.whole_before, book.whole_after, column.label('now'))
    rows = query.join(table, table.c.id == book.row_id).where(here, book.old.in_(returning)).order_by(book.id.desc())
    changes: dict[int, str | None] = {}
    before: dict[int, str | None] = {}
    for row in connection.execute(rows):
        now = changes.get(row.row_id, row.now)
        if (wanted := _returned(row, now)) != now:
            before.setdefault(row.row_id, row.now)
            changes[row.row_id] = wanted
    _note_lists(connection, site, column, before, changes)
    write_rows(connection, table, [{'id': row_id, column_name: wanted} for row_id, wanted in changes.items()])
    connection.execute(schema_remapped.delete().where(here, book.old.in_(returning)))
    return len(changes)


def _note_lists(connection: sa.Connection, site: Site, column: sa.Column[Any], before: Lists, changes: Lists) -> None:
    """On record in each record, whether the list is its own or stands in one of its lines."""
    table: Any = column.table
    place = operations.place_of(site.target, table.name, column.name)
    if place is None or not changes:
        return
    note = operations.begin(connection, site, place)
    chosen = table.c.id.in_(sorted(changes))
    holder = table if place.lines is None else place.entity.table
    source = table if place.lines is None else table.join(holder, holder.c.id == table.c.parent_id)
    query = sa.select(table.c.id, table.c.uid, holder.c.uid.label('holder'), holder.c.revision).select_from(source)
    rows = connection.execute(query.where(chosen).order_by(table.c.id)).all()
    if place.lines is None:
        note.write_each((row.uid, row.revision, _refs(before[row.id]), _refs(changes[row.id])) for row in rows)
    else:
        note.write_each(_by_holder(rows, place.field.ref, before, changes))
    note.close(operations.RETURNED, len({row.holder for row in rows}), place.field.definition.label)
    connection.execute(table.update().where(chosen).values(note.stamps))


def _by_holder(rows: Iterable[Any], ref: str, before: Lists, changes: Lists) -> Iterator[tuple[str, int, Any, Any]]:
    """The lines of each record that change, as history keeps them."""
    held: dict[tuple[str, int], tuple[list[Any], list[Any]]] = {}
    for row in rows:
        old, new = held.setdefault((row.holder, row.revision), ([], []))
        old.append({'uid': row.uid, 'values': {ref: _refs(before[row.id])}})
        new.append({'uid': row.uid, 'values': {ref: _refs(changes[row.id])}})
    for (uid, revision), (old, new) in held.items():
        yield uid, revision, {'lines': old}, {'lines': new}


def _refs(listed: str | None) -> list[str] | None:
    return None if listed is None else [ref for ref in listed.split(MARK) if ref]


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
