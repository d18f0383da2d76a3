"""Pools of records that nobody owns: their people, what lies in them, what was claimed on a day, and what happened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base import tables

revision = '0012_pools'
down_revision = '0011_token_scopes'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'pool',
        sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
        sa.Column('uid', sa.String(length=36), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('description', sa.Text(), server_default='', nullable=False),
        sa.Column('entity_ref', sa.String(length=80), nullable=False),
        sa.Column('source', tables.Json(), nullable=True),
        sa.Column('takes_new', sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column('daily_limit', sa.Integer(), nullable=True),
        sa.Column('return_days', sa.Integer(), nullable=True),
        sa.Column('activity', sa.String(length=10), server_default='owner', nullable=False),
        sa.Column('active', sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column('is_default', sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column('created_at', tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_pool')),
        sa.UniqueConstraint('name', name=op.f('uq_pool_name')),
        sa.UniqueConstraint('uid', name=op.f('uq_pool_uid')),
    )
    op.create_index('ix_pool_entity_ref', 'pool', ['entity_ref'])
    op.create_table(
        'pool_member',
        sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
        sa.Column('pool_id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=True),
        sa.Column('team_id', sa.Integer(), nullable=True),
        sa.Column('is_manager', sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(['pool_id'], ['pool.id'], name=op.f('fk_pool_member_pool_id'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_pool_member_team_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_pool_member')),
        sa.UniqueConstraint(
            'pool_id', 'user_id', 'team_id', 'is_manager', name=op.f('uq_pool_member_pool_id_user_id_team_id_is_manager')
        ),
    )
    op.create_index('ix_pool_member_user_id', 'pool_member', ['user_id'])
    op.create_index('ix_pool_member_team_id', 'pool_member', ['team_id'])
    _records()


def _records() -> None:
    op.create_table(
        'pool_record',
        sa.Column('id', tables.BigId, autoincrement=True, nullable=False),
        sa.Column('pool_id', sa.Integer(), nullable=False),
        sa.Column('entity_ref', sa.String(length=80), nullable=False),
        sa.Column('record_id', sa.BigInteger(), nullable=False),
        sa.Column('record_uid', sa.String(length=36), nullable=False),
        sa.Column('put_by', sa.Integer(), nullable=True),
        sa.Column('put_at', tables.UtcDateTime(), nullable=False),
        sa.Column('operation_id', sa.String(length=36), nullable=True),
        sa.Column('claimed_by', sa.Integer(), nullable=True),
        sa.Column('claimed_at', tables.UtcDateTime(), nullable=True),
        sa.Column('active_at', tables.UtcDateTime(), nullable=True),
        sa.Column('retry_at', tables.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(['pool_id'], ['pool.id'], name=op.f('fk_pool_record_pool_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_pool_record')),
        sa.UniqueConstraint('entity_ref', 'record_id', name=op.f('uq_pool_record_entity_ref_record_id')),
    )
    op.create_index('ix_pool_record_waiting', 'pool_record', ['pool_id', 'claimed_by', 'put_at', 'id'])
    op.create_index('ix_pool_record_claimed_by', 'pool_record', ['claimed_by', 'pool_id'])
    op.create_table(
        'pool_day',
        sa.Column('pool_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('user_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('taken', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['pool_id'], ['pool.id'], name=op.f('fk_pool_day_pool_id')),
        sa.PrimaryKeyConstraint('pool_id', 'user_id', 'day', name=op.f('pk_pool_day')),
    )
    op.create_table(
        'pool_event',
        sa.Column('id', tables.BigId, autoincrement=True, nullable=False),
        sa.Column('pool_id', sa.Integer(), nullable=False),
        sa.Column('entity_ref', sa.String(length=80), nullable=False),
        sa.Column('record_id', sa.BigInteger(), nullable=False),
        sa.Column('record_uid', sa.String(length=36), nullable=False),
        sa.Column('kind', sa.String(length=12), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=True),
        sa.Column('user_name', sa.String(length=200), nullable=False),
        sa.Column('reason', sa.String(length=500), server_default='', nullable=False),
        sa.Column('at', tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_pool_event')),
    )
    op.create_index('ix_pool_event_record', 'pool_event', ['entity_ref', 'record_id', 'id'])
    op.create_index('ix_pool_event_pool_id', 'pool_event', ['pool_id', 'id'])


def downgrade() -> None:
    for name in ('pool_event', 'pool_day', 'pool_record', 'pool_member', 'pool'):
        op.drop_table(name)
