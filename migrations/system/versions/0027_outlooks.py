"""Planning that takes its time tells how far it came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base.tables import Json, UtcDateTime

revision = '0027_outlooks'
down_revision = '0026_ledger_by_occurrence'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'schema_outlook',
        sa.Column('id', sa.String(36), nullable=False),
        sa.Column('author_id', sa.Integer),
        sa.Column('state', sa.String(12), nullable=False),
        sa.Column('seen', sa.BigInteger, nullable=False),
        sa.Column('total', sa.BigInteger, nullable=False),
        sa.Column('plan_id', sa.String(36)),
        sa.Column('findings', Json, nullable=False),
        sa.Column('asked', Json, nullable=False),
        sa.Column('told_at', UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_schema_outlook')),
    )


def downgrade() -> None:
    op.drop_table('schema_outlook')
