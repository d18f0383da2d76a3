"""System tables of the installation's settings and of their changes. Holds no logic."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.tables import BigId, Json, UtcDateTime, metadata

installation_setting = sa.Table(
    'installation_setting',
    metadata,
    sa.Column('key', sa.String(60), primary_key=True),
    sa.Column('value', Json, nullable=False),
)
setting_change = sa.Table(
    'setting_change',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('key', sa.String(60), nullable=False),
    sa.Column('old', Json),
    sa.Column('new', Json),
    sa.Column('actor_id', sa.Integer),
    sa.Column('actor_name', sa.String(200), nullable=False),
    sa.Column('at', UtcDateTime, nullable=False),
    sa.Index('ix_setting_change_at', 'at'),
)
