"""The tables in which changes of records stand: their history, and the operations that it belongs to. Reads nothing."""

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
    sa.Column('sight', Json),  # rights to the record that were given and taken: `modules.records.sights.Sight`
    sa.Index('ix_record_history_record', 'record_uid', 'id'),
    sa.Index('ix_record_history_operation', 'operation_id', 'id'),
)

operation = sa.Table(
    'operation',
    metadata,
    sa.Column('id', sa.String(36), primary_key=True),
    sa.Column('kind', sa.String(20), nullable=False),
    sa.Column('entity_ref', sa.String(80), nullable=False),
    sa.Column('title', Json, nullable=False),
    sa.Column('state', sa.String(12), nullable=False),
    sa.Column('actor_id', sa.Integer),
    sa.Column('actor_name', sa.String(200), nullable=False),
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Column('finished_at', UtcDateTime),
    sa.Column('params', Json, nullable=False, server_default='{}'),
    sa.Column('counts', Json, nullable=False, server_default='{}'),
    sa.Column('findings', Json, nullable=False, server_default='[]'),
    sa.Column('total', sa.Integer),
    sa.Column('position', sa.BigInteger, nullable=False, server_default='0'),
    sa.Column('undo_of', sa.String(36)),
    sa.Column('undone_by', sa.String(36)),
    sa.Column('started_at', UtcDateTime),
    sa.Column('claimed_by', sa.String(80)),
    sa.Column('lease_until', UtcDateTime),
    sa.Index('ix_operation_created', 'created_at'),
    sa.Index('ix_operation_state', 'state', 'created_at'),
)
"""`title` is `{locale: text}`; `counts` {done, skipped, failed}; `findings` the first reasons; `position` how far it came."""
