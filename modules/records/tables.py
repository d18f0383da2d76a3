"""System tables of records: their history and the bulk operations that history rows belong to."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.tables import BigId, Json, UtcDateTime, metadata

record_history = sa.Table(
    'record_history',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('entity_ref', sa.String(80), nullable=False),
    sa.Column('record_uid', sa.String(36), nullable=False),
    sa.Column('revision', sa.Integer, nullable=False),
    sa.Column('kind', sa.String(12), nullable=False),
    sa.Column('changes', Json, nullable=False),
    sa.Column('actor_id', sa.Integer),
    sa.Column('actor_name', sa.String(200), nullable=False),
    sa.Column('at', UtcDateTime, nullable=False),
    sa.Column('version', sa.Integer, nullable=False),
    sa.Column('operation_id', sa.String(36)),
    sa.Index('ix_record_history_record', 'record_uid', 'id'),
    sa.Index('ix_record_history_operation', 'operation_id', 'id'),
)

operation = sa.Table(
    'operation',
    metadata,
    sa.Column('id', sa.String(36), primary_key=True),
    sa.Column('kind', sa.String(20), nullable=False),
    sa.Column('entity_ref', sa.String(80), nullable=False),
    sa.Column('summary', Json, nullable=False),
    sa.Column('state', sa.String(12), nullable=False),
    sa.Column('actor_id', sa.Integer),
    sa.Column('actor_name', sa.String(200), nullable=False),
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Column('finished_at', UtcDateTime),
    sa.Index('ix_operation_created', 'created_at'),
)
