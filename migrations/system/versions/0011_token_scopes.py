"""What API tokens leave of rights and when they were used; who people are at other sign-in services."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base import tables

revision = '0011_token_scopes'
down_revision = '0010_teams_and_sight'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('api_token', sa.Column('scope', tables.Json(), nullable=True))
    op.add_column('api_token', sa.Column('last_used_at', tables.UtcDateTime(), nullable=True))
    op.create_table(
        'external_identity',
        sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('provider', sa.String(length=200), nullable=False),
        sa.Column('subject', sa.String(length=255), nullable=False),
        sa.Column('created_at', tables.UtcDateTime(), nullable=False),
        sa.Column('seen_at', tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_external_identity')),
        sa.UniqueConstraint('provider', 'subject', name=op.f('uq_external_identity_provider_subject')),
    )
    op.create_index('ix_external_identity_user_id', 'external_identity', ['user_id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_external_identity_user_id', table_name='external_identity')
    op.drop_table('external_identity')
    op.drop_column('api_token', 'last_used_at')
    op.drop_column('api_token', 'scope')
