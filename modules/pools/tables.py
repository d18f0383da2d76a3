"""Tables of what lies in pools, who claimed how many on which day, and what happened there. Knows no rule."""

from __future__ import annotations

import sqlalchemy as sa

from permissions.tables import pool, pool_member
from schema.base.tables import BigId, UtcDateTime, metadata

__all__ = ['pool', 'pool_day', 'pool_event', 'pool_member', 'pool_record']

pool_record = sa.Table(
    'pool_record',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('pool_id', sa.Integer, sa.ForeignKey('pool.id'), nullable=False),
    sa.Column('entity_ref', sa.String(80), nullable=False),
    sa.Column('record_id', sa.BigInteger, nullable=False),
    sa.Column('record_uid', sa.String(36), nullable=False),
    sa.Column('put_by', sa.Integer),
    sa.Column('put_at', UtcDateTime, nullable=False),
    sa.Column('operation_id', sa.String(36)),
    sa.Column('claimed_by', sa.Integer),
    sa.Column('claimed_at', UtcDateTime),
    sa.Column('active_at', UtcDateTime),
    sa.Column('retry_at', UtcDateTime),
    sa.UniqueConstraint('entity_ref', 'record_id'),
    sa.Index('ix_pool_record_waiting', 'pool_id', 'claimed_by', 'put_at', 'id'),
    sa.Index('ix_pool_record_claimed_by', 'claimed_by', 'pool_id'),
)
"""A record is in one pool at most. `put_at` since when it waits; `claimed_by` its owner, None while it waits; `active_at` the
last activity since the claim; `retry_at` not to be returned before, because a rule refused it."""
pool_day = sa.Table(
    'pool_day',
    metadata,
    sa.Column('pool_id', sa.Integer, sa.ForeignKey('pool.id'), primary_key=True, autoincrement=False),
    sa.Column('user_id', sa.Integer, primary_key=True, autoincrement=False),
    sa.Column('day', sa.Date, primary_key=True),
    sa.Column('taken', sa.Integer, nullable=False),
)
"""How many records a person claimed on a day of the company; its row lock keeps the daily limit exact."""
pool_event = sa.Table(
    'pool_event',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('pool_id', sa.Integer, nullable=False),
    sa.Column('entity_ref', sa.String(80), nullable=False),
    sa.Column('record_id', sa.BigInteger, nullable=False),
    sa.Column('record_uid', sa.String(36), nullable=False),
    sa.Column('kind', sa.String(12), nullable=False),
    sa.Column('user_id', sa.Integer),
    sa.Column('user_name', sa.String(200), nullable=False),
    sa.Column('reason', sa.String(500), nullable=False, server_default=''),
    sa.Column('at', UtcDateTime, nullable=False),
    sa.Index('ix_pool_event_record', 'entity_ref', 'record_id', 'id'),
    sa.Index('ix_pool_event_pool_id', 'pool_id', 'id'),
)
"""`kind` is put, entered, claimed, given, released, returned, moved or taken_out; who did it, and why if somebody said so."""
