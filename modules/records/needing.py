"""Which records others need: those that live records point to over a link that restricts deletion."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records import collections
from modules.records.changing import Change
from schema.base.findings import finding
from schema.catalog import Catalog, Entity


def check_restricted(session: Session, catalog: Catalog, entity: Entity, changes: Sequence[Change]) -> None:
    """Refuse those that live records need: one statement for each link that points here and restricts."""
    ids = {int((change.current or {})['id']): change for change in changes}
    for source, field in catalog.inbound.get(entity.key, ()):
        if not ids or field.is_collection or field.definition.document.get('x-on-delete') != 'restrict':
            continue
        column = next(
            name for name, target in zip(field.columns, field.definition.targets, strict=False) if target == entity.key
        )
        table = source.table
        counts = session.execute(
            sa.select(table.c[column], sa.func.count())
            .where(table.c[column].in_(list(ids)), table.c.deleted_at.is_(None))
            .group_by(table.c[column])
        )
        for row_id, count in counts:
            change = ids[row_id]
            change.findings.append(finding('REC-E034', change.pointer, count=count, entity=source.definition.plural))
    for source, row_id, count in collections.needed_by(session, catalog, entity, list(ids)):
        change = ids[row_id]
        change.findings.append(finding('REC-E034', change.pointer, count=count, entity=source.definition.plural))
