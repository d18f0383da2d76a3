"""Sending with care: lanes, addresses that asked for quiet, counts by day, days off of the company, the pulse of loops."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base.tables import UtcDateTime

revision = '0019_sending'
down_revision = '0018_notices'
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    _lanes()
    op.add_column('mail_message', sa.Column('unsubscribe', sa.String(800)))
    op.create_table(
        'suppression',
        sa.Column('id', BIG_ID, primary_key=True, autoincrement=True),
        sa.Column('channel', sa.String(10), nullable=False),
        sa.Column('address', sa.String(320), nullable=False),
        sa.Column('reason', sa.String(20), nullable=False),
        sa.Column('at', UtcDateTime, nullable=False),
        sa.Column('source', sa.String(200), nullable=False, server_default=''),
    )
    op.create_index('uq_suppression_channel_address', 'suppression', ['channel', 'address'], unique=True)
    op.create_index('ix_suppression_at', 'suppression', ['at'])
    op.create_table(
        'message_count',
        sa.Column('scope', sa.String(10), primary_key=True),
        sa.Column('key', sa.String(320), primary_key=True),
        sa.Column('day', sa.Date, primary_key=True),
        sa.Column('sent', sa.Integer, nullable=False),
    )
    op.create_index('ix_message_count_day', 'message_count', ['day'])
    op.create_table(
        'workday_override',
        sa.Column('day', sa.Date, primary_key=True),
        sa.Column('working', sa.Boolean, nullable=False),
        sa.Column('name', sa.String(120), nullable=False, server_default=''),
    )
    op.create_table(
        'workflow_pulse',
        sa.Column('name', sa.String(80), primary_key=True),
        sa.Column('role', sa.String(20), nullable=False),
        sa.Column('started_at', UtcDateTime, nullable=False),
        sa.Column('at', UtcDateTime, nullable=False),
        sa.Column('turns', sa.BigInteger, nullable=False, server_default='0'),
    )


def _lanes() -> None:
    for table in ('workflow_run', 'workflow_step', 'mail_message'):
        op.add_column(table, sa.Column('lane', sa.Integer, nullable=False, server_default='0'))
    op.drop_index('ix_workflow_step_state_due', 'workflow_step')
    op.create_index('ix_workflow_step_state_lane_due', 'workflow_step', ['state', 'lane', 'due_at', 'id'])
    op.drop_index('ix_mail_message_state_due_at', 'mail_message')
    op.create_index('ix_mail_message_state_lane_due_at', 'mail_message', ['state', 'lane', 'due_at', 'id'])
