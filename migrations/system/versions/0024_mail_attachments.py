"""Files that go with mails."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base.tables import Json

revision = '0024_mail_attachments'
down_revision = '0023_hooks'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('mail_message', sa.Column('attachments', Json))


def downgrade() -> None:
    op.drop_column('mail_message', 'attachments')
