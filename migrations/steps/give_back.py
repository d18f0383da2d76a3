"""Options that return get back the records that were moved off them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import sqlalchemy as sa

from migrations.site import Site
from migrations.steps.base import Lock, Phase, Step
from migrations.steps.remap import OptionReturn
from migrations.tables import schema_remapped


@dataclass(frozen=True)
class GiveBackOptions(Step):
    """After the switch, so that no catalog in use meets an option it does not know. Records moved on since stay."""

    table: str
    column: str
    refs: list[str]
    many: bool = False
    kind: ClassVar[str] = 'give_back_options'
    phase: ClassVar[Phase] = 'contract'
    lock: ClassVar[Lock] = 'rows'
    row_micros: ClassVar[tuple[float, float]] = (35.0, 200.0)
    texts: ClassVar[dict[str, str]] = {
        'en': 'Return records to options in {table}.{column}',
        'vi': 'Trả hồ sơ về mục cũ ở {table}.{column}',
    }

    def rows(self, connection: sa.Connection) -> int:
        book = schema_remapped.c
        here = (book.table_name == self.table) & (book.column_name == self.column) & book.old.in_(self.refs)
        return int(connection.execute(sa.select(sa.func.count()).select_from(schema_remapped).where(here)).scalar_one())

    def forward(self, site: Site) -> None:
        for ref in self.refs:
            OptionReturn(site, site.target, self.table, self.column, ref).run(many=self.many)
