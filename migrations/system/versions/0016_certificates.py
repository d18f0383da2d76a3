"""Leak certificates are kept with their matrix and what failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base import tables

revision = '0016_certificates'
down_revision = '0015_viewing_as'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'certificate_run',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('engine', sa.String(length=20), server_default='', nullable=False),
        sa.Column('actor_id', sa.Integer(), nullable=True),
        sa.Column('actor_name', sa.String(length=200), nullable=False),
        sa.Column('created_at', tables.UtcDateTime(), nullable=False),
        sa.Column('started_at', tables.UtcDateTime(), nullable=True),
        sa.Column('finished_at', tables.UtcDateTime(), nullable=True),
        sa.Column('claimed_by', sa.String(length=80), nullable=True),
        sa.Column('lease_until', tables.UtcDateTime(), nullable=True),
        sa.Column('requests', sa.Integer(), server_default='0', nullable=False),
        sa.Column('matrix', tables.Json(), server_default='{}', nullable=False),
        sa.Column('faults', tables.Json(), server_default='[]', nullable=False),
        sa.Column('problem', sa.Text(), server_default='', nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_certificate_run')),
    )
    op.create_index('ix_certificate_run_created_at', 'certificate_run', ['created_at'])


def downgrade() -> None:
    op.drop_table('certificate_run')
