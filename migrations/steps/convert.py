"""A type change: the new column is filled from the old one while people work, and caught up under the fence.

The old column stays as a shadow, so originals that cannot be read as the new type are kept. There are no dual writes: until the
switch the old column is the truth, afterwards the new one, and the fence lets no writer in between. Rows written meanwhile are
noted by the database itself (`migrations.touched`). See decision 0001.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import partial
from typing import Any, ClassVar

import sqlalchemy as sa

from migrations.converting import Answers, Conversion, blank, holds, returns
from migrations.neighbours import End, Sides, lens_of, neighbours_of
from migrations.pace import MOST, in_two_turns
from migrations.site import Site
from migrations.steps.base import Lock, Phase, Risk, Step, count_rows
from migrations.touched import drain, is_watched, unwatch, watch
from migrations.unread import count_unread, forget_unread, note_unread
from migrations.walks import CONVERSION, Walk, settle, withdraw
from schema.base.bulk import write_rows
from schema.base.tables import BigId, UtcDateTime
from schema.catalog import Entity, Field
from schema.fieldtypes.base import Reading, Refused

FEW = 200
ROUNDS = 50
READING = Reading('vi')
Row = dict[str, Any]


@dataclass(frozen=True)
class Converted:
    """`changes` set columns by `id`; `unread` are rows whose value the new field cannot hold, told as `value`; `seen` rows were
    looked at."""

    changes: Sequence[Row] = ()
    unread: Sequence[Row] = ()
    seen: int = 0

    def instead(self, other: Converted, ids: Collection[int]) -> Converted:
        """With what another attempt at these rows made of them."""
        changes = [each for each in self.changes if each['id'] not in ids]
        unread = [each for each in self.unread if each['id'] not in ids]
        return Converted([*changes, *other.changes], [*unread, *other.unread], self.seen)


@dataclass(frozen=True)
class ConvertField(Step):
    """`restored` marks a column that comes back from shadow: a value is left alone where converting it forward gives what
    is there now, so that the original spelling, and what could not be read, returns. `answers` say what becomes of values
    that cannot be read; see `migrations.converting`. `given` are those of the publish that filled what is there now.
    """

    entity: str
    field: str
    table: str
    restored: bool
    answers: dict[str, Any] = dataclass_field(default_factory=dict)
    given: dict[str, Any] = dataclass_field(default_factory=dict)
    kind: ClassVar[str] = 'convert_field'
    risk: ClassVar[Risk] = 'careful'
    lock: ClassVar[Lock] = 'rows'
    row_micros: ClassVar[tuple[float, float]] = (40.0, 50.0)
    texts: ClassVar[dict[str, str]] = {'en': 'Convert values in {table}', 'vi': 'Chuyển đổi giá trị ở {table}'}

    @property
    def place(self) -> str:
        return f'{self.table}.{self.field}'

    @property
    def watched(self) -> str:
        """The table whose writes the step must hear of."""
        return self.table

    def rows(self, connection: sa.Connection) -> int:
        return count_rows(connection, self.table)

    def forward(self, site: Site) -> None:
        """All rows in keyed chunks, each in its own transaction; writers go on between them."""
        walk = Walk(site, self, CONVERSION)

        def begin(connection: sa.Connection) -> None:
            self._begin(site, connection)
            walk.begin(connection)

        site.in_turn(begin, self.kind)
        self._fill(site, walk)

    def undo(self, site: Site) -> None:
        """Nobody has read the new column; it is dropped or left with its own step."""
        site.in_turn(lambda connection: unwatch(connection, self.watched, self.place), self.kind)
        site.in_turn(partial(self._withdraw, site), self.kind)

    def _withdraw(self, site: Site, connection: sa.Connection) -> None:
        forget_unread(connection, site.target.number, self.field)
        withdraw(connection, site, self)

    def catch_up(self, site: Site) -> None:
        """Before the fence closes: convert what was written meanwhile until little is left for the closed time."""
        with site.database.reading() as connection:
            watched = is_watched(connection, self.place)
        if not watched:
            self.forward(site)
        for _ in range(ROUNDS):
            if site.in_turn(partial(self._noted, site), self.kind) <= FEW:
                return

    def finish(self, site: Site, connection: sa.Connection) -> None:
        """In the switch's transaction: the last rows, with no writer about."""
        while self._noted(site, connection):
            pass
        settle(connection, site, self, unread=count_unread(connection, site.target.number, self.field))

    def _sides(self, site: Site) -> tuple[Entity, Field, Field]:
        assert site.base is not None
        former = site.base.holders[self.entity]
        return former, former.by_ref[self.field], site.target.holders[self.entity].by_ref[self.field]

    def _ways(self, site: Site) -> Sides:
        _, old, new = self._sides(site)
        assert site.base is not None
        return Sides(End(old, site.base), End(new, site.target), site.base)

    def _begin(self, site: Site, connection: sa.Connection) -> None:
        watch(connection, self.table, self.place, list(self._read(site)))
        forget_unread(connection, site.target.number, self.field)

    def _read(self, site: Site) -> Mapping[str, sa.Column[Any]]:
        """The columns that tell the former value: its own, or the link through which it is read. What stands behind the link is
        taken as it is when the row has its turn."""
        assert site.base is not None
        old = self._sides(site)[1]
        return (lens_of(site.base, old) or old).columns

    def _fill(self, site: Site, walk: Walk) -> None:
        """Reads and converts without a lock: a row that somebody saves before it is written is noted, and converted again."""

        def store(converted: Converted, connection: sa.Connection) -> None:
            self._store(site, converted, connection)
            unread = {row['id'] for row in converted.unread}
            changed = sum(row['id'] not in unread for row in converted.changes)
            walk.advance(connection, converted.seen, changed=changed, failed=len(unread))

        in_two_turns(site, self.kind, partial(self._look, site), store)

    def _look(self, site: Site, after: int, size: int, connection: sa.Connection) -> tuple[Converted, int | None]:
        rows = self._rows(site, connection, sa.column('id') > after, size)
        return self._convert(site, connection, rows), rows[-1]['id'] if len(rows) == size else None

    def _noted(self, site: Site, connection: sa.Connection) -> int:
        """Convert rows that were written since the filling began; returns how many notes that settled."""
        ids = drain(connection, self.place, MOST)
        if ids:
            forget_unread(connection, site.target.number, self.field, ids)
            self._write(site, connection, self._rows(site, connection, sa.column('id').in_(ids)))
        return len(ids)

    def _both(self, site: Site) -> sa.TableClause:
        """One table that has the columns of before and after; either catalog knows only its own."""
        former, _, new = self._sides(site)
        parts = (former.title.columns, self._read(site), new.columns)
        columns = {each.name: each.type for part in parts for each in part.values()}
        columns |= {'id': BigId, 'uid': sa.String(36), 'deleted_at': UtcDateTime()}
        return sa.table(self.table, *(sa.column(name, kind) for name, kind in columns.items()))

    def _rows(self, site: Site, connection: sa.Connection, where: Any, limit: int | None = None) -> list[Row]:
        query = sa.select(self._both(site)).where(where).order_by(sa.column('id')).limit(limit)
        return read_rows(connection, query)

    def _write(self, site: Site, connection: sa.Connection, rows: list[Row]) -> None:
        self._store(site, self._convert(site, connection, rows, locked=True), connection)

    def _store(self, site: Site, converted: Converted, connection: sa.Connection) -> None:
        if lost := self._lost(site, converted, connection):
            again = self._convert(site, connection, self._rows(site, connection, sa.column('id').in_(lost)), locked=True)
            converted = converted.instead(again, lost)
        write_rows(connection, self._both(site), converted.changes)
        note_unread(connection, [self._note(site, row) for row in converted.unread if row['deleted_at'] is None])

    def _lost(self, site: Site, converted: Converted, connection: sa.Connection) -> set[int]:
        """Rows that would point to what was purged since they were looked at. What they point to stays until the commit."""
        lost: set[int] = set()
        for name, column in self._sides(site)[2].columns.items():
            wanted = {each[name] for each in converted.changes if each.get(name) is not None} if column.foreign_keys else set()
            if wanted:
                target = next(iter(column.foreign_keys)).column
                query = sa.select(target).where(target.in_(sorted(wanted))).with_for_update(read=True, key_share=True)
                gone = wanted - set(connection.execute(query).scalars())
                lost |= {each['id'] for each in converted.changes if each[name] in gone}
        return lost

    def _convert(self, site: Site, connection: sa.Connection, rows: list[Row], *, locked: bool = False) -> Converted:
        sides, answers, given = self._ways(site), Answers.read(self.answers), Answers.read(self.given)
        old, new = sides.old.field, sides.new.field
        forth = Conversion(old, new, answers, neighbours_of(connection, sides, rows, answers.wires, locked=locked))
        looks_back = self.restored or new.is_collection
        near = neighbours_of(connection, sides.back, rows, given.wires) if looks_back else forth.neighbours
        back = Conversion(new, old, given, near)
        changes, unread = [], []
        for row in rows:
            if self.restored and returns(back, row, forth.former(row)):
                continue
            try:
                wanted = forth.row(row)
            except Refused:
                wanted = blank(new)
                unread.append({**row, 'value': forth.text(row)})
            if not holds(wanted, back.former(row)):
                changes.append({'id': row['id'], **wanted})
        return Converted(changes, unread, len(rows))

    def _note(self, site: Site, row: Row) -> dict[str, Any]:
        former = self._sides(site)[0]
        title = former.title
        return {
            'version': site.target.number,
            'entity_ref': self.entity,
            'field_ref': self.field,
            'row_id': row['id'],
            'uid': row['uid'],
            'title': title.type.text(title.definition, title.from_row(row), READING),
            'value': row['value'],
        }


def read_rows(connection: sa.Connection, query: sa.Select[Any]) -> list[Row]:
    """Rows by column name; some times as fast as `mappings()`."""
    names = [str(column.name) for column in query.selected_columns]
    return [dict(zip(names, row, strict=True)) for row in connection.execute(query)]


@dataclass(frozen=True)
class EndConversion(Step):
    """After the switch nothing needs to be noted any more."""

    table: str
    place: str
    kind: ClassVar[str] = 'end_conversion'
    phase: ClassVar[Phase] = 'contract'
    texts: ClassVar[dict[str, str]] = {
        'en': 'Stop watching {table} for late saves',
        'vi': 'Ngừng theo dõi các lần lưu muộn ở {table}',
    }

    def forward(self, site: Site) -> None:
        site.in_turn(lambda connection: unwatch(connection, self.table, self.place), self.kind)

    def done(self, site: Site) -> bool:
        with site.database.reading() as connection:
            return not is_watched(connection, self.place)
