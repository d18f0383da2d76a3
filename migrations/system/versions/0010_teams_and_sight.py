"""Teams of two kinds with a description, which can be closed; rights to single records in the history of records."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base import tables

revision = '0010_teams_and_sight'
down_revision = '0009_audit'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('team', sa.Column('kind', sa.String(length=12), server_default='team', nullable=False))
    op.add_column('team', sa.Column('description', sa.Text(), server_default='', nullable=False))
    op.add_column('team', sa.Column('active', sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column('record_history', sa.Column('sight', tables.Json(), nullable=True))


def downgrade() -> None:
    op.drop_column('record_history', 'sight')
    op.drop_column('team', 'active')
    op.drop_column('team', 'description')
    op.drop_column('team', 'kind')
