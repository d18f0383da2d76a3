"""A type change: the new column is filled from the old one while people work, and caught up under the fence.

The old column stays as a shadow, so originals that cannot be read as the new type are kept. The variant built here has no
dual writes: until the switch the old column is the truth, afterwards the new one, and the fence lets no writer in between.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

import sqlalchemy as sa

from migrations.converting import convert_row
from migrations.site import Site
from migrations.steps.base import Risk, Step
from schema.base.tables import BigId, UtcDateTime
from schema.catalog import Field
from schema.fieldtypes.base import Reading, Refused

CHUNK = 1000
SQLITE_CHUNK = 300  # about 50 ms of the one write lock; the pause after it lets interactive saves in
PAUSE_SECONDS = 0.02
SKEW = timedelta(minutes=5)  # clocks of two hosts may differ; rows changed this near are converted again
FEW = 500


@dataclass(frozen=True)
class ConvertField(Step):
    """`restored` marks a column that comes back from shadow: a value is left alone where converting it forward gives what
    is there now, so that the original spelling, and what could not be read, returns.
    """

    entity: str
    field: str
    table: str
    restored: bool
    kind: ClassVar[str] = 'convert_field'
    risk: ClassVar[Risk] = 'careful'
    quick: ClassVar[bool] = False
    texts: ClassVar[dict[str, str]] = {'en': 'Convert values in {table}', 'vi': 'Chuyển đổi giá trị ở {table}'}

    def forward(self, site: Site) -> None:
        """All rows in keyed chunks, each in its own transaction; writers go on between them."""
        started = site.clock.now()
        last: int | None = 0
        while last is not None:
            last = site.in_turn(partial(self._chunk, site, last), self.kind)
            if site.is_sqlite:
                time.sleep(PAUSE_SECONDS)
        site.started_at[self.field] = started

    def undo(self, site: Site) -> None:
        """Nobody has read the new column; it is dropped or left with its own step."""

    def catch_up(self, site: Site) -> None:
        """Before the fence closes: repeat what changed meanwhile until little is left for the closed time."""
        if self.field not in site.started_at:  # another process filled it and died
            self.forward(site)
        for _ in range(5):
            begun = site.clock.now()
            touched = site.in_turn(partial(self._changed, site), self.kind)
            site.started_at[self.field] = begun
            if touched <= FEW:
                return

    def finish(self, site: Site, connection: sa.Connection) -> None:
        """In the switch's transaction: the last rows, with no writer about."""
        self._changed(site, connection)

    def _fields(self, site: Site) -> tuple[Field, Field]:
        assert site.base is not None
        return site.base.by_ref[self.entity].by_ref[self.field], site.target.by_ref[self.entity].by_ref[self.field]

    def _chunk(self, site: Site, after: int, connection: sa.Connection) -> int | None:
        size = SQLITE_CHUNK if site.is_sqlite else CHUNK
        rows = self._rows(site, connection, sa.column('id') > after, size)
        self._write(site, connection, rows)
        return rows[-1]['id'] if len(rows) == size else None

    def _changed(self, site: Site, connection: sa.Connection) -> int:
        """Rows changed since the filling began."""
        since = sa.literal(site.started_at[self.field] - SKEW, UtcDateTime())
        rows = self._rows(site, connection, sa.column('changed_at', UtcDateTime()) >= since, None)
        self._write(site, connection, rows)
        return len(rows)

    def _both(self, site: Site) -> sa.TableClause:
        """One table that has the columns of before and after; either catalog knows only its own."""
        old, new = self._fields(site)
        columns = [*old.columns.values(), *new.columns.values()]
        return sa.table(self.table, sa.column('id', BigId), *(sa.column(each.name, each.type) for each in columns))

    def _rows(self, site: Site, connection: sa.Connection, where: Any, limit: int | None) -> list[dict[str, Any]]:
        query = sa.select(self._both(site)).where(where).order_by(sa.column('id')).limit(limit)
        if not site.is_sqlite:
            query = query.with_for_update()  # a save must not slip between our read and our write
        return [dict(row) for row in connection.execute(query).mappings()]

    def _write(self, site: Site, connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
        old, new = self._fields(site)
        changes = list(self._changes(old, new, rows))
        if changes:
            table = self._both(site)
            values = {name: sa.bindparam(f'to_{name}', type_=column.type) for name, column in new.columns.items()}
            connection.execute(table.update().where(table.c.id == sa.bindparam('row_id')).values(values), changes)

    def _changes(self, old: Field, new: Field, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        reading = Reading('vi')
        for row in rows:
            present = {name: row[name] for name in new.columns}
            if self.restored and _tried(new, old, present, reading) == {name: row[name] for name in old.columns}:
                continue
            wanted = _tried(old, new, row, reading)
            if wanted != present:
                yield {'row_id': row['id'], **{f'to_{name}': value for name, value in wanted.items()}}


def _tried(old: Field, new: Field, row: dict[str, Any], reading: Reading) -> dict[str, Any]:
    """The new columns, blank where the value cannot be read."""
    try:
        return convert_row(old, new, row, reading)
    except Refused:
        return dict.fromkeys(new.columns)
