"""Whom the end of a role took it from, so that a rollback can give it back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base import tables

revision = '0013_withdrawn_roles'
down_revision = '0012_pools'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'role_withdrawn',
        sa.Column('role_ref', sa.String(length=80), nullable=False),
        sa.Column('user_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('heir', sa.String(length=80), nullable=True),
        sa.Column('withdrawn_at', tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('role_ref', 'user_id', name=op.f('pk_role_withdrawn')),
    )


def downgrade() -> None:
    op.drop_table('role_withdrawn')
