"""Records that hold a dropped option or stage move to another one, and can move back when the option returns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import sqlalchemy as sa

from migrations import operations
from migrations.pace import MOST, in_chunks, in_two_turns
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
    """`new` None clears. `many` marks a multi-picklist's `|ref|ref|` column. `early` says that the live version knows the
    replacement: the records move before the switch, a chunk at a time, and the switch takes those that came meanwhile.

    Which rows moved is kept, so that a rollback moves those back that still hold the new option. To people it is one operation,
    and stands in the history of every record.
    """

    table: str
    column: str
    old: str
    new: str | None
    many: bool
    early: bool = False
    kind: ClassVar[str] = 'remap_option'
    risk: ClassVar[Risk] = 'careful'
    lock: ClassVar[Lock] = 'rows'
    row_micros: ClassVar[tuple[float, float]] = (30.0, 80.0)
    texts: ClassVar[dict[str, str]] = {'en': 'Replace an option in {table}.{column}', 'vi': 'Thay mục chọn ở {table}.{column}'}

    def rows(self, connection: sa.Connection) -> int:
        return count_rows(connection, self.table, holds(sa.column(self.column, sa.Text), self.old, many=self.many))

    def forward(self, site: Site) -> None:
        if self.early:
            in_two_turns(site, self.kind, partial(self._look, site), partial(self._move, site))

    def undo(self, site: Site) -> None:
        """Who still holds the replacement gets the option back; nobody has seen it go."""
        if self.early and site.base is not None:
            OptionReturn(site, site.base, self.table, self.column, self.old).run(many=self.many)

    def done(self, site: Site) -> bool:
        return not self.early  # then the switch does it alone; the step is in the plan for people to read

    def apply(self, connection: sa.Connection, site: Site) -> None:
        """In the switch's transaction, under the fence."""
        last: int | None = 0
        while last is not None:
            ids, last = self._look(site, last, MOST, connection)
            self._move(site, ids, connection)

    def _look(self, site: Site, after: int, size: int, connection: sa.Connection) -> tuple[list[int], int | None]:
        table = site.target.tables[self.table]
        matches = holds(table.c[self.column], self.old, many=self.many)
        query = sa.select(table.c.id).where(table.c.id > after, matches).order_by(table.c.id).limit(size)
        ids = list(connection.execute(query).scalars())
        return ids, ids[-1] if len(ids) == size else None

    def _move(self, site: Site, ids: Sequence[int], connection: sa.Connection) -> None:
        table = site.target.tables[self.table]
        column: sa.Column[Any] = table.c[self.column]
        held = sa.and_(table.c.id.in_(ids), holds(column, self.old, many=self.many))
        ids = list(connection.execute(sa.select(table.c.id).where(held).with_for_update()).scalars()) if ids else []
        if not ids:
            return
        chosen = table.c.id.in_(ids)
        whole = [column, self._replaced(column)] if self.many else [sa.null(), sa.null()]
        remembered = sa.select(
            sa.literal(site.target.number), sa.literal(self.table), sa.literal(self.column), table.c.id, sa.literal(self.old),
            sa.literal(self.new, sa.Text), *(sa.cast(each, sa.Text) for each in whole),
        ).where(chosen)  # fmt: skip
        names = ['version', 'table_name', 'column_name', 'row_id', 'old', 'new', 'whole_before', 'whole_after']
        connection.execute(schema_remapped.insert().from_select(names, remembered))
        place, stamps = operations.place_of(site.target, self.table, self.column), {}
        if place is not None:
            note = operations.begin(connection, site, place, f'{self.table}.{self.column}/{self.old}')
            old, new = self._frozen(column)
            count, stamps = note.write(chosen, old, new), note.stamps
            shapes = operations.CLEARED if self.new is None else operations.REPLACED
            note.close(shapes, count, _label(site.base, self, self.old), _label(site.target, self, self.new))
        connection.execute(table.update().where(chosen).values({column: self._replaced(column), **stamps}))
        stays.follow(connection, site, place, ids, {self.new})

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


@dataclass(frozen=True)
class OptionReturn:
    """An option that returns, as `catalog` knows it, gets its records back where nobody has chosen anew since: one operation,
    by the book of what moved. What is settled leaves the book."""

    site: Site
    catalog: Catalog
    table_name: str
    column_name: str
    old: str

    def run(self, *, many: bool) -> None:
        """Some records at a time; of a multi-picklist with `many`."""
        in_chunks(self.site, 'give_back', self._chunk_of_lists if many else self._chunk)

    @property
    def table(self) -> sa.Table:
        return self.catalog.tables[self.table_name]

    @property
    def column(self) -> sa.Column[Any]:
        return self.table.c[self.column_name]

    @property
    def here(self) -> sa.ColumnElement[bool]:
        book = schema_remapped.c
        return sa.and_(book.table_name == self.table.name, book.column_name == self.column_name, book.old == self.old)

    def _chunk(self, _site: Site, after: int, size: int, connection: sa.Connection) -> int | None:
        """Of a picklist or stage: rows that still hold the replacement."""
        if not (ids := self._noted(connection, after, size)):
            return None
        book, table = schema_remapped, self.table
        latest = sa.select(book.c.row_id, book.c.new).where(self.here, book.c.row_id.in_(ids)).subquery()
        same = sa.exists().where(
            latest.c.row_id == table.c.id,
            sa.or_(latest.c.new == self.column, sa.and_(latest.c.new.is_(None), self.column.is_(None))),
        )
        query = sa.select(table.c.id).where(table.c.id.in_(ids), same).order_by(table.c.id).with_for_update()
        if moving := list(connection.execute(query).scalars()):
            self._move(connection, moving)
        return self._settled(connection, ids, size)

    def _chunk_of_lists(self, _site: Site, after: int, size: int, connection: sa.Connection) -> int | None:
        """Of a multi-picklist. A list nobody touched since is again what it was; in another the replacement makes way, if it is
        still chosen and came by the removal alone."""
        if not (ids := self._noted(connection, after, size)):
            return None
        book = schema_remapped.c
        query = sa.select(book.row_id, book.old, book.new, book.whole_before, book.whole_after, self.column.label('now'))
        rows = query.join(self.table, self.table.c.id == book.row_id).where(self.here, book.row_id.in_(ids))
        changes: dict[int, str | None] = {}
        before: dict[int, str | None] = {}
        for row in connection.execute(rows.order_by(book.id.desc())):
            now = changes.get(row.row_id, row.now)
            if (wanted := _returned(row, now)) != now:
                before.setdefault(row.row_id, row.now)
                changes[row.row_id] = wanted
        self._note_lists(connection, before, changes)
        write_rows(connection, self.table, [{'id': row_id, self.column_name: wanted} for row_id, wanted in changes.items()])
        return self._settled(connection, ids, size)

    def _noted(self, connection: sa.Connection, after: int, size: int) -> list[int]:
        row_id = schema_remapped.c.row_id
        query = sa.select(row_id).where(self.here, row_id > after).distinct().order_by(row_id).limit(size)
        return list(connection.execute(query).scalars())

    def _settled(self, connection: sa.Connection, ids: Sequence[int], size: int) -> int | None:
        connection.execute(schema_remapped.delete().where(self.here, schema_remapped.c.row_id.in_(ids)))
        return ids[-1] if len(ids) == size else None

    def _begin(self, connection: sa.Connection, place: operations.Place) -> operations.Noting:
        return operations.begin(connection, self.site, place, f'{self.table.name}.{self.column_name}/{self.old}/back')

    def _move(self, connection: sa.Connection, ids: Sequence[int]) -> None:
        place, chosen = operations.place_of(self.catalog, self.table.name, self.column_name), self.table.c.id.in_(ids)
        stamps = {}
        if place is not None:
            note = self._begin(connection, place)
            count = note.write(chosen, operations.frozen_ref(self.column), operations.frozen(self.old))
            note.close(operations.RETURNED, count, self._label(place))
            stamps = note.stamps
        connection.execute(self.table.update().where(chosen).values({self.column: self.old, **stamps}))
        stays.follow(connection, self.site, place, ids, {self.old})

    def _note_lists(self, connection: sa.Connection, before: Lists, changes: Lists) -> None:
        """On record in each record, whether the list is its own or stands in one of its lines."""
        table: Any = self.table
        place = operations.place_of(self.catalog, table.name, self.column_name)
        if place is None or not changes:
            return
        note = self._begin(connection, place)
        chosen = table.c.id.in_(sorted(changes))
        holder = table if place.lines is None else place.entity.table
        source = table if place.lines is None else table.join(holder, holder.c.id == table.c.parent_id)
        query = sa.select(table.c.id, table.c.uid, holder.c.uid.label('holder'), holder.c.revision).select_from(source)
        rows = connection.execute(query.where(chosen).order_by(table.c.id)).all()
        if place.lines is None:
            count = note.write_each((row.uid, row.revision, _refs(before[row.id]), _refs(changes[row.id])) for row in rows)
        else:
            count = note.write_each(_by_holder(rows, place.field.ref, before, changes))
        note.close(operations.RETURNED, count, place.field.definition.label)
        connection.execute(table.update().where(chosen).values(note.stamps))

    def _label(self, place: operations.Place) -> Texts:
        return next((option.label for option in place.field.definition.options if option.ref == self.old), {})


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
