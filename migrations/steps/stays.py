"""The log of stages kept in step when a publish moves records to other stages: what they left keeps its name."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from migrations.site import Site
from schema.base.stage_log import stage_log
from schema.catalog import Catalog, Entity
from schema.fieldtypes.stage import SINCE


def follow(connection: sa.Connection, site: Site, table_name: str, column_name: str, refs: set[str | None]) -> None:
    """Close stays that the moved records left and open those they are in; set-based, safe to run twice.

    `refs` are the stages that records were moved to; None for those that are in none now.
    """
    entity = next((each for each in site.target.entities.values() if each.table.name == table_name), None)
    if entity is None or entity.stage is None or entity.stage.definition.column != column_name:
        return
    _name_removed(connection, site, entity)
    table, now = entity.table, site.clock.now()
    column, since = table.c[column_name], table.c[column_name + SINCE]
    held: sa.ColumnElement[bool] = column.in_([ref for ref in refs if ref is not None])
    moved = sa.or_(held, column.is_(None)) if None in refs else held
    open_stay = sa.and_(stage_log.c.record_uid == table.c.uid, stage_log.c.left_at.is_(None))
    left = sa.exists().where(
        table.c.uid == stage_log.c.record_uid, moved, sa.or_(column.is_(None), column != stage_log.c.stage_ref)
    )  # fmt: skip
    fresh = sa.and_(moved, ~sa.exists().where(open_stay, stage_log.c.stage_ref == column))
    connection.execute(
        table.update().where(fresh).values({since: sa.case((column.is_(None), None), else_=sa.literal(now, since.type))})
    )
    mine = (stage_log.c.entity_ref == entity.ref, stage_log.c.left_at.is_(None))
    connection.execute(stage_log.update().where(*mine, left).values(left_at=now))
    pipelines = {stage.ref: each.ref for each in entity.definition.pipelines for stage in each.stages}
    for ref in sorted(each for each in refs if each is not None):
        entering = sa.select(
            sa.literal(entity.ref), table.c.uid, sa.literal(pipelines.get(ref, '')), sa.literal(ref),
            sa.literal(now, stage_log.c.entered_at.type), sa.literal(site.author_id, sa.Integer), sa.literal(site.author),
        ).where(column == ref, ~sa.exists().where(open_stay))  # fmt: skip
        names = ['entity_ref', 'record_uid', 'pipeline_ref', 'stage_ref', 'entered_at', 'actor_id', 'actor_name']
        connection.execute(stage_log.insert().from_select(names, entering))


def _name_removed(connection: sa.Connection, site: Site, entity: Entity) -> None:
    """The log says what a removed stage was called, for no definition will any more."""
    former = _stages(site.base, entity.ref)
    for ref in sorted(former.keys() - _stages(site.target, entity.ref).keys()):
        named = stage_log.update().where(stage_log.c.entity_ref == entity.ref, stage_log.c.stage_ref == ref)
        connection.execute(named.values(stage_label=dict(former[ref])))


def _stages(catalog: Catalog | None, ref: str) -> dict[str, Any]:
    entity = catalog.by_ref.get(ref) if catalog is not None else None
    return {stage.ref: stage.label for stage in entity.definition.stages} if entity is not None else {}
