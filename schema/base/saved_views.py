"""Tables of saved views, of what a person chose for a list, and of records lately seen. Know no entity and no page."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.tables import BigId, Json, UtcDateTime, metadata

saved_view = sa.Table(
    'saved_view',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('uid', sa.String(36), nullable=False, unique=True),
    sa.Column('entity_ref', sa.String(80), nullable=False),
    sa.Column('name', sa.String(80), nullable=False),
    sa.Column('owner_id', sa.Integer, nullable=False),
    sa.Column('audience', sa.String(8), nullable=False),
    sa.Column('team_id', sa.Integer),
    sa.Column('document', Json, nullable=False),
    sa.Column('is_default', sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column('position', sa.Integer, nullable=False, server_default='0'),
    sa.Column('changed_at', UtcDateTime, nullable=False),
    sa.Index('ix_saved_view_entity_ref', 'entity_ref', 'audience'),
)
"""`audience` is private, team or public; `document` holds filter, sort, columns and widths by the keys of fields."""

list_choice = sa.Table(
    'list_choice',
    metadata,
    sa.Column('user_id', sa.Integer, primary_key=True, autoincrement=False),
    sa.Column('entity_ref', sa.String(80), primary_key=True),
    sa.Column('document', Json, nullable=False),
    sa.Column('changed_at', UtcDateTime, nullable=False),
)
"""What one person chose for one list: `{columns, widths, default, order}`; default is a view's uid or `all`."""

seen_record = sa.Table(
    'seen_record',
    metadata,
    sa.Column('user_id', sa.Integer, primary_key=True, autoincrement=False),
    sa.Column('entity_ref', sa.String(80), primary_key=True),
    sa.Column('record_id', sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column('at', UtcDateTime, nullable=False),
    sa.Index('ix_seen_record_at', 'user_id', 'at'),
)
