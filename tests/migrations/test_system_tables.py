"""The system migrations make exactly the tables that the code declares."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from migrations.system.upgrade import REVISION_TABLE, metadatas, upgrade_system
from schema.base.database import Database


def test_a_migrated_database_equals_the_declared_tables(empty_database: Database) -> None:
    upgrade_system(empty_database)

    with empty_database.write_engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={'compare_type': False, 'version_table': REVISION_TABLE, 'target_metadata': metadatas()},
        )
        differences = compare_metadata(context, metadatas())  # type: ignore[arg-type]
    assert differences == []


def test_upgrading_twice_changes_nothing(empty_database: Database) -> None:
    upgrade_system(empty_database)
    upgrade_system(empty_database)
