"""What people are told, and what each wants to hear."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base.tables import BigId, Json, UtcDateTime

revision = '0018_notices'
down_revision = '0017_steering_runs'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'notice',
        sa.Column('id', BigId, primary_key=True, autoincrement=True),
        sa.Column('user_id', sa.Integer, nullable=False),
        sa.Column('kind', sa.String(20), nullable=False),
        sa.Column('texts', Json, nullable=False),
        sa.Column('href', sa.String(500), nullable=False, server_default=''),
        sa.Column('entity_ref', sa.String(80), nullable=False, server_default=''),
        sa.Column('record_uid', sa.String(36), nullable=False, server_default=''),
        sa.Column('number', sa.Integer, nullable=False, server_default='1'),
        sa.Column('by_id', sa.Integer),
        sa.Column('at', UtcDateTime, nullable=False),
        sa.Column('listed', sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column('popup', sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column('mail_due', sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column('read_at', UtcDateTime),
        sa.Column('popped_at', UtcDateTime),
        sa.Column('key', sa.String(160), nullable=False),
        sa.UniqueConstraint('user_id', 'key', name='uq_notice_user_id_key'),
    )
    op.create_index('ix_notice_person', 'notice', ['user_id', 'listed', 'read_at', 'id'])
    op.create_index('ix_notice_at', 'notice', ['at'])
    op.create_index(
        'ix_notice_mail_due', 'notice', ['id'], sqlite_where=sa.text('mail_due = 1'), postgresql_where=sa.text('mail_due')
    )
    op.create_table(
        'notice_choice',
        sa.Column('user_id', sa.Integer, primary_key=True, autoincrement=False),
        sa.Column('kind', sa.String(20), primary_key=True),
        sa.Column('listed', sa.Boolean, nullable=False),
        sa.Column('popup', sa.Boolean, nullable=False),
        sa.Column('mail', sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    op.drop_table('notice_choice')
    op.drop_table('notice')
