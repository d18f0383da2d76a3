"""Assignment: the log of who got what, saved rules, turns, away states and absences; and what a handover took."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base import tables

revision = '0014_assignment'
down_revision = '0013_withdrawn_roles'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'assignment_log',
        sa.Column('id', tables.BigId, autoincrement=True, nullable=False),
        sa.Column('entity_ref', sa.String(length=80), nullable=False),
        sa.Column('record_uid', sa.String(length=36), nullable=False),
        sa.Column('from_id', sa.Integer(), nullable=True),
        sa.Column('to_id', sa.Integer(), nullable=True),
        sa.Column('strategy', sa.String(length=20), nullable=False),
        sa.Column('code', sa.String(length=20), nullable=False),
        sa.Column('params', tables.Json(), nullable=False),
        sa.Column('rule_uid', sa.String(length=36), nullable=True),
        sa.Column('operation_id', sa.String(length=36), nullable=True),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('by_name', sa.String(length=200), nullable=False),
        sa.Column('at', tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_assignment_log')),
    )
    op.create_index('ix_assignment_log_record', 'assignment_log', ['record_uid', 'id'])
    op.create_index('ix_assignment_log_to', 'assignment_log', ['to_id', 'id'])
    op.create_index('ix_assignment_log_operation', 'assignment_log', ['operation_id', 'id'])
    op.create_table(
        'assignment_rule',
        sa.Column('uid', sa.String(length=36), nullable=False),
        sa.Column('entity_ref', sa.String(length=80), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('place', sa.Integer(), nullable=False),
        sa.Column('active', sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column('unchosen', sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column('condition', tables.Json(), nullable=True),
        sa.Column('strategy', tables.Json(), nullable=False),
        sa.Column('changed_at', tables.UtcDateTime(), nullable=False),
        sa.Column('changed_by', sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint('uid', name=op.f('pk_assignment_rule')),
    )
    op.create_index('ix_assignment_rule_entity_ref', 'assignment_rule', ['entity_ref', 'place'])
    op.create_table(
        'assignment_turn',
        sa.Column('key', sa.String(length=120), nullable=False),
        sa.Column('last_id', sa.Integer(), nullable=True),
        sa.Column('place', sa.Integer(), server_default='0', nullable=False),
        sa.Column('moved_at', tables.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('key', name=op.f('pk_assignment_turn')),
    )
    op.create_table(
        'user_presence',
        sa.Column('user_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('away_until', tables.UtcDateTime(), nullable=True),
        sa.Column('note', sa.String(length=200), server_default='', nullable=False),
        sa.Column('since', tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('user_id', name=op.f('pk_user_presence')),
    )
    op.create_table(
        'absence',
        sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('from_on', sa.Date(), nullable=False),
        sa.Column('to_on', sa.Date(), nullable=False),
        sa.Column('note', sa.String(length=200), server_default='', nullable=False),
        sa.Column('by_name', sa.String(length=200), nullable=False),
        sa.Column('at', tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_absence')),
    )
    op.create_index('ix_absence_user_id', 'absence', ['user_id', 'to_on'])
    op.create_table(
        'handover',
        sa.Column('operation_id', sa.String(length=36), nullable=False),
        sa.Column('leaver_id', sa.Integer(), nullable=False),
        sa.Column('kept', tables.Json(), nullable=False),
        sa.Column('closed_at', tables.UtcDateTime(), nullable=True),
        sa.Column('reopened_at', tables.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('operation_id', name=op.f('pk_handover')),
    )
    op.create_index('ix_handover_leaver_id', 'handover', ['leaver_id'])


def downgrade() -> None:
    for name in ('handover', 'absence', 'user_presence', 'assignment_turn', 'assignment_rule', 'assignment_log'):
        op.drop_table(name)
