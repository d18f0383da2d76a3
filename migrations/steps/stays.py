"""The log of stages kept in step when a publish moves records to other stages: what they left keeps its name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import sqlalchemy as sa

from migrations.operations import Place, place_of
from migrations.pace import in_chunks
from migrations.site import Site
from migrations.steps.base import Lock, Phase, Step, count_rows
from schema.base.stage_log import stage_log
from schema.fieldtypes.stage import SINCE


def follow(
    connection: sa.Connection, site: Site, place: Place | None, ids: Sequence[int], refs: Collection[str | None]
) -> None:
    """Close the stays that these rows left and open those they are in; safe to run twice. Nothing for other fields than stages.

    `refs` are the stages that records were moved to, None for none, as the catalog of `place` knows them.
    """
    if place is None or place.lines is not None or place.entity.stage is None or place.entity.stage.ref != place.field.ref:
        return
    entity, name = place.entity, place.field.definition.column
    table, now, chosen = entity.table, site.clock.now(), entity.table.c.id.in_(ids)
    column, since = table.c[name], table.c[name + SINCE]
    open_stay = sa.and_(stage_log.c.record_uid == table.c.uid, stage_log.c.left_at.is_(None))
    fresh = sa.and_(chosen, ~sa.exists().where(open_stay, stage_log.c.stage_ref == column))
    connection.execute(
        table.update().where(fresh).values({since: sa.case((column.is_(None), None), else_=sa.literal(now, since.type))})
    )
    left = sa.exists().where(
        chosen, table.c.uid == stage_log.c.record_uid, sa.or_(column.is_(None), column != stage_log.c.stage_ref)
    )  # fmt: skip
    uids = sa.select(table.c.uid).where(chosen)
    mine = (stage_log.c.record_uid.in_(uids), stage_log.c.entity_ref == entity.ref, stage_log.c.left_at.is_(None))
    connection.execute(stage_log.update().where(*mine, left).values(left_at=now))
    pipelines = {stage.ref: each.ref for each in entity.definition.pipelines for stage in each.stages}
    for ref in sorted(each for each in refs if each is not None):
        entering = sa.select(
            sa.literal(entity.ref), table.c.uid, sa.literal(pipelines.get(ref, '')), sa.literal(ref),
            sa.literal(now, stage_log.c.entered_at.type), sa.literal(site.author_id, sa.Integer), sa.literal(site.author),
        ).where(chosen, column == ref, ~sa.exists().where(open_stay))  # fmt: skip
        names = ['entity_ref', 'record_uid', 'pipeline_ref', 'stage_ref', 'entered_at', 'actor_id', 'actor_name']
        connection.execute(stage_log.insert().from_select(names, entering))


@dataclass(frozen=True)
class NameStays(Step):
    """The log says what removed stages were called, for no definition does any more. `stages` are their labels by ref."""

    entity: str
    stages: dict[str, dict[str, Any]]
    kind: ClassVar[str] = 'name_stays'
    phase: ClassVar[Phase] = 'contract'
    lock: ClassVar[Lock] = 'rows'
    row_micros: ClassVar[tuple[float, float]] = (4.0, 4.0)
    texts: ClassVar[dict[str, str]] = {
        'en': 'Keep the names of removed stages in the log',
        'vi': 'Giữ tên các giai đoạn đã bỏ trong nhật ký',
    }

    def rows(self, connection: sa.Connection) -> int:
        return count_rows(connection, stage_log.name)

    def forward(self, site: Site) -> None:
        in_chunks(site, self.kind, self._chunk)

    def _chunk(self, site: Site, after: int, size: int, connection: sa.Connection) -> int | None:
        log = stage_log.c
        ids = list(connection.execute(sa.select(log.id).where(log.id > after).order_by(log.id).limit(size)).scalars())
        for ref, label in self.stages.items() if ids else ():
            mine = (log.id > after, log.id <= ids[-1], log.entity_ref == self.entity, log.stage_ref == ref)
            connection.execute(stage_log.update().where(*mine).values(stage_label=label))
        return ids[-1] if len(ids) == size else None


@dataclass(frozen=True)
class BeginStays(Step):
    """Records that have a stage because their field became one enter it now, in the log and in their row. After the switch, so
    that a failure leaves no trace; who moved on since has begun a stay already.
    """

    entity: str
    table: str
    column: str
    kind: ClassVar[str] = 'begin_stays'
    phase: ClassVar[Phase] = 'contract'
    lock: ClassVar[Lock] = 'rows'
    row_micros: ClassVar[tuple[float, float]] = (50.0, 60.0)
    texts: ClassVar[dict[str, str]] = {
        'en': 'Note when records of {table} entered their stage',
        'vi': 'Ghi lúc hồ sơ ở {table} vào giai đoạn',
    }

    def rows(self, connection: sa.Connection) -> int:
        return count_rows(connection, self.table)

    def forward(self, site: Site) -> None:
        in_chunks(site, self.kind, self._chunk)

    def _chunk(self, site: Site, after: int, size: int, connection: sa.Connection) -> int | None:
        place = place_of(site.target, self.table, self.column)
        if place is None:
            return None
        table = place.entity.table
        fresh = sa.select(table.c.id).where(table.c.id > after, table.c[self.column + SINCE].is_(None))
        ids = list(connection.execute(fresh.order_by(table.c.id).limit(size).with_for_update()).scalars())
        if ids:
            follow(connection, site, place, ids, {stage.ref for stage in place.field.definition.options})
        return ids[-1] if len(ids) == size else None
