"""Records as they were: their rows put back to an earlier moment by history, inside a withheld transaction. Commits nothing.

Links of several are put back too; lines stay as they are now, and so does every other record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from modules.records.tables import record_history
from schema.base.stage_log import stage_log
from schema.catalog import Entity, Field
from schema.fieldtypes.base import Refused
from schema.fieldtypes.links import linked
from schema.fieldtypes.stage import SINCE
from workflows.tables import workflow_run

Later = Mapping[str, list[Any]]
"""`{uid: rows of history, newest first}` of what came after."""


def later_than(connection: sa.Connection, uids: Iterable[str], *, after_id: int = 0, at: datetime | None = None) -> Later:
    """What happened to records after a row of history, or after an instant. One statement."""
    history, found = record_history, {uid: [] for uid in uids}  # type: ignore[var-annotated]
    moment = history.c.id > after_id if at is None else history.c.at > at
    wanted = sa.select(history).where(history.c.record_uid.in_(list(found)), moment).order_by(history.c.id.desc())
    for row in connection.execute(wanted):
        found[row.record_uid].append(row)
    return found


def put_back(connection: sa.Connection, entity: Entity, uid: str, later: Iterable[Any], moment: datetime) -> bool:
    """Give the record's row what it held before everything in `later`; False when it was not there yet, or is gone for good.

    Runs that began since are taken away too, so that the loop guard counts as it did then.
    """
    rows = list(later)
    if any(row.kind == 'created' for row in rows):
        return False
    columns = _former(entity, rows)
    if entity.stage is not None and any(entity.stage.ref in row.changes for row in rows):
        columns |= _since(connection, entity, uid, moment)
    table = entity.table
    here = table.c.uid == uid
    _put_links_back(connection, entity, uid, rows)
    if columns:
        try:
            with connection.begin_nested():
                connection.execute(table.update().where(here).values(columns))
        except IntegrityError:
            return False  # another record holds today what must not be held twice
    connection.execute(workflow_run.delete().where(workflow_run.c.record_uid == uid, workflow_run.c.started_at > moment))
    return connection.execute(sa.select(table.c.id).where(here)).first() is not None


def _former(entity: Entity, later: Iterable[Any]) -> dict[str, Any]:
    """Columns as they stood before the earliest of the later changes."""
    columns: dict[str, Any] = {}
    for row in later:
        if row.kind == 'deleted':
            columns['deleted_at'] = None
        elif row.kind == 'restored':
            columns['deleted_at'] = row.at
        if row.kind != 'shared':
            columns['revision'] = row.revision - 1
        for ref, (old, _new) in row.changes.items():
            field = entity.by_ref.get(ref)
            if field is None or field.is_collection or field.type.computed or not field.columns:
                continue
            try:
                value = None if old is None else field.type.thaw(field.definition, old)
            except Refused:  # the field can no longer hold what stood there
                continue
            columns.update(field.to_columns(value))
    return columns


def _put_links_back(connection: sa.Connection, entity: Entity, uid: str, later: Sequence[Any]) -> None:
    """Take back what was linked and unlinked since."""
    touched = {ref for row in later for ref in row.changes}
    source = sa.select(entity.table.c.id).where(entity.table.c.uid == uid).scalar_subquery()
    for field in entity.fields.values():
        table = field.table
        if table is None or field.type.key != 'links' or field.ref not in touched:
            continue
        come, gone = _links_since(field, later)
        connection.execute(table.delete().where(table.c.source_id == source, table.c.target_id.in_(come)))
        for target in sorted(gone):
            try:
                with connection.begin_nested():
                    connection.execute(table.insert().values(source_id=source, target_id=target, position=0))
            except IntegrityError:  # what was linked is gone for good
                continue


def _links_since(field: Field, later: Sequence[Any]) -> tuple[set[int], set[int]]:
    """Ids that were linked since, and those that were unlinked since; `later` has the newest change first."""
    come: set[int] = set()
    gone: set[int] = set()
    for row in later:
        old, new = row.changes.get(field.ref, (None, None))
        added, removed = ({each['id'] for each in linked(side or {}) if each.get('id')} for side in (new, old))
        come, gone = (come | added) - removed, (gone - added) | removed
    return come, gone


def _since(connection: sa.Connection, entity: Entity, uid: str, moment: datetime) -> dict[str, Any]:
    """Since when the record had been in its stage of then."""
    assert entity.stage is not None
    stay = sa.select(stage_log.c.entered_at).where(
        stage_log.c.record_uid == uid, stage_log.c.entered_at <= moment,
        sa.or_(stage_log.c.left_at.is_(None), stage_log.c.left_at > moment),
    )  # fmt: skip
    found = connection.execute(stay.order_by(stage_log.c.entered_at.desc())).scalars().first()
    return {entity.stage.definition.column + SINCE: found} if found is not None else {}
