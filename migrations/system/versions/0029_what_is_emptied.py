"""How far dropped values are gone; old plans are found by their time, records of a removed option by their order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0029_what_is_emptied'
down_revision = '0028_search_indexes'
branch_labels = None
depends_on = None

OLD, NEW = 'ix_schema_remapped_place', 'ix_schema_remapped_row'


def upgrade() -> None:
    op.add_column('schema_shadow', sa.Column('upto', sa.BigInteger, nullable=False, server_default='0'))
    op.create_index('ix_schema_plan_created_at', 'schema_plan', ['created_at'], unique=False)
    op.create_index(NEW, 'schema_remapped', ['table_name', 'column_name', 'old', 'row_id'], unique=False)
    op.drop_index(OLD, table_name='schema_remapped')


def downgrade() -> None:
    op.create_index(OLD, 'schema_remapped', ['table_name', 'column_name', 'version'], unique=False)
    op.drop_index(NEW, table_name='schema_remapped')
    op.drop_index('ix_schema_plan_created_at', table_name='schema_plan')
    op.drop_column('schema_shadow', 'upto')
