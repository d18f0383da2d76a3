"""Indexes that a newer release wants on tables of the live version, made when it starts. Knows no plan."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from migrations.lock import when_free
from migrations.physical import read_physical
from migrations.site import Site
from migrations.steps.indexes import drop_index
from migrations.steps.search import add_index
from schema.base.clock import Clock
from schema.base.database import Database
from schema.catalog import Catalog
from schema.indexes import former_names
from schema.search_index import names_of

LIVE = '_live'
"""What lists page and count over; a release that builds them otherwise gives them other names."""


def ensure_indexes(database: Database, catalog: Catalog, clock: Clock) -> list[str]:
    """Make what is missing and drop what lists went along formerly; answers the names of what was made. Quick when there is
    nothing; nothing is done while somebody publishes. Unique indexes wait for a publish, which tells what stands in their way.
    """
    site = Site(database, catalog, catalog, clock)
    with database.reading() as connection:
        there = read_physical(connection).indexes
    wanted = {name: {str(each.name): each for each in table.indexes} for name, table in catalog.tables.items()}
    missing = [
        add_index(table, index)
        for table, indexes in wanted.items()
        for name, index in sorted(indexes.items())
        if table in there and name not in there[table] and not index.unique
    ]
    former = [name for table, indexes in wanted.items() for name in there.get(table, ()) if _went(name, table, indexes)]
    if not missing and not former:
        return []
    with when_free(database, clock) as free:
        if not free:
            return []
        for step in missing:
            step.forward(site)
        for name in sorted(former):
            drop_index(site, name)
    with database.reading() as connection:
        there = read_physical(connection).indexes
    return [step.name for step in missing if step.name in there[step.table]]


def _went(name: str, table: str, wanted: Mapping[str, sa.Index]) -> bool:
    if name in wanted or not name.startswith((f'ix_{table}_', names_of(table))):
        return False
    former = {each for index in wanted.values() for each in former_names(index)}
    return name.endswith(LIVE) or name.startswith(names_of(table)) or name in former
