"""What `trellis doctor` tells of searching: whether every kind of record has its search index, and what is in its way."""

from __future__ import annotations

import sqlalchemy as sa

from migrations.physical import read_physical
from migrations.search_index import EXTENSION
from modules.runtime import Runtime
from schema.base.errors import Unavailable
from schema.search_index import search_index_of


def check_search(runtime: Runtime) -> tuple[bool, str]:
    """Without them everything is found as well, but table by table from one end to the other."""
    try:
        tables = runtime.catalogs.current().tables
    except Unavailable:
        return True, 'nothing is published yet'
    wanted = {name: str(index.name) for name, table in tables.items() if (index := search_index_of(table)) is not None}
    with runtime.database.reading() as connection:
        there = read_physical(connection).indexes
        missing = [table for table, name in wanted.items() if table in there and name not in there[table]]
        if not missing:
            return True, f'{len(wanted)} search indexes'
        known = sa.text('SELECT 1 FROM pg_extension WHERE extname = :name')
        lacks = connection.dialect.name != 'sqlite' and connection.execute(known, {'name': EXTENSION}).first() is None
    told = f'{len(missing)} of {len(wanted)} search indexes are missing, so that searches read whole tables; '
    if lacks:
        return False, f"{told}put {EXTENSION} of PostgreSQL's contrib package on the server and start Trellis anew"
    return False, f'{told}they are built when Trellis starts'
