"""Counters of the fields that give out numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0006_number_counters'
down_revision = '0005_derived_jobs'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'number_counter',
        sa.Column('entity_ref', sa.String(length=80), nullable=False),
        sa.Column('field_ref', sa.String(length=80), nullable=False),
        sa.Column('period', sa.String(length=10), nullable=False),
        sa.Column('given', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('entity_ref', 'field_ref', 'period', name=op.f('pk_number_counter')),
    )


def downgrade() -> None:
    op.drop_table('number_counter')
