"""What it means for live records that a link becomes several or several become one. Reads alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from migrations.plans import Impact
from migrations.steps.convert import READING
from migrations.steps.convert_links import link_texts, read_pairs
from schema.base.findings import finding
from schema.catalog import Catalog, Entity, Field

SAMPLES = 100


def relinked(
    connection: sa.Connection, base: Catalog, old: Entity, former: Field, place: str, words: dict[str, Any]
) -> Iterator[Impact]:
    """Records whose links are all kept (MIG-W003), and those that keep only the first of several (MIG-W009)."""
    if former.table is None:
        column = former.columns[former.definition.column]
        query = sa.select(sa.func.count()).select_from(old.table).where(column.is_not(None), old.table.c.deleted_at.is_(None))
        kept, several = int(connection.execute(query).scalar_one()), 0
    else:
        holders = _holders(base, old, former)
        is_single = sa.case((holders.c.links == 1, 1), else_=0)
        row = connection.execute(sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(is_single), 0))).one()
        kept, several = int(row[1]), int(row[0]) - int(row[1])
    if kept:
        yield Impact(finding('MIG-W003', place, level='warning', converted=kept, failed=0, **words), kept)
    if several:
        about = finding('MIG-W009', place, level='warning', count=several, label=words['label'])
        yield Impact(about, several, _samples(connection, base, old, former))


def _holders(base: Catalog, old: Entity, former: Field) -> sa.Subquery:
    """Live records with the number of live records that each links to."""
    pairs, target = former.table, base.entities[former.definition.targets[0]].table.alias('linked')
    assert pairs is not None
    return (
        sa.select(old.table.c.id, sa.func.count().label('links'))
        .join(pairs, pairs.c.source_id == old.table.c.id)
        .join(target, target.c.id == pairs.c.target_id)
        .where(old.table.c.deleted_at.is_(None), target.c.deleted_at.is_(None))
        .group_by(old.table.c.id)
        .subquery()
    )


def _samples(connection: sa.Connection, base: Catalog, old: Entity, former: Field) -> list[dict[str, str]]:
    holders, title = _holders(base, old, former), old.title
    first = sa.select(holders.c.id).where(holders.c.links > 1).order_by(holders.c.id).limit(SAMPLES)
    columns = {column.name: column for column in (old.table.c.id, old.table.c.uid, *title.columns.values())}
    query = sa.select(*columns.values()).where(old.table.c.id.in_(first.scalar_subquery())).order_by(old.table.c.id)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    target = base.entities[former.definition.targets[0]]
    held = read_pairs(connection, former, target, [row['id'] for row in rows])
    texts = link_texts(connection, target, former, held)
    return [
        {'uid': row['uid'], 'title': title.type.text(title.definition, title.from_row(row), READING), 'value': texts[row['id']]}
        for row in rows
    ]
