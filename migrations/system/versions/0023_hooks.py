"""Connections: sealed secrets, deliveries to other programs and phones, addresses that others call, providers of messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base.tables import BigId, Json, UtcDateTime

revision = '0023_hooks'
down_revision = '0022_calendar_feeds'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'secret',
        sa.Column('name', sa.String(80), primary_key=True),
        sa.Column('sealed', sa.Text, nullable=False),
        sa.Column('changed_at', UtcDateTime, nullable=False),
        sa.Column('changed_by', sa.String(200), nullable=False, server_default=''),
    )
    _add_deliveries()
    _add_addresses()
    op.create_table(
        'message_provider',
        sa.Column('channel', sa.String(10), primary_key=True),
        sa.Column('provider', sa.String(40), nullable=False),
        sa.Column('settings', Json, nullable=False),
        sa.Column('token_until', UtcDateTime),
        sa.Column('renewing_until', UtcDateTime),
        sa.Column('problem', Json),
        sa.Column('changed_at', UtcDateTime, nullable=False),
        sa.Column('changed_by', sa.String(200), nullable=False, server_default=''),
    )


def _add_deliveries() -> None:
    op.create_table(
        'delivery',
        sa.Column('id', sa.String(36), primary_key=True),
        sa.Column('idempotency_key', sa.String(160), nullable=False),
        sa.Column('channel', sa.String(20), nullable=False),
        sa.Column('host', sa.String(255), nullable=False),
        sa.Column('target', sa.String(500), nullable=False),
        sa.Column('summary', sa.String(500), nullable=False, server_default=''),
        sa.Column('request', Json, nullable=False),
        sa.Column('state', sa.String(12), nullable=False),
        sa.Column('attempts', sa.Integer, nullable=False, server_default='0'),
        sa.Column('repeatable', sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column('due_at', UtcDateTime, nullable=False),
        sa.Column('since', UtcDateTime, nullable=False),
        sa.Column('created_at', UtcDateTime, nullable=False),
        sa.Column('sent_at', UtcDateTime),
        sa.Column('claimed_by', sa.String(80)),
        sa.Column('lease_until', UtcDateTime),
        sa.Column('error', Json),
        sa.Column('told', Json),
        sa.Column('run_id', sa.String(36)),
        sa.Column('rule_ref', sa.String(80)),
        sa.Column('entity_ref', sa.String(80)),
        sa.Column('record_uid', sa.String(36)),
        sa.UniqueConstraint('idempotency_key', name='uq_delivery_idempotency_key'),
    )
    op.create_index('ix_delivery_state_due', 'delivery', ['state', 'due_at'])
    op.create_index('ix_delivery_record', 'delivery', ['record_uid', 'created_at'])
    op.create_index('ix_delivery_run', 'delivery', ['run_id'])
    op.create_index('ix_delivery_created', 'delivery', ['created_at'])


def _add_addresses() -> None:
    op.create_table(
        'hook_address',
        sa.Column('id', sa.String(36), primary_key=True),
        sa.Column('workflow_ref', sa.String(80), nullable=False),
        sa.Column('token_hash', sa.String(64), nullable=False),
        sa.Column('prefix', sa.String(12), nullable=False),
        sa.Column('created_at', UtcDateTime, nullable=False),
        sa.Column('created_by', sa.String(200), nullable=False, server_default=''),
        sa.Column('used_at', UtcDateTime),
        sa.Column('calls', sa.BigInteger, nullable=False, server_default='0'),
        sa.Column('withdrawn_at', UtcDateTime),
        sa.UniqueConstraint('token_hash', name='uq_hook_address_token_hash'),
    )
    op.create_index('ix_hook_address_workflow', 'hook_address', ['workflow_ref'])
    op.create_table(
        'hook_call',
        sa.Column('id', BigId, primary_key=True, autoincrement=True),
        sa.Column('address_id', sa.String(36), nullable=False),
        sa.Column('key', sa.String(120), nullable=False),
        sa.Column('record_uid', sa.String(36), nullable=False, server_default=''),
        sa.Column('at', UtcDateTime, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index('uq_hook_call_key', 'hook_call', ['address_id', 'key'], unique=True)
    op.create_index('ix_hook_call_at', 'hook_call', ['at'])


def downgrade() -> None:
    for name in ('message_provider', 'hook_call', 'hook_address', 'delivery', 'secret'):
        op.drop_table(name)
