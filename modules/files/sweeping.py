"""Which contents nobody can come upon again: uploads that no record took, files that only a forgotten revision held, strays."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from migrations.tables import schema_shadow
from modules.files.storage import FileStore
from modules.files.tables import file_attachment, stored_file
from modules.installation.keeping import delete_ended, delete_keys
from modules.records.tables import record_history
from modules.runtime import Runtime
from schema.fieldtypes.attached import AttachedType

TURN_SECONDS = 30
WHOLE_TABLE = '*'


def clear_uploads(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """What was uploaded and never attached. Attaching locks the row, so that of the two only one happens."""
    waiting = (stored_file.c.attached_at.is_(None), stored_file.c.created_at < cutoff)
    chosen = sa.select(stored_file.c.uid).where(*waiting).order_by(stored_file.c.created_at).limit(rows)
    return _remove(runtime, delete_ended(runtime.database, chosen, stored_file.c.uid, *waiting))


def clear_replaced(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """What records held once, as soon as their history no longer tells of it."""
    table = file_attachment
    told = sa.exists().where(record_history.c.record_uid == table.c.record_uid, record_history.c.at <= table.c.until)
    gone = (table.c.until.is_not(None), table.c.until < cutoff, ~told)
    chosen = sa.select(table.c.id).where(*gone).order_by(table.c.until).limit(rows)
    return _let_go(runtime, chosen, gone)


def clear_dropped(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """What fields held whose data is past coming back: neither live nor in shadow."""
    catalog = runtime.catalogs.current()
    live = {
        field.ref for entity in catalog.entities.values() for field in entity.own_fields if isinstance(field.type, AttachedType)
    }
    shadow, table = schema_shadow, file_attachment
    kept = sa.exists().where(
        shadow.c.reaped_at.is_(None),
        sa.or_(
            shadow.c.ref == table.c.field_ref,
            sa.and_(shadow.c.column_name == WHOLE_TABLE, shadow.c.ref == table.c.entity_ref),
        ),
    )
    gone = (table.c.field_ref.not_in(sorted(live)), table.c.since < cutoff, ~kept)
    return _let_go(runtime, sa.select(table.c.id).where(*gone).limit(rows), gone)


def clear_strays(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """Contents without a row, which a killed process left: one of the 256 folders at each turn of the scheduler."""
    store, before = FileStore.at(runtime.settings.files_url), cutoff.timestamp()
    for path, written_at in list(store.drafts()):
        if written_at < before:
            path.unlink(missing_ok=True)
    turn = int(runtime.clock.now().timestamp() // TURN_SECONDS)
    old = [uid for uid, written_at in store.listed(turn) if written_at < before][:rows]
    if not old:
        return 0
    with runtime.database.reading() as connection:
        known = set(connection.execute(sa.select(stored_file.c.uid).where(stored_file.c.uid.in_(old))).scalars())
    strays = [uid for uid in old if uid not in known]
    _remove(runtime, strays)
    return min(len(strays), rows - 1)


def _let_go(runtime: Runtime, chosen: sa.Select[tuple[int]], gone: tuple[sa.ColumnElement[bool], ...]) -> int:
    """Delete attachments, and the files that no other holds."""
    table = file_attachment
    with runtime.database.reading() as connection:
        keys = list(connection.execute(chosen).scalars())
        uids = set(connection.execute(sa.select(table.c.file_uid).where(table.c.id.in_(keys))).scalars()) if keys else set()
    if not keys:
        return 0
    count = len(delete_keys(runtime.database, keys, table.c.id, *gone))
    free = ~sa.exists().where(table.c.file_uid == stored_file.c.uid)
    _remove(
        runtime, delete_keys(runtime.database, sorted(uids), stored_file.c.uid, stored_file.c.attached_at.is_not(None), free)
    )
    return count


def _remove(runtime: Runtime, uids: list[str]) -> int:
    store = FileStore.at(runtime.settings.files_url)
    for uid in uids:
        store.remove(uid)
    return len(uids)
