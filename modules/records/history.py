"""The history of records: rows written with every change, read back without what the actor may not see."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records import labels
from modules.records.former_options import OPTION_TYPES, former_label
from modules.records.model import HistoryEntry, Record
from modules.records.sights import Sight
from modules.records.tables import record_history
from permissions.policy import Policy
from schema.base.actor import Actor
from schema.catalog import Catalog, Entity, Field
from schema.definitions import in_locale
from schema.fieldtypes.base import Refused

Changes = Mapping[str, tuple[Any, Any]]
"""`{field ref: (old, new)}`, both frozen."""


def row(
    entity: Entity,
    uid: str,
    revision: int,
    kind: str,
    changes: Changes,
    *,
    actor: Actor,
    at: datetime,
    operation_id: str | None,
) -> dict[str, Any]:
    """A history row ready to insert."""
    return {
        'entity_ref': entity.ref,
        'record_uid': uid,
        'revision': revision,
        'kind': kind,
        'changes': {ref: list(pair) for ref, pair in changes.items()},
        'actor_id': actor.user_id,
        'actor_name': actor.name,
        'at': at,
        'version': entity.version,
        'operation_id': operation_id,
        'sight': None,
    }


_ADD = record_history.insert()


def add(executor: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        executor.execute(_ADD, list(rows))


def entries(
    session: Session, catalog: Catalog, policy: Policy, record: Record, limit: int, where: Sequence[sa.ColumnElement[bool]] = ()
) -> list[HistoryEntry]:
    """Newest first, of those rows that fit. Links are labelled as of now; a field whose definition is gone is left out."""
    statement = (
        sa.select(record_history)
        .where(record_history.c.record_uid == record.uid, *where)
        .order_by(record_history.c.id.desc())
        .limit(limit)
    )
    former = partial(_former, session, catalog, policy.actor.locale)
    found = [_entry(record.entity, policy, each, former) for each in session.connection().execute(statement).all()]
    return _labelled(session, catalog, policy, found)


def of_operation(
    session: Session, catalog: Catalog, policy: Policy, operation_id: str, *, limit: int, skip: int = 0
) -> list[tuple[Entity, str, HistoryEntry]]:
    """`(entity, uid, entry)` of what an operation wrote, in order. Records out of reach are among them, without values that the
    actor may not read; whoever shows them asks the reader for their names."""
    statement = (
        sa.select(record_history)
        .where(record_history.c.operation_id == operation_id)
        .order_by(record_history.c.id)
        .limit(limit)
        .offset(skip)
    )
    rows = [row for row in session.execute(statement) if row.entity_ref in catalog.by_ref]
    former = partial(_former, session, catalog, policy.actor.locale)
    found = [_entry(catalog.by_ref[row.entity_ref], policy, row, former) for row in rows]
    entries = _labelled(session, catalog, policy, found)
    return [(catalog.by_ref[row.entity_ref], row.record_uid, entry) for row, entry in zip(rows, entries, strict=True)]


Former = Callable[[Field, Any], Any]
"""A frozen value that its field no longer holds, as people may still read it. Raises: Refused when they cannot."""


def _entry(entity: Entity, policy: Policy, row: Any, former: Former) -> HistoryEntry:
    shown, sight = _visible(entity, policy, row.changes, former), Sight.from_json(row.sight)
    return HistoryEntry(
        row.revision, row.kind, row.at, row.actor_name, row.actor_id, shown, sight, row.id, row.operation_id
    )  # fmt: skip


def touching(field_refs: Collection[str]) -> sa.ColumnElement[bool]:
    """Rows that change any of these fields. Changes are JSON by ref, and no ref holds a quotation mark or a wildcard."""
    text = sa.type_coerce(record_history.c.changes, sa.Text)
    return sa.or_(sa.false(), *(text.contains(f'"{ref}":', autoescape=True) for ref in sorted(field_refs)))


def _labelled(session: Session, catalog: Catalog, policy: Policy, found: Sequence[HistoryEntry]) -> list[HistoryEntry]:
    links = [link for entry in found for pair in entry.changes.values() for value in pair for link in labels.links_in(value)]
    labelled = labels.label_links(session, catalog, policy, links)
    return [
        replace(entry, changes={
            key: (labels.apply_labels(old, labelled), labels.apply_labels(new, labelled))
            for key, (old, new) in entry.changes.items()
        })
        for entry in found
    ]  # fmt: skip


def _visible(
    entity: Entity, policy: Policy, changes: Mapping[str, Sequence[Any]], former: Former
) -> dict[str, tuple[Any, Any]]:  # fmt: skip
    readable = policy.readable(entity.key)
    shown = {}
    for ref, (old, new) in changes.items():
        field = entity.by_ref.get(ref)
        if field is None or field.key not in readable:
            continue
        try:
            shown[field.key] = (_thawed(field, old, former), _thawed(field, new, former))
        except Refused:  # the value no longer fits the field's type: the row keeps it, the page leaves it out
            continue
    return shown


def _thawed(field: Field, frozen: Any, former: Former) -> Any:
    if frozen is None:
        return None
    try:
        return field.type.thaw(field.definition, frozen)
    except Refused:
        return former(field, frozen)


def _former(session: Session, catalog: Catalog, locale: str, field: Field, frozen: Any) -> Any:
    """Options by the labels that they had, where they are gone."""
    refs = frozen if isinstance(frozen, list) else [frozen]
    if field.type.key not in OPTION_TYPES or not all(isinstance(ref, str) for ref in refs):
        raise Refused('REC-E014', value=str(frozen)[:60], choices='')
    known = {option.ref for option in field.definition.options}
    named = tuple(
        ref if ref in known else in_locale(former_label(session, catalog, ref), locale) or ref for ref in refs
    )  # fmt: skip
    return named if isinstance(frozen, list) else named[0]
