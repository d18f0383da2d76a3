"""Rights to single records."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base import tables

revision = '0008_record_grants'
down_revision = '0007_signing_in'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'record_grant',
        sa.Column('id', tables.BigId, autoincrement=True, nullable=False),
        sa.Column('entity_ref', sa.String(length=80), nullable=False),
        sa.Column('record_id', sa.BigInteger(), nullable=False),
        sa.Column('principal', sa.String(length=40), nullable=False),
        sa.Column('level', sa.String(length=4), nullable=False),
        sa.Column('source', sa.String(length=20), nullable=False),
        sa.Column('granted_by', sa.Integer(), nullable=True),
        sa.Column('granted_at', tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_record_grant')),
        sa.UniqueConstraint(
            'entity_ref', 'record_id', 'principal', 'source',
            name=op.f('uq_record_grant_entity_ref_record_id_principal_source'),
        ),
    )  # fmt: skip
    op.create_index(
        'ix_record_grant_principal_entity_ref_record_id', 'record_grant', ['principal', 'entity_ref', 'record_id'], unique=False
    )


def downgrade() -> None:
    op.drop_index('ix_record_grant_principal_entity_ref_record_id', table_name='record_grant')
    op.drop_table('record_grant')
