"""Who follows which record, pinned notes, and what a person wants on the cards of a board."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base.tables import Json, UtcDateTime

revision = '0021_timeline'
down_revision = '0020_saved_views'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'record_follow',
        sa.Column('user_id', sa.Integer, primary_key=True, autoincrement=False),
        sa.Column('record_uid', sa.String(36), primary_key=True),
        sa.Column('entity_ref', sa.String(80), nullable=False),
        sa.Column('since', UtcDateTime, nullable=False),
        sa.Column('seen_at', UtcDateTime, nullable=False),
    )
    op.create_index('ix_record_follow_record', 'record_follow', ['record_uid', 'user_id'])
    op.create_table(
        'timeline_pin',
        sa.Column('record_uid', sa.String(36), primary_key=True),
        sa.Column('log_uid', sa.String(36), primary_key=True),
        sa.Column('log_ref', sa.String(80), nullable=False),
        sa.Column('by_name', sa.String(200), nullable=False),
        sa.Column('at', UtcDateTime, nullable=False),
    )
    op.create_table(
        'board_choice',
        sa.Column('user_id', sa.Integer, primary_key=True, autoincrement=False),
        sa.Column('entity_ref', sa.String(80), primary_key=True),
        sa.Column('fields', Json, nullable=False),
        sa.Column('changed_at', UtcDateTime, nullable=False),
    )
