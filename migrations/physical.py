"""What the database physically has of entity tables, shadows included: the planner's other input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from migrations.site import invalid_indexes
from schema.loading import TABLE_PREFIX


@dataclass(frozen=True)
class Physical:
    """Names by table."""

    columns: Mapping[str, frozenset[str]] = field(default_factory=dict)
    indexes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    links: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def columns_of(self, table: str) -> frozenset[str]:
        return self.columns.get(table, frozenset())


def read_physical(connection: sa.Connection) -> Physical:
    """One look at all entity tables. Reads only."""
    inspector = sa.inspect(connection)
    tables = [name for name in inspector.get_table_names() if name.startswith(TABLE_PREFIX)]
    if not tables:
        return Physical()
    invalid = invalid_indexes(connection)
    columns = inspector.get_multi_columns(filter_names=tables)
    indexes = inspector.get_multi_indexes(filter_names=tables)
    keys = inspector.get_multi_foreign_keys(filter_names=tables)
    return Physical(
        {name: frozenset(each['name'] for each in found) for (_, name), found in columns.items()},
        {name: frozenset(str(each['name']) for each in found) - invalid for (_, name), found in indexes.items()},
        {name: frozenset(each['constrained_columns'][0] for each in found) for (_, name), found in keys.items()},
    )
