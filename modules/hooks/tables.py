"""Tables of what goes out by HTTP and of what may come in: secrets, deliveries, addresses with their calls. Holds no logic."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.tables import BigId, Json, UtcDateTime, metadata

STATES = ('new', 'claimed', 'sent', 'failed', 'uncertain', 'held')
"""`held`: its channel is not set up. `claimed`: a worker is talking to the server. `uncertain`: nobody knows whether it
arrived, and only a person may send it again."""

secret = sa.Table(
    'secret',
    metadata,
    sa.Column('name', sa.String(80), primary_key=True),
    sa.Column('sealed', sa.Text, nullable=False),
    sa.Column('changed_at', UtcDateTime, nullable=False),
    sa.Column('changed_by', sa.String(200), nullable=False, server_default=''),
)
"""Names with a dot belong to modules and are not listed among those that people made."""

delivery = sa.Table(
    'delivery',
    metadata,
    sa.Column('id', sa.String(36), primary_key=True),
    sa.Column('idempotency_key', sa.String(160), nullable=False, unique=True),
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
    sa.Index('ix_delivery_state_due', 'state', 'due_at'),
    sa.Index('ix_delivery_record', 'record_uid', 'created_at'),
    sa.Index('ix_delivery_run', 'run_id'),
    sa.Index('ix_delivery_created', 'created_at'),
)
"""`repeatable`: whoever gets it tells a second one by its id, so that an attempt of unknown fate is tried again.
`since` is when it was last asked for, by the step or by a person; `told` what the server answered, never a whole content."""

hook_address = sa.Table(
    'hook_address',
    metadata,
    sa.Column('id', sa.String(36), primary_key=True),
    sa.Column('workflow_ref', sa.String(80), nullable=False),
    sa.Column('token_hash', sa.String(64), nullable=False, unique=True),
    sa.Column('prefix', sa.String(12), nullable=False),
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Column('created_by', sa.String(200), nullable=False, server_default=''),
    sa.Column('used_at', UtcDateTime),
    sa.Column('calls', sa.BigInteger, nullable=False, server_default='0'),
    sa.Column('withdrawn_at', UtcDateTime),
    sa.Index('ix_hook_address_workflow', 'workflow_ref'),
)
"""The token itself is shown once and not kept."""

hook_call = sa.Table(
    'hook_call',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('address_id', sa.String(36), nullable=False),
    sa.Column('key', sa.String(120), nullable=False),
    sa.Column('record_uid', sa.String(36), nullable=False, server_default=''),
    sa.Column('at', UtcDateTime, nullable=False),
    sa.Index('uq_hook_call_key', 'address_id', 'key', unique=True),
    sa.Index('ix_hook_call_at', 'at'),
    sqlite_autoincrement=True,
)
"""Calls that named an idempotency key, so that the same one does nothing twice."""
