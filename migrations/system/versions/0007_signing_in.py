"""Browser sessions that can be ended, and what guards an account: token epoch, forced passwords, second step."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base import tables

revision = '0007_signing_in'
down_revision = '0006_number_counters'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'web_session',
        sa.Column('id', tables.BigId, autoincrement=True, nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('hash', sa.String(length=64), nullable=False),
        sa.Column('address', sa.String(length=64), server_default='', nullable=False),
        sa.Column('agent', sa.String(length=200), server_default='', nullable=False),
        sa.Column('created_at', tables.UtcDateTime(), nullable=False),
        sa.Column('seen_at', tables.UtcDateTime(), nullable=False),
        sa.Column('ended_at', tables.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_web_session')),
        sa.UniqueConstraint('hash', name=op.f('uq_web_session_hash')),
    )
    op.create_index('ix_web_session_user_id', 'web_session', ['user_id', 'ended_at'])
    op.create_table(
        'account_security',
        sa.Column('user_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('token_epoch', sa.Integer(), server_default='0', nullable=False),
        sa.Column('must_change_password', sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column('totp_secret', sa.Text(), nullable=True),
        sa.Column('totp_since', tables.UtcDateTime(), nullable=True),
        sa.Column('totp_step', sa.BigInteger(), nullable=True),
        sa.Column('recovery_hashes', sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint('user_id', name=op.f('pk_account_security')),
    )


def downgrade() -> None:
    op.drop_table('account_security')
    op.drop_index('ix_web_session_user_id', table_name='web_session')
    op.drop_table('web_session')
