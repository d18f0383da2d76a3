"""What the database physically has of entity tables, shadows included: the planner's other input."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from migrations.tables import WHOLE
from schema.checks.size import width
from schema.loading import TABLE_PREFIX


@dataclass(frozen=True)
class Physical:
    """Names by table. `widths` are the bytes that a row has for each filled column, `spent` how many columns were dropped: both
    only where the engine has bounds for them, which is PostgreSQL."""

    columns: Mapping[str, frozenset[str]] = field(default_factory=dict)
    indexes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    links: Mapping[str, frozenset[str]] = field(default_factory=dict)
    widths: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    spent: Mapping[str, int] = field(default_factory=dict)

    def columns_of(self, table: str) -> frozenset[str]:
        return self.columns.get(table, frozenset())


def read_physical(connection: sa.Connection) -> Physical:
    """One look at all entity tables, in three statements however many there are. Reads only."""
    name = connection.dialect.name
    columns, indexes, links = (connection.execute(sa.text(query)).all() for query in _QUERIES[name])
    widths: dict[str, dict[str, int]] = defaultdict(dict)
    for table, column, kind in columns if name == 'postgresql' else ():
        widths[table][column] = width_of(kind)
    there = [(table, column) for table, column, kind in columns if kind != DROPPED]
    spent = Counter(table for table, _, kind in columns if kind == DROPPED)
    return Physical(_by_table(there), _by_table(indexes), _by_table(links), widths, spent)


def _by_table(rows: Iterable[Any]) -> dict[str, frozenset[str]]:
    """`{table: names}` of the rows `(table, name)`, entity tables alone."""
    found: dict[str, set[str]] = defaultdict(set)
    for table, name in rows:
        if table.startswith(TABLE_PREFIX):
            found[table].add(name)
    return {table: frozenset(names) for table, names in found.items()}


def width_of(kind: str) -> int:
    """As `schema.checks.size.width`, of a column type by its name."""
    name, _, length = kind.partition('(')
    size = int(length.rstrip(')')) if name == 'character varying' and length else None
    plain = {'boolean': sa.Boolean(), 'numeric': sa.Numeric(), 'text': sa.Text(), 'character varying': sa.String(size)}
    return width(plain.get(name, sa.Text() if name.startswith('json') else sa.BigInteger()))


DROPPED = 'dropped'
_OURS = "c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace"
_QUERIES: Mapping[str, tuple[str, str, str]] = {
    'postgresql': (
        'SELECT c.relname, a.attname,'
        f" CASE WHEN a.attisdropped THEN '{DROPPED}' ELSE format_type(a.atttypid, a.atttypmod) END"
        f' FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE {_OURS} AND a.attnum > 0',
        'SELECT c.relname, n.relname FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid'
        f' JOIN pg_class n ON n.oid = i.indexrelid WHERE {_OURS} AND i.indisvalid AND NOT i.indisprimary',
        'SELECT c.relname, a.attname FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid'
        f" JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1] WHERE {_OURS} AND k.contype = 'f'",
    ),
    'sqlite': (
        "SELECT t.name, c.name, c.type FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'",
        "SELECT tbl_name, name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        f' UNION ALL SELECT table_name, name FROM schema_search WHERE upto = {WHOLE}',
        'SELECT t.name, k."from" FROM sqlite_master t JOIN pragma_foreign_key_list(t.name) k'
        " WHERE t.type = 'table' AND k.seq = 0",
    ),
}
"""Columns with their types, usable indexes, and the columns that foreign keys guard, each as `(table, name)`."""
