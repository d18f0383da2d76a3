"""Saved views of lists, what people chose for a list, and records lately seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base.tables import BigId, Json, UtcDateTime

revision = '0020_saved_views'
down_revision = '0019_sending'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'saved_view',
        sa.Column('id', BigId, primary_key=True, autoincrement=True),
        sa.Column('uid', sa.String(36), nullable=False),
        sa.Column('entity_ref', sa.String(80), nullable=False),
        sa.Column('name', sa.String(80), nullable=False),
        sa.Column('owner_id', sa.Integer, nullable=False),
        sa.Column('audience', sa.String(8), nullable=False),
        sa.Column('team_id', sa.Integer),
        sa.Column('document', Json, nullable=False),
        sa.Column('is_default', sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column('position', sa.Integer, nullable=False, server_default='0'),
        sa.Column('changed_at', UtcDateTime, nullable=False),
        sa.UniqueConstraint('uid', name='uq_saved_view_uid'),
    )
    op.create_index('ix_saved_view_entity_ref', 'saved_view', ['entity_ref', 'audience'])
    op.create_table(
        'list_choice',
        sa.Column('user_id', sa.Integer, primary_key=True, autoincrement=False),
        sa.Column('entity_ref', sa.String(80), primary_key=True),
        sa.Column('document', Json, nullable=False),
        sa.Column('changed_at', UtcDateTime, nullable=False),
    )
    op.create_table(
        'seen_record',
        sa.Column('user_id', sa.Integer, primary_key=True, autoincrement=False),
        sa.Column('entity_ref', sa.String(80), primary_key=True),
        sa.Column('record_id', sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column('at', UtcDateTime, nullable=False),
    )
    op.create_index('ix_seen_record_at', 'seen_record', ['user_id', 'at'])


def downgrade() -> None:
    for name in ('seen_record', 'list_choice', 'saved_view'):
        op.drop_table(name)
