"""Records that were there before a field that gives out numbers get theirs, in the order in which they were created; codes that
people have written until then stay, and the counter goes on after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar

import sqlalchemy as sa

from migrations.pace import in_chunks
from migrations.site import Site
from migrations.steps.base import Lock, Phase, Risk, Step, count_rows
from migrations.steps.convert import Converted, ConvertField
from migrations.walks import NUMBERING, in_walk, withdraw
from schema.base.bulk import write_rows
from schema.base.counters import forget, raise_to, take
from schema.fieldtypes.autonumber import Autonumber, period_of, read_number, spell


@dataclass(frozen=True)
class NumberRows(Step):
    """In keyed chunks; a row that has its number keeps it, so it may be run again. A record counts in the year of its creation.

    `restored` marks a column that comes back from shadow with the numbers that it holds.
    """

    entity: str
    field: str
    table: str
    restored: bool
    kind: ClassVar[str] = 'number_rows'
    risk: ClassVar[Risk] = 'careful'
    lock: ClassVar[Lock] = 'rows'
    row_micros: ClassVar[tuple[float, float]] = (60.0, 60.0)
    texts: ClassVar[dict[str, str]] = {'en': 'Number the records of {table}', 'vi': 'Cấp mã cho hồ sơ ở {table}'}

    def rows(self, connection: sa.Connection) -> int:
        return count_rows(connection, self.table)

    def forward(self, site: Site) -> None:
        in_walk(site, self, NUMBERING, self._chunk)

    def undo(self, site: Site) -> None:
        """The column goes with its own step; numbers that nobody has seen are given out again."""
        site.in_turn(lambda connection: withdraw(connection, site, self), self.kind)
        if not self.restored:
            site.in_turn(lambda connection: forget(connection, self.entity, self.field), self.kind)

    def _chunk(self, site: Site, after: int, size: int, connection: sa.Connection) -> int | None:
        table = site.target.holders[self.entity].table
        column = table.c[site.target.holders[self.entity].by_ref[self.field].definition.column]
        query = sa.select(table.c.id, table.c.created_at).where(table.c.id > after, column.is_(None)).order_by(table.c.id)
        rows = connection.execute((query if site.is_sqlite else query.with_for_update()).limit(size)).all()
        if rows:
            self._write(site, connection, rows)
        return rows[-1].id if len(rows) == size else None

    def _write(self, site: Site, connection: sa.Connection, rows: Sequence[Any]) -> None:
        entity = site.target.holders[self.entity]
        field, table = entity.by_ref[self.field], entity.table
        assert isinstance(field.type, Autonumber)
        pattern = field.type.pattern(field.definition)
        local = [(row.id, row.created_at.astimezone(site.clock.zone)) for row in rows]
        changes = []
        for period, group in groupby(local, lambda pair: period_of(pattern, pair[1])):
            members = list(group)
            first = take(connection, self.entity, self.field, period, len(members))
            for number, (row_id, moment) in enumerate(members, first):
                columns = field.to_columns(spell(pattern, moment, number))
                changes.append({'id': row_id, **columns})
        write_rows(connection, table, changes)


@dataclass(frozen=True)
class NumberLateRows(NumberRows):
    """The same for what was saved between the first numbering and the switch."""

    kind: ClassVar[str] = 'number_late_rows'
    phase: ClassVar[Phase] = 'contract'
    texts: ClassVar[dict[str, str]] = {
        'en': 'Number what was saved meanwhile in {table}',
        'vi': 'Cấp mã cho hồ sơ vừa lưu ở {table}',
    }

    def forward(self, site: Site) -> None:
        in_chunks(site, self.kind, self._chunk)

    def undo(self, site: Site) -> None:
        """It runs after the switch and is only ever completed."""


@dataclass(frozen=True)
class ConvertToNumbers(ConvertField):
    """With every row that is written the counter rises to the number in it, so that none is given out twice. It never sinks:
    what a code once said is a gap at most."""

    kind: ClassVar[str] = 'convert_to_numbers'
    texts: ClassVar[dict[str, str]] = {'en': 'Take over the codes in {table}', 'vi': 'Giữ lại mã đang có ở {table}'}

    def _store(self, site: Site, converted: Converted, connection: sa.Connection) -> None:
        super()._store(site, converted, connection)
        field = self._sides(site)[2]
        assert isinstance(field.type, Autonumber)
        pattern, column = field.type.pattern(field.definition), field.definition.column
        codes = (each[column] for each in converted.changes if each[column] is not None)
        greatest: dict[str, int] = {}
        for period, number in filter(None, (read_number(pattern, code) for code in codes)):
            greatest[period] = max(number, greatest.get(period, 0))
        for period, number in sorted(greatest.items()):
            raise_to(connection, self.entity, self.field, period, number)
