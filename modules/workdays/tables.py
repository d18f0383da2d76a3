"""The table of days that the company keeps otherwise than the public calendar. Holds no logic."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.tables import metadata

workday_override = sa.Table(
    'workday_override',
    metadata,
    sa.Column('day', sa.Date, primary_key=True),
    sa.Column('working', sa.Boolean, nullable=False),
    sa.Column('name', sa.String(120), nullable=False, server_default=''),
)
