"""What SQLite's indexes of searched fields know, as their triggers and their building ask."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0028_search_indexes'
down_revision = '0027_outlooks'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'schema_search',
        sa.Column('name', sa.String(63), primary_key=True),
        sa.Column('table_name', sa.String(63), nullable=False),
        sa.Column('upto', sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table('schema_search')
