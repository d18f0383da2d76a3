"""System table of leak certificates: when one was drawn up, on which schema, and what it found."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.tables import Json, UtcDateTime, metadata

certificate_run = sa.Table(
    'certificate_run',
    metadata,
    sa.Column('id', sa.String(36), primary_key=True),
    sa.Column('version', sa.Integer, nullable=False),
    sa.Column('state', sa.String(10), nullable=False),
    sa.Column('engine', sa.String(20), nullable=False, server_default=''),
    sa.Column('actor_id', sa.Integer),
    sa.Column('actor_name', sa.String(200), nullable=False),
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Column('started_at', UtcDateTime),
    sa.Column('finished_at', UtcDateTime),
    sa.Column('claimed_by', sa.String(80)),
    sa.Column('lease_until', UtcDateTime),
    sa.Column('requests', sa.Integer, nullable=False, server_default='0'),
    sa.Column('matrix', Json, nullable=False, server_default='{}'),
    sa.Column('faults', Json, nullable=False, server_default='[]'),
    sa.Column('problem', sa.Text, nullable=False, server_default=''),
    sa.Index('ix_certificate_run_created_at', 'created_at'),
)
"""`state` is waiting, running, green, red or failed. `matrix` and `faults` are spelled by `modules.certificate.report`."""
