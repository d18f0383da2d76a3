"""Which records others need: those that live records point to over a link that restricts deletion."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records import collections
from modules.records.changing import Change
from permissions.policy import Policy
from schema.base.findings import finding
from schema.catalog import Catalog, Entity


def check_restricted(session: Session, catalog: Catalog, policy: Policy, entity: Entity, changes: Sequence[Change]) -> None:
    """Refuse those that live records need: one statement for each link that points here and restricts.

    Records that the person sees are counted (REC-E034); of others it is only said that there are some (REC-E044).
    """
    ids = {int((change.current or {})['id']): change for change in changes}
    for source, field in catalog.inbound.get(entity.key, ()):
        if not ids or field.is_collection or field.definition.document.get('x-on-delete') != 'restrict':
            continue
        column = next(
            name for name, target in zip(field.columns, field.definition.targets, strict=False) if target == entity.key
        )
        table = source.table
        counts = session.execute(
            sa.select(table.c[column], sa.func.count(), sa.func.sum(_seen(policy, source)))
            .where(table.c[column].in_(list(ids)), table.c.deleted_at.is_(None))
            .group_by(table.c[column])
        )
        for row_id, count, seen in counts:
            _refuse(ids[row_id], source, int(seen or 0), hidden=count > (seen or 0))
    for source, row_id, count in collections.needed_by(session, catalog, entity, list(ids)):
        whole = policy.scope('read', source.key) == 'all'
        _refuse(ids[row_id], source, count if whole else 0, hidden=not whole)


def _seen(policy: Policy, source: Entity) -> sa.ColumnElement[int]:
    return sa.case((policy.table_predicate('read', source, source.table), 1), else_=0)


def _refuse(change: Change, source: Entity, seen: int, *, hidden: bool) -> None:
    if seen:
        change.findings.append(finding('REC-E034', change.pointer, count=seen, entity=source.definition.plural))
    elif hidden and all(each.code != 'REC-E044' for each in change.findings):
        change.findings.append(finding('REC-E044', change.pointer))
