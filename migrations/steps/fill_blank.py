"""Blank fields get the value that the plan's author gave for them, because the field becomes required."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

import sqlalchemy as sa

from migrations import operations
from migrations.converting import as_value
from migrations.neighbours import End, Sides, neighbours_of
from migrations.pace import in_chunks
from migrations.site import Site
from migrations.steps.base import Lock, Phase, Risk, Step, count_rows
from migrations.steps.convert import READING
from migrations.steps.convert_links import write_pairs
from schema.catalog import Field
from schema.fieldtypes.base import Refused
from schema.values import Link, Links


@dataclass(frozen=True)
class FillBlank(Step):
    """After the switch, in keyed chunks: until its turn comes a record stays blank, which an untouched record may be.

    What somebody enters meanwhile is never overwritten. `value` is a wire value.
    """

    table: str
    entity: str
    field: str
    value: Any
    kind: ClassVar[str] = 'fill_blank'
    phase: ClassVar[Phase] = 'contract'
    risk: ClassVar[Risk] = 'careful'
    lock: ClassVar[Lock] = 'rows'
    row_micros: ClassVar[tuple[float, float]] = (30.0, 30.0)
    texts: ClassVar[dict[str, str]] = {'en': 'Fill in blanks in {table}', 'vi': 'Điền giá trị còn trống ở {table}'}

    def rows(self, connection: sa.Connection) -> int:
        return count_rows(connection, self.table)

    def forward(self, site: Site) -> None:
        in_chunks(site, self.kind, self._chunk)

    def _chunk(self, site: Site, after: int, size: int, connection: sa.Connection) -> int | None:
        entity = site.target.holders[self.entity]
        each, table = entity.by_ref[self.field], entity.table
        blank = sa.select(table.c.id).where(table.c.id > after, is_blank(table, each)).order_by(table.c.id).limit(size)
        ids = list(connection.execute(blank.with_for_update()).scalars())
        value = self._found(site, connection, each) if ids else None
        if value is None:
            return None
        self._fill(site, connection, each, ids, value)
        return ids[-1] if len(ids) == size else None

    def _fill(self, site: Site, connection: sa.Connection, each: Field, ids: list[int], value: Any) -> None:
        table = site.target.holders[self.entity].table
        place = operations.place_of(site.target, self.table, each.definition.column)
        stamps = self._note(site, connection, place, table.c.id.in_(ids), each, value)
        values = {**dict.fromkeys(each.columns), **each.to_columns(value), **stamps}
        connection.execute(table.update().where(table.c.id.in_(ids), is_blank(table, each)).values(values))

    def _found(self, site: Site, connection: sa.Connection, each: Field) -> Any:
        """None when the record that it names is gone since the plan was made: then blanks stay."""
        end = End(each, site.target)
        near = neighbours_of(connection, Sides(end, end, site.target), (), [self.value], locked=True)
        with suppress(Refused):
            return as_value(each, self.value, READING, near)
        return None

    def _note(
        self, site: Site, connection: sa.Connection, place: operations.Place | None, rows: Any, each: Field, value: Any
    ) -> dict[str, Any]:  # fmt: skip
        """One operation over all chunks."""
        if place is None:
            return {}
        note = operations.begin(connection, site, place, f'{self.table}.{each.ref}')
        count = note.write(rows, operations.frozen(None), operations.frozen(each.type.freeze(each.definition, value)))
        note.close(operations.FILLED, count, each.definition.label)
        return note.stamps


@dataclass(frozen=True)
class FillBlankLinks(FillBlank):
    """The same for several links, which stand in a table of their own."""

    kind: ClassVar[str] = 'fill_blank_links'

    def _fill(self, site: Site, connection: sa.Connection, each: Field, ids: list[int], value: Any) -> None:
        entity, target = site.target.holders[self.entity], site.target.entities[each.definition.targets[0]]
        query = sa.select(target.table.c.id, target.table.c.uid).where(target.table.c.id.in_(value))
        uids = {row.id: row.uid for row in connection.execute(query)}
        links = Links(tuple(Link(target.key, uids[found], found) for found in value), len(value))
        chosen = entity.table.c.id.in_(ids)
        stamps = self._note(site, connection, operations.Place(entity, each), chosen, each, links)
        write_pairs(connection, each, dict.fromkeys(ids, value))
        connection.execute(entity.table.update().where(chosen).values(stamps))


def is_blank(table: sa.Table, each: Field) -> sa.ColumnElement[bool]:
    """Rows that hold no value in the field."""
    if each.table is not None:
        return ~sa.exists().where(each.table.c.source_id == table.c.id)
    main = [column for name, column in each.columns.items() if each.type.key == 'link_any' or name == each.definition.column]
    return sa.and_(*(column.is_(None) for column in main))
