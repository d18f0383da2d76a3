"""The table of providers of messages, one for each channel. Holds no logic and no secret."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.tables import Json, UtcDateTime, metadata

message_provider = sa.Table(
    'message_provider',
    metadata,
    sa.Column('channel', sa.String(10), primary_key=True),
    sa.Column('provider', sa.String(40), nullable=False),
    sa.Column('settings', Json, nullable=False),
    sa.Column('token_until', UtcDateTime),
    sa.Column('renewing_until', UtcDateTime),
    sa.Column('problem', Json),
    sa.Column('changed_at', UtcDateTime, nullable=False),
    sa.Column('changed_by', sa.String(200), nullable=False, server_default=''),
)
"""`settings` are those that everybody may read; the others are secrets under `<channel>.<name>`. `renewing_until` is the lease
of whoever renews the tokens, for a refresh token is good for one use."""
