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
from schema.catalog import Field
from schema.fieldtypes.base import Refused


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
        blank = sa.select(table.c.id).where(table.c.id > after, is_blank(each)).order_by(table.c.id).limit(size)
        ids = list(connection.execute(blank.with_for_update()).scalars())
        value = self._found(site, connection, each) if ids else None
        if value is None:
            return None
        stamps = self._note(site, connection, table.c.id.in_(ids), each, value)
        values = {**dict.fromkeys(each.columns), **each.to_columns(value), **stamps}
        connection.execute(table.update().where(table.c.id.in_(ids), is_blank(each)).values(values))
        return ids[-1] if len(ids) == size else None

    def _found(self, site: Site, connection: sa.Connection, each: Field) -> Any:
        """None when the record that it names is gone since the plan was made: then blanks stay."""
        end = End(each, site.target)
        near = neighbours_of(connection, Sides(end, end, site.target), (), [self.value], locked=True)
        with suppress(Refused):
            return as_value(each, self.value, READING, near)
        return None

    def _note(self, site: Site, connection: sa.Connection, rows: Any, each: Field, value: Any) -> dict[str, Any]:
        """One operation over all chunks."""
        place = operations.place_of(site.target, self.table, each.definition.column)
        if place is None:
            return {}
        note = operations.begin(connection, site, place, f'{self.table}.{each.ref}')
        count = note.write(rows, operations.frozen(None), operations.frozen(each.type.freeze(each.definition, value)))
        note.close(operations.FILLED, count, each.definition.label)
        return note.stamps


def is_blank(each: Field) -> sa.ColumnElement[bool]:
    """Rows that hold no value in the field."""
    main = [column for name, column in each.columns.items() if each.type.key == 'link_any' or name == each.definition.column]
    return sa.and_(*(column.is_(None) for column in main))
