"""A site whose clock stands still, and what workflows left in its tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from modules.runtime import Runtime
from schema.base.clock import FrozenClock
from tests.support.site import Site
from workflows.tables import workflow_run, workflow_step


@dataclass
class Standing:
    """`clock` is what rules go by; it stands until it is moved."""

    site: Site
    clock: FrozenClock

    @property
    def runtime(self) -> Runtime:
        return self.site.runtime

    def rows(self, table: sa.Table) -> list[Any]:
        with self.runtime.database.reading() as connection:
            return list(connection.execute(sa.select(table).order_by(*table.primary_key)))

    @property
    def runs(self) -> list[Any]:
        return self.rows(workflow_run)

    @property
    def steps(self) -> list[Any]:
        return self.rows(workflow_step)
