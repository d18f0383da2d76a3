"""The book of shadows: columns of dropped parts that stay in their tables, unmapped, until the reaper clears them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from migrations.tables import schema_shadow

WHOLE_TABLE = '*'


def note_shadows(connection: sa.Connection, shadows: Sequence[Sequence[str]], *, version: int, at: datetime) -> None:
    """Remember `[table, column or '*', ref]`; a second note of one place replaces the first."""
    forget_shadows(connection, shadows)
    if shadows:
        connection.execute(
            schema_shadow.insert(),
            [
                {'table_name': table, 'column_name': column, 'ref': ref, 'version': version, 'dropped_at': at}
                for table, column, ref in shadows
            ],
        )


def forget_shadows(connection: sa.Connection, places: Sequence[Sequence[str]]) -> None:
    """The parts are mapped again. Only the first two entries of each place count."""
    for table, column, *_ in places:
        connection.execute(
            schema_shadow.delete().where(schema_shadow.c.table_name == table, schema_shadow.c.column_name == column)
        )
