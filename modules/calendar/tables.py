"""Table of calendar feeds: secret addresses at which other programs read a person's calendar. Knows no rule."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.tables import BigId, UtcDateTime, metadata

calendar_feed = sa.Table(
    'calendar_feed',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('user_id', sa.Integer, nullable=False),
    sa.Column('name', sa.String(100), nullable=False),
    sa.Column('hash', sa.String(64), nullable=False, unique=True),  # of the secret, which is kept nowhere
    sa.Column('everyone', sa.Boolean, nullable=False, server_default=sa.false()),  # all that the owner sees, not only theirs
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Column('last_used_at', UtcDateTime),
    sa.Column('revoked_at', UtcDateTime),
    sa.Index('ix_calendar_feed_user_id', 'user_id'),
)
