"""The log of stages: when each record entered and left a stage. Written with the move; knows no entity and no pipeline."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.tables import BigId, Json, UtcDateTime, metadata

stage_log = sa.Table(
    'stage_log',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('entity_ref', sa.String(80), nullable=False),
    sa.Column('record_uid', sa.String(36), nullable=False),
    sa.Column('pipeline_ref', sa.String(80), nullable=False),
    sa.Column('stage_ref', sa.String(80), nullable=False),
    sa.Column('stage_label', Json),
    sa.Column('entered_at', UtcDateTime, nullable=False),
    sa.Column('left_at', UtcDateTime),
    sa.Column('actor_id', sa.Integer),
    sa.Column('actor_name', sa.String(200), nullable=False),
    sa.Index('ix_stage_log_record', 'record_uid', 'left_at'),
)
"""`stage_label` is filled when the stage is removed, so that the log still names it. An open entry has no `left_at`."""
