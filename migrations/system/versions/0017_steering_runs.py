"""Runs that wait, branch and go over related records: what a loop's runs belong to, and steps that a change wakes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0017_steering_runs'
down_revision = '0016_certificates'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('workflow_run', sa.Column('root', sa.String(80), nullable=False, server_default=''))
    op.add_column('workflow_run', sa.Column('parent_step_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite')))
    op.create_index('ix_workflow_run_parent', 'workflow_run', ['parent_step_id', 'state'])
    op.add_column('workflow_step', sa.Column('wakes', sa.Boolean(), nullable=False, server_default=sa.false()))
