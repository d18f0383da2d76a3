"""When records entered and left their stages: written with each move, read back with names and lengths of stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records.changing import Change
from modules.records.model import Record
from schema.base.actor import Actor
from schema.base.stage_log import stage_log
from schema.catalog import Entity
from schema.definitions import PipelineDef, StageDef, Texts
from schema.fieldtypes.stage import SINCE

REMOVED = {'en': 'A removed stage', 'vi': 'Giai đoạn đã bỏ'}


@dataclass(frozen=True)
class Stay:
    """One stay of a record in a stage. `stage` is None when the stage was removed since; `left_at` None while it lasts."""

    stage: StageDef | None
    label: Texts
    pipeline: PipelineDef | None
    entered_at: datetime
    left_at: datetime | None
    actor: str

    def length(self, now: datetime) -> timedelta:
        return (self.left_at or now) - self.entered_at


def write(session: Session, changes: Sequence[Change], actor: Actor, now: datetime) -> None:
    """Close the stays that changes end and open those they begin: two statements for a batch of one entity."""
    moved = [change for change in changes if change.current is not None and _stored(change) is not None]
    if moved:
        closing = stage_log.update().where(
            stage_log.c.record_uid.in_([change.uid for change in moved]), stage_log.c.left_at.is_(None)
        )
        closed: Any = session.execute(closing.values(left_at=now))
        if closed.rowcount < len(moved):
            _add_unlogged(session, moved, now)
    entered = [(change, stage) for change in changes if (stage := _entered(change)) is not None]
    _insert(session, [_row(change, stage, now, None, actor.user_id, actor.name) for change, stage in entered])


def reopen(session: Session, changes: Sequence[Change]) -> Mapping[str, datetime]:
    """Moves that take the last move back continue the stay before it. Answers since when, `{uid: entered_at}`, of those."""
    if not changes:
        return {}
    rows = session.execute(
        sa.select(stage_log)
        .where(stage_log.c.record_uid.in_([change.uid for change in changes]))
        .order_by(stage_log.c.record_uid, stage_log.c.id)
    ).all()
    stays: dict[str, list[Any]] = {}
    for row in rows:
        stays.setdefault(row.record_uid, []).append(row)
    since: dict[str, datetime] = {}
    reopened: list[int] = []
    dropped: list[int] = []
    for change in changes:
        before, present = [None, None, *stays.get(change.uid, ())][-2:]
        if before is None or present is None or present.left_at is not None or before.left_at != present.entered_at:
            continue
        if before.stage_ref == _entered(change):
            since[change.uid] = before.entered_at
            reopened.append(before.id)
            dropped.append(present.id)
    if reopened:
        session.execute(stage_log.delete().where(stage_log.c.id.in_(dropped)))
        session.execute(stage_log.update().where(stage_log.c.id.in_(reopened)).values(left_at=None))
    return since


def stays(session: Session, entity: Entity, record: Record) -> list[Stay]:
    """Every stay of a record, oldest first. A record that came by a way around the store has the one that its row tells of."""
    own = sa.select(stage_log).where(stage_log.c.record_uid == record.uid)
    rows = session.connection().execute(own.order_by(stage_log.c.entered_at, stage_log.c.id)).all()
    known = {stage.ref: (stage, pipeline) for pipeline in entity.definition.pipelines for stage in pipeline.stages}
    pipelines = {pipeline.ref: pipeline for pipeline in entity.definition.pipelines}
    found = []
    for row in rows:
        stage, pipeline = known.get(row.stage_ref, (None, pipelines.get(row.pipeline_ref)))
        label = stage.label if stage is not None else row.stage_label or REMOVED
        found.append(Stay(stage, label, pipeline, row.entered_at, row.left_at, row.actor_name))
    ref = record.values.get(entity.stage.key) if entity.stage is not None else None
    if not found and ref in known and record.stage_since is not None:
        stage, pipeline = known[ref]
        found.append(Stay(stage, stage.label, pipeline, record.stage_since, None, ''))
    return found


def _add_unlogged(session: Session, moved: Sequence[Change], now: datetime) -> None:
    """Records that came before the log, or by a way around the store: their row tells since when they stood there."""
    logged = set(
        session.execute(
            sa.select(stage_log.c.record_uid).where(
                stage_log.c.record_uid.in_([change.uid for change in moved]), stage_log.c.left_at == now
            )
        ).scalars()
    )
    missing = [change for change in moved if change.uid not in logged]
    _insert(session, [_row(change, _stored(change) or '', _since(change, now), now, None, '') for change in missing])


def _insert(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        session.execute(stage_log.insert(), list(rows))


def _row(
    change: Change, stage: str, entered_at: datetime, left_at: datetime | None, actor_id: int | None, actor_name: str
) -> dict[str, Any]:  # fmt: skip
    pipelines = change.entity.definition.pipelines
    pipeline = next((each.ref for each in pipelines if any(step.ref == stage for step in each.stages)), '')
    return {'entity_ref': change.entity.ref, 'record_uid': change.uid, 'pipeline_ref': pipeline, 'stage_ref': stage,
            'entered_at': entered_at, 'left_at': left_at, 'actor_id': actor_id, 'actor_name': actor_name}  # fmt: skip


def _entered(change: Change) -> str | None:
    stage = change.entity.stage
    entered: str | None = change.values.get(stage.key) if stage is not None else None
    return entered


def _stored(change: Change) -> str | None:
    stage = change.entity.stage
    stored: str | None = stage.from_row(change.current) if stage is not None and change.current is not None else None
    return stored


def _since(change: Change, now: datetime) -> datetime:
    stage = change.entity.stage
    since: datetime | None = (change.current or {}).get(stage.definition.column + SINCE) if stage is not None else None
    return since or now
