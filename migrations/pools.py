"""Pools that name an entity or its fields: where-used and plans tell of them. Reads the table of pools; writes nothing."""

from __future__ import annotations

import sqlalchemy as sa

from migrations.mentions import Mention
from schema import conditions
from schema.base.tables import Json
from schema.catalog import Catalog

# The table belongs to the rights, which this layer may not import.
pool = sa.table(
    'pool', sa.column('id'), sa.column('uid'), sa.column('name'), sa.column('entity_ref'), sa.column('source', Json)
)


def pool_mentions(connection: sa.Connection, catalog: Catalog) -> list[Mention]:
    """What pools are for, and what their source rules read, by the present keys."""
    found: list[Mention] = []
    for row in connection.execute(sa.select(pool).order_by(pool.c.id)):
        entity = catalog.by_ref.get(row.entity_ref)
        if entity is None:
            continue
        place = (f'/pools/{row.uid}', 'pool', {'en': row.name})
        found.append(Mention(entity.key, None, *place))
        if row.source is not None:
            reads = sorted(conditions.reads(row.source, entity.key, catalog))
            found += [Mention(entity_key, field_key, *place) for entity_key, field_key in reads]
    return found
