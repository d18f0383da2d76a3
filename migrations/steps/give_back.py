"""Options that return get back the records that were moved off them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import sqlalchemy as sa

from migrations.site import Site
from migrations.steps.base import Phase, Step
from migrations.steps.remap import give_back


@dataclass(frozen=True)
class GiveBackOptions(Step):
    """After the switch, so that no catalog in use meets an option it does not know. Records moved on since stay."""

    table: str
    column: str
    refs: list[str]
    kind: ClassVar[str] = 'give_back_options'
    phase: ClassVar[Phase] = 'contract'
    quick: ClassVar[bool] = False
    texts: ClassVar[dict[str, str]] = {
        'en': 'Return records to options in {table}.{column}',
        'vi': 'Trả bản ghi về mục cũ ở {table}.{column}',
    }

    def forward(self, site: Site) -> None:
        table = site.target.metadata.tables[self.table]

        def give(connection: sa.Connection) -> None:
            give_back(connection, table, self.column, set(self.refs))

        site.in_turn(give, self.describe('en'))
