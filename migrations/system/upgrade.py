"""Brings the product's own tables to the newest revision. Knows which metadata there are, not what they mean."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from migrations.system.people import PEOPLE
from migrations.tables import schema_plan
from schema.base.audit import audit_entry
from schema.base.database import Database
from schema.base.outbox import outbox
from schema.base.tables import metadata
from schema.versions import schema_version

REVISION_TABLE = 'system_revision'
OWN_TABLES = (outbox, audit_entry, schema_version, schema_plan)  # importing them puts these packages' tables on the metadata


def metadatas() -> list[sa.MetaData]:
    """FAB's people first: our tables refer to them."""
    return [PEOPLE, metadata]


def upgrade_system(database: Database, *, table_modules: tuple[str, ...] = ()) -> None:
    """Make or upgrade all system tables; harmless when they are up to date.

    `table_modules` are dotted names of upper-layer modules that declare tables on `schema.base.tables.metadata`; they are
    imported first, because this layer may not import them itself.
    """
    for name in table_modules:
        import_module(name)
    config = Config()
    config.set_main_option('script_location', str(Path(__file__).parent).replace('%', '%%'))
    config.set_main_option('path_separator', 'newline')
    with database.writing() as connection:
        if not database.is_sqlite:  # two processes of a first start must not both create
            connection.execute(sa.text('SELECT pg_advisory_xact_lock(7264531003)'))
        config.attributes['connection'] = connection
        command.upgrade(config, 'head')
