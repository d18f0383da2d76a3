"""What the record store asks of files: whether a submitted file may be held there, and to note who holds it. Never commits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.files.queries import readable_files
from modules.files.tables import file_attachment, stored_file
from permissions.policy import Policy
from schema.catalog import Entity, Field
from schema.fieldtypes.attached import MEGABYTE, AttachedType, is_accepted
from schema.fieldtypes.base import Refused
from schema.values import StoredFile


class Submitted(Protocol):
    """The part of `modules.records.preparing.Change` that is asked for here."""

    entity: Entity
    uid: str
    current: Mapping[str, Any] | None
    values: dict[str, Any]

    def refuse(self, code: str, key: str, **params: Any) -> None: ...


def file_fields(entity: Entity) -> tuple[Field, ...]:
    return tuple(each for each in entity.own_fields if isinstance(each.type, AttachedType))


def resolve_files(session: Session, policy: Policy, changes: Sequence[Submitted]) -> None:
    """Turn submitted identities into whole files; what may not be held becomes a finding and leaves `values`.

    A file that the record holds already stays. Another must be the actor's own upload or readable for them, REC-E062 otherwise,
    and within the field's limits: REC-E063 size, REC-E064 type.
    """
    asked = [
        (change, field) for change in changes for field in file_fields(change.entity) if change.values.get(field.key)
    ]  # fmt: skip
    if not asked:
        return
    present = {(change.uid, field.key): _present(change, field) for change, field in asked}
    fresh = {each.uid for change, field in asked for each in change.values[field.key]}
    fresh -= {uid for known in present.values() for uid in known}
    found = _locked(session, policy, fresh)
    for change, field in asked:
        known = {**found, **present[change.uid, field.key]}
        try:
            whole = tuple(
                _fitting(field, known.get(each.uid), present[change.uid, field.key]) for each in change.values[field.key]
            )
            change.values[field.key] = whole
        except Refused as refused:
            del change.values[field.key]
            change.refuse(refused.code, field.key, **refused.params)


def note_files(session: Session, entity: Entity, written: Iterable[Submitted], now: datetime) -> None:
    """Keep account of who holds what, after the rows were written: `values` hold what was written, `current` what was there."""
    fields = file_fields(entity)
    if not fields:
        return
    added: list[dict[str, Any]] = []
    for change in written:
        for field in fields:
            if field.key not in change.values:
                continue
            before, after = set(_present(change, field)), {each.uid for each in change.values[field.key] or ()}
            place = {'entity_ref': entity.ref, 'record_uid': change.uid, 'field_ref': field.ref}
            if change.current is not None and before != after:
                _let_go(session, place, before - after, after - before, now)
            added += [{'file_uid': uid, **place, 'since': now, 'until': None} for uid in sorted(after - before)]
    if added:
        session.execute(file_attachment.insert(), added)
        uids = {each['file_uid'] for each in added}
        session.execute(
            stored_file.update().where(stored_file.c.uid.in_(uids), stored_file.c.attached_at.is_(None)).values(attached_at=now)
        )


def _locked(session: Session, policy: Policy, uids: Collection[str]) -> Mapping[str, StoredFile]:
    """Readable ones, held against the reaper until the end of the transaction."""
    if not uids:
        return {}
    rows = session.execute(sa.select(stored_file.c.uid).where(stored_file.c.uid.in_(sorted(uids))).with_for_update())
    return readable_files(session, policy, set(rows.scalars()))


def _present(change: Submitted, field: Field) -> dict[str, StoredFile]:
    if change.current is None:
        return {}
    return {each.uid: each for each in field.from_row(change.current) or ()}


def _fitting(field: Field, found: StoredFile | None, present: Mapping[str, StoredFile]) -> StoredFile:
    if found is None:
        raise Refused('REC-E062')
    if found.uid not in present:
        check_limits(field, found)
    return found


def check_limits(field: Field, found: StoredFile) -> None:
    """Raises: Refused REC-E063, REC-E064."""
    kind = field.type
    assert isinstance(kind, AttachedType)
    largest = kind.largest_bytes(field.definition)
    if found.size > largest:
        raise Refused('REC-E063', name=found.name, limit=largest // MEGABYTE)
    accepted = kind.accepts(field.definition)
    if not is_accepted(accepted, found.name, found.media):
        raise Refused('REC-E064', name=found.name, type=found.media, choices=', '.join(accepted))


def _let_go(session: Session, place: Mapping[str, str], gone: Collection[str], back: Collection[str], now: datetime) -> None:
    """Files that left the field since `now`; those that come back begin a new row."""
    same = [file_attachment.c[name] == value for name, value in place.items() if name != 'entity_ref']
    if gone:
        held = (file_attachment.c.file_uid.in_(sorted(gone)), file_attachment.c.until.is_(None))
        session.execute(file_attachment.update().where(*same, *held).values(until=now))
    if back:
        session.execute(file_attachment.delete().where(*same, file_attachment.c.file_uid.in_(sorted(back))))
