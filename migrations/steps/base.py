"""What a plan step is: one reversible act that describes itself, applies itself and knows whether it has been done."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

import sqlalchemy as sa

from migrations.site import Site
from schema.definitions import in_locale

Risk = Literal['safe', 'careful', 'loss']
Phase = Literal['expand', 'permissions', 'activate', 'adopt', 'contract']
Lock = Literal['none', 'moment', 'rows', 'writers']
"""Who waits: nobody; everybody for a moment; the writers of the rows in hand; every writer of the table."""


@dataclass(frozen=True)
class Step(ABC):
    """Fields of derived steps are JSON values: a plan is stored and read back.

    Everything up to `activate` can be undone; what comes later is only ever completed. `forward` may be run again after a
    kill at any point.
    """

    kind: ClassVar[str]
    phase: ClassVar[Phase] = 'expand'
    risk: ClassVar[Risk] = 'safe'
    texts: ClassVar[dict[str, str]]
    lock: ClassVar[Lock] = 'moment'
    row_micros: ClassVar[tuple[float, float]] = (0.0, 0.0)
    """Microseconds a row on SQLite and on PostgreSQL, as measured on a small machine (`bench/publish.py`), for estimates; none
    where its time does not grow with the number of records."""

    def describe(self, locale: str) -> str:
        return in_locale(self.texts, locale).format_map(asdict(self))

    @abstractmethod
    def forward(self, site: Site) -> None:
        """Do it."""

    def undo(self, site: Site) -> None:  # noqa: B027 - most have nothing to take back
        """Take it back; nothing to do when nothing was done."""

    def done(self, site: Site) -> bool:
        """Whether the database already is as after `forward`."""
        return False

    def rows(self, connection: sa.Connection) -> int:
        """How many rows it will touch, as the table is now; for the plan."""
        return 0

    def as_stored(self) -> dict[str, Any]:
        return {'kind': self.kind, **asdict(self)}


def count_rows(connection: sa.Connection, table: str, *where: sa.ColumnElement[bool]) -> int:
    """Rows of a table, retired ones included; 0 when there is no such table yet."""
    if not sa.inspect(connection).has_table(table):
        return 0
    return int(connection.execute(sa.select(sa.func.count()).select_from(sa.table(table)).where(*where)).scalar_one())
