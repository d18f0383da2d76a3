"""The first revision: every table the product has before its first release."""

from __future__ import annotations

from alembic import op

from migrations.system.upgrade import metadatas

revision = '0001'
down_revision = None


def upgrade() -> None:
    for each in metadatas():
        each.create_all(op.get_bind())


def downgrade() -> None:
    for each in reversed(metadatas()):
        each.drop_all(op.get_bind())
