"""The system table of imports: one row for each, with its progress, so that it can be resumed and shown."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.tables import Json, UtcDateTime, metadata

import_job = sa.Table(
    'import_job',
    metadata,
    sa.Column('id', sa.String(36), primary_key=True),
    sa.Column('entity_ref', sa.String(80), nullable=False),
    sa.Column('state', sa.String(12), nullable=False),
    sa.Column('file_name', sa.String(255), nullable=False),
    sa.Column('file_path', sa.Text, nullable=False),
    sa.Column('plan', Json, nullable=False),
    sa.Column('counts', Json, nullable=False),
    sa.Column('total', sa.Integer),
    sa.Column('last_row', sa.Integer, nullable=False, server_default='0'),
    sa.Column('findings', Json, nullable=False),
    sa.Column('error_path', sa.Text),
    sa.Column('operation_id', sa.String(36)),
    sa.Column('actor_id', sa.Integer),
    sa.Column('actor_name', sa.String(200), nullable=False),
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Column('beat_at', UtcDateTime),
    sa.Column('finished_at', UtcDateTime),
    sa.Index('ix_import_job_actor_id', 'actor_id', 'created_at'),
)
