"""Plans say what they cost and who is named; notes of rows touched during a backfill; unread values; use of former keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base import tables

revision = '0002_publishing'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ('answers', 'estimates', 'mentions'):
        op.add_column('schema_plan', sa.Column(name, tables.Json(), nullable=True))
    for name in ('whole_before', 'whole_after'):
        op.add_column('schema_remapped', sa.Column(name, sa.Text(), nullable=True))
    op.create_table(
        'schema_touched',
        sa.Column('id', tables.BigId, autoincrement=True, nullable=False),
        sa.Column('place', sa.String(length=130), nullable=False),
        sa.Column('row_id', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_schema_touched')),
    )
    op.create_index('ix_schema_touched_place', 'schema_touched', ['place', 'id'])
    op.create_table(
        'schema_unread',
        sa.Column('id', tables.BigId, autoincrement=True, nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('entity_ref', sa.String(length=80), nullable=False),
        sa.Column('field_ref', sa.String(length=80), nullable=False),
        sa.Column('row_id', sa.BigInteger(), nullable=False),
        sa.Column('uid', sa.String(length=36), nullable=False),
        sa.Column('title', sa.String(length=200), server_default='', nullable=False),
        sa.Column('value', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_schema_unread')),
    )
    op.create_index('ix_schema_unread_place', 'schema_unread', ['version', 'field_ref', 'row_id'])
    op.create_table(
        'alias_use',
        sa.Column('part_ref', sa.String(length=80), nullable=False),
        sa.Column('alias', sa.String(length=80), nullable=False),
        sa.Column('count', sa.BigInteger(), nullable=False),
        sa.Column('first_used_at', tables.UtcDateTime(), nullable=False),
        sa.Column('last_used_at', tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('part_ref', 'alias', name=op.f('pk_alias_use')),
    )


def downgrade() -> None:
    op.drop_table('alias_use')
    op.drop_index('ix_schema_unread_place', table_name='schema_unread')
    op.drop_table('schema_unread')
    op.drop_index('ix_schema_touched_place', table_name='schema_touched')
    op.drop_table('schema_touched')
    for name in ('whole_after', 'whole_before'):
        op.drop_column('schema_remapped', name)
    for name in ('mentions', 'estimates', 'answers'):
        op.drop_column('schema_plan', name)
