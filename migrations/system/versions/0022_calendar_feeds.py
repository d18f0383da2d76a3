"""Secret addresses of calendars."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base.tables import BigId, UtcDateTime

revision = '0022_calendar_feeds'
down_revision = '0021_timeline'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'calendar_feed',
        sa.Column('id', BigId, primary_key=True, autoincrement=True),
        sa.Column('user_id', sa.Integer, nullable=False),
        sa.Column('name', sa.String(100), nullable=False),
        sa.Column('hash', sa.String(64), nullable=False),
        sa.Column('everyone', sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column('created_at', UtcDateTime, nullable=False),
        sa.Column('last_used_at', UtcDateTime),
        sa.Column('revoked_at', UtcDateTime),
        sa.UniqueConstraint('hash', name='uq_calendar_feed_hash'),
    )
    op.create_index('ix_calendar_feed_user_id', 'calendar_feed', ['user_id'])


def downgrade() -> None:
    op.drop_table('calendar_feed')
