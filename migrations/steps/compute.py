"""Rows that were there before a formula or rollup, or before it changed, get its value after the switch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import sqlalchemy as sa

from migrations.site import Site
from migrations.steps.base import Lock, Phase, Step, count_rows
from migrations.walks import COMPUTATION, in_walk
from schema.deriving import graph_of
from schema.deriving.carrying import Carrier


@dataclass(frozen=True)
class ComputeField(Step):
    """In keyed chunks, each of which locks its rows and computes them from what is stored then: a value that somebody's save
    computes meanwhile is the same or newer, so nothing is lost. Computing a row again changes nothing: it may be run again.

    What depends on the field has steps of its own in the plan, after this one.
    """

    entity: str
    field: str
    table: str
    kind: ClassVar[str] = 'compute_field'
    phase: ClassVar[Phase] = 'contract'
    lock: ClassVar[Lock] = 'rows'
    row_micros: ClassVar[tuple[float, float]] = (90.0, 110.0)
    texts: ClassVar[dict[str, str]] = {'en': 'Compute values in {table}', 'vi': 'Tính giá trị ở {table}'}

    def rows(self, connection: sa.Connection) -> int:
        return count_rows(connection, self.table)

    def forward(self, site: Site) -> None:
        in_walk(site, self, COMPUTATION, self._chunk)

    def _chunk(self, site: Site, after: int, size: int, connection: sa.Connection) -> int | None:
        graph, entity = graph_of(site.target), site.target.holders[self.entity]
        plan = graph.plan(entity.key, entity.by_ref[self.field].key)
        if plan is None:
            return None
        table = entity.table
        ids = list(
            connection.execute(sa.select(table.c.id).where(table.c.id > after).order_by(table.c.id).limit(size)).scalars()
        )
        if ids:
            carrier = Carrier(connection, graph)
            carrier.need(plan, ids)
            carrier.run(onward=False)
        return ids[-1] if len(ids) == size else None
