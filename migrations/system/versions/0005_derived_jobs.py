"""Derived fields that wait to be recomputed in the background."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base import tables

revision = '0005_derived_jobs'
down_revision = '0004_files_and_settings'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'derived_job',
        sa.Column('id', tables.BigId, autoincrement=True, nullable=False),
        sa.Column('entity_ref', sa.String(length=80), nullable=False),
        sa.Column('field_ref', sa.String(length=80), nullable=False),
        sa.Column('link_ref', sa.String(length=80), nullable=True),
        sa.Column('ids', tables.Json(), nullable=False),
        sa.Column('last_id', tables.BigId, nullable=False),
        sa.Column('done', sa.Integer(), nullable=False),
        sa.Column('created_at', tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_derived_job')),
    )
    op.create_index('ix_derived_job_entity_ref', 'derived_job', ['entity_ref'])


def downgrade() -> None:
    op.drop_table('derived_job')
