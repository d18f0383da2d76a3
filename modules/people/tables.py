"""Tables of API tokens, of browser sessions and of the sign-in log. Knows no rule."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.tables import BigId, Json, UtcDateTime, metadata

api_token = sa.Table(
    'api_token',
    metadata,
    sa.Column('id', sa.Integer, primary_key=True, autoincrement=True),
    sa.Column('user_id', sa.Integer, nullable=False),
    sa.Column('name', sa.String(200), nullable=False),
    sa.Column('prefix', sa.String(16), nullable=False),
    sa.Column('hash', sa.String(64), nullable=False, unique=True),
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Column('expires_at', UtcDateTime),
    sa.Column('revoked_at', UtcDateTime),
    sa.Column('scope', Json),  # what it leaves of the owner's rights; null leaves all of them
    sa.Column('last_used_at', UtcDateTime),
    sa.Index('ix_api_token_user_id', 'user_id'),
)
web_session = sa.Table(
    'web_session',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('user_id', sa.Integer, nullable=False),
    sa.Column('hash', sa.String(64), nullable=False, unique=True),
    sa.Column('address', sa.String(64), nullable=False, server_default=''),
    sa.Column('agent', sa.String(200), nullable=False, server_default=''),
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Column('seen_at', UtcDateTime, nullable=False),
    sa.Column('ended_at', UtcDateTime),
    sa.Column('viewing_as', sa.String(100)),  # whom an administrator looks through; see modules.why.viewing
    sa.Column('viewing_until', UtcDateTime),
    sa.Index('ix_web_session_user_id', 'user_id', 'ended_at'),
)
sign_in = sa.Table(
    'sign_in',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('user_id', sa.Integer),
    sa.Column('username', sa.String(128), nullable=False),
    sa.Column('succeeded', sa.Boolean, nullable=False),
    sa.Column('address', sa.String(64), nullable=False, server_default=''),
    sa.Column('at', UtcDateTime, nullable=False),
    sa.Index('ix_sign_in_username_at', 'username', 'at'),
)
external_identity = sa.Table(
    'external_identity',
    metadata,
    sa.Column('id', sa.Integer, primary_key=True, autoincrement=True),
    sa.Column('user_id', sa.Integer, nullable=False),
    sa.Column('provider', sa.String(200), nullable=False),
    sa.Column('subject', sa.String(255), nullable=False),
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Column('seen_at', UtcDateTime, nullable=False),
    sa.UniqueConstraint('provider', 'subject'),
    sa.Index('ix_external_identity_user_id', 'user_id'),
)
"""Who a person is elsewhere: `provider` is an OpenID issuer's address or `ldap`, `subject` its lasting name for them."""
