"""Tables of outgoing messages: mails, addresses that asked for quiet, how many a day went where. Sends nothing."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.tables import BigId, Json, UtcDateTime, metadata

STATES = ('new', 'claimed', 'sent', 'failed', 'uncertain', 'held')
"""`held`: no mail server is set. `claimed`: a worker is talking to the server. `uncertain`: the worker died meanwhile."""

mail_message = sa.Table(
    'mail_message',
    metadata,
    sa.Column('id', sa.String(36), primary_key=True),
    sa.Column('idempotency_key', sa.String(160), nullable=False, unique=True),
    sa.Column('recipient', sa.String(320), nullable=False),
    sa.Column('sender', sa.String(320), nullable=False),
    sa.Column('sender_name', sa.String(200), nullable=False, server_default=''),
    sa.Column('subject', sa.Text, nullable=False),
    sa.Column('html', sa.Text, nullable=False),
    sa.Column('text', sa.Text, nullable=False),
    sa.Column('locale', sa.String(10), nullable=False),
    sa.Column('state', sa.String(12), nullable=False),
    sa.Column('attempts', sa.Integer, nullable=False, server_default='0'),
    sa.Column('error', Json),
    sa.Column('run_id', sa.String(36)),
    sa.Column('rule_ref', sa.String(80)),
    sa.Column('entity_ref', sa.String(80)),
    sa.Column('record_uid', sa.String(36)),
    sa.Column('message_id', sa.String(400), nullable=False),
    sa.Column('lane', sa.Integer, nullable=False, server_default='0'),
    sa.Column('unsubscribe', sa.String(800)),
    sa.Column('attachments', Json),
    sa.Column('due_at', UtcDateTime, nullable=False),
    sa.Column('claimed_by', sa.String(80)),
    sa.Column('lease_until', UtcDateTime),
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Column('sent_at', UtcDateTime),
    sa.Index('ix_mail_message_state_lane_due_at', 'state', 'lane', 'due_at', 'id'),
    sa.Index('ix_mail_message_created_at', 'created_at'),
    sa.Index('ix_mail_message_record_uid', 'record_uid'),
    sa.Index('ix_mail_message_run_id', 'run_id'),
)
"""`lane`: 0 goes first; 1 is for what falls due by the thousand. `unsubscribe` is the address of a mail's List-Unsubscribe;
`attachments` lists `{uid, name, type, size}` of stored files, whose contents are read when it is sent."""

suppression = sa.Table(
    'suppression',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('channel', sa.String(10), nullable=False),
    sa.Column('address', sa.String(320), nullable=False),
    sa.Column('reason', sa.String(20), nullable=False),
    sa.Column('at', UtcDateTime, nullable=False),
    sa.Column('source', sa.String(200), nullable=False, server_default=''),
    sa.Index('uq_suppression_channel_address', 'channel', 'address', unique=True),
    sa.Index('ix_suppression_at', 'at'),
)
"""Who is left in peace. `channel`: mail, sms, zns. `reason`: unsubscribed (from bulk messages alone), blocked (from all)."""

message_count = sa.Table(
    'message_count',
    metadata,
    sa.Column('scope', sa.String(10), primary_key=True),
    sa.Column('key', sa.String(320), primary_key=True),
    sa.Column('day', sa.Date, primary_key=True),
    sa.Column('sent', sa.Integer, nullable=False),
    sa.Index('ix_message_count_day', 'day'),
)
"""How many messages a local day brought: `scope` is a channel with an address as `key`, or `rule` with a workflow's ref."""
