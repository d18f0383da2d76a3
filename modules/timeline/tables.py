"""Tables of who follows which record, of pinned notes, and of what each person wants on the cards of a board."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.tables import Json, UtcDateTime, metadata

record_follow = sa.Table(
    'record_follow',
    metadata,
    sa.Column('user_id', sa.Integer, primary_key=True, autoincrement=False),
    sa.Column('record_uid', sa.String(36), primary_key=True),
    sa.Column('entity_ref', sa.String(80), nullable=False),
    sa.Column('since', UtcDateTime, nullable=False),
    sa.Column('seen_at', UtcDateTime, nullable=False),
    sa.Index('ix_record_follow_record', 'record_uid', 'user_id'),
)
"""`seen_at` is when the person last opened the record; what came later is unread to them."""

timeline_pin = sa.Table(
    'timeline_pin',
    metadata,
    sa.Column('record_uid', sa.String(36), primary_key=True),
    sa.Column('log_uid', sa.String(36), primary_key=True),
    sa.Column('log_ref', sa.String(80), nullable=False),
    sa.Column('by_name', sa.String(200), nullable=False),
    sa.Column('at', UtcDateTime, nullable=False),
)
"""Notes that stand at the top of a record's timeline; `log_ref` is the entity that keeps them."""

board_choice = sa.Table(
    'board_choice',
    metadata,
    sa.Column('user_id', sa.Integer, primary_key=True, autoincrement=False),
    sa.Column('entity_ref', sa.String(80), primary_key=True),
    sa.Column('fields', Json, nullable=False),
    sa.Column('changed_at', UtcDateTime, nullable=False),
)
"""What one person wants on the cards of a board: refs of fields, in order."""
