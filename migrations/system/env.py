"""Alembic's entry: runs the revisions on the connection that `migrations.system.upgrade` passes in."""

from __future__ import annotations

from alembic import context

from migrations.system.upgrade import REVISION_TABLE, metadatas

connection = context.config.attributes['connection']
context.configure(connection=connection, target_metadata=metadatas(), version_table=REVISION_TABLE)
context.run_migrations()
