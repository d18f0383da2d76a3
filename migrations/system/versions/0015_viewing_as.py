"""Browser sessions of administrators may look through another person's eyes for a while."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base import tables

revision = '0015_viewing_as'
down_revision = '0014_assignment'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('web_session', sa.Column('viewing_as', sa.String(length=100), nullable=True))
    op.add_column('web_session', sa.Column('viewing_until', tables.UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column('web_session', 'viewing_until')
    op.drop_column('web_session', 'viewing_as')
