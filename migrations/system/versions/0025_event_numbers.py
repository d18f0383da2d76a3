"""Numbers of events are never given again on SQLite: runs are known by them for longer than the events are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0025_event_numbers'
down_revision = '0024_mail_attachments'
branch_labels = None
depends_on = None

FIRST = "INSERT INTO sqlite_sequence (name, seq) SELECT 'outbox', 0 WHERE 'outbox' NOT IN (SELECT name FROM sqlite_sequence)"
# The highest number that a kept event has, or that a run was started by: `event-<number>-…`.
HIGHEST = """
    UPDATE sqlite_sequence SET seq = max(
        coalesce((SELECT max(id) FROM outbox), 0),
        coalesce((SELECT max(CAST(substr(start_key, 7) AS INTEGER)) FROM workflow_run WHERE start_key LIKE 'event-%'), 0)
    ) WHERE name = 'outbox'
"""


def upgrade() -> None:
    if not _is_sqlite():
        return
    with op.batch_alter_table('outbox', recreate='always', table_kwargs={'sqlite_autoincrement': True}):
        pass
    op.execute(sa.text(FIRST))
    op.execute(sa.text(HIGHEST))


def downgrade() -> None:
    if _is_sqlite():
        with op.batch_alter_table('outbox', recreate='always', table_kwargs={'sqlite_autoincrement': False}):
            pass


def _is_sqlite() -> bool:
    return op.get_context().dialect.name == 'sqlite'
