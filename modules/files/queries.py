"""Which files a person may read: their own fresh uploads, and what a record that they may read holds or held."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from modules.files.tables import file_attachment, stored_file
from permissions.policy import Policy
from schema.base.errors import NotFound
from schema.values import StoredFile

ONE_QUERY = 500


def readable_files(executor: Any, policy: Policy, uids: Collection[str]) -> Mapping[str, StoredFile]:
    """`{uid: file}` of those that the actor may read now. One statement for each entity that holds any of them.

    A file follows record and field: it is read by whoever reads a record that holds it, or held it in a revision that the
    history still keeps, and the field there. Before that it is the uploader's alone.
    """
    wanted = sorted(set(uids))[:ONE_QUERY]
    rows = {row.uid: row for row in executor.execute(sa.select(stored_file).where(stored_file.c.uid.in_(wanted)))}
    actor_id = policy.actor.user_id
    open_ones = {
        uid for uid, row in rows.items() if row.attached_at is None and actor_id is not None and row.uploader_id == actor_id
    }
    open_ones |= _held(executor, policy, set(rows) - open_ones)
    return {uid: StoredFile(uid, rows[uid].name, rows[uid].size, rows[uid].media) for uid in open_ones}


def readable_file(executor: Any, policy: Policy, uid: str) -> StoredFile:
    """Raises: NotFound REC-E062, also for what exists but may not be known."""
    found = readable_files(executor, policy, [uid]).get(uid)
    if found is None:
        raise NotFound.of('REC-E062', label={'en': 'File', 'vi': 'Tệp'})
    return found


def _held(executor: Any, policy: Policy, uids: Collection[str]) -> set[str]:
    """Those of the uids that a record within reach holds or held."""
    if not uids:
        return set()
    by_entity: dict[str, list[Any]] = defaultdict(list)
    for row in executor.execute(sa.select(file_attachment).where(file_attachment.c.file_uid.in_(sorted(uids)))):
        by_entity[row.entity_ref].append(row)
    found: set[str] = set()
    for entity_ref, rows in by_entity.items():
        entity = policy.catalog.by_ref.get(entity_ref)
        if entity is None or policy.scope('read', entity.key) == 'none':
            continue
        readable = policy.readable(entity.key)
        fields = {ref for ref, field in entity.by_ref.items() if field.key in readable}
        mine = [row for row in rows if row.field_ref in fields]
        table = entity.table
        reached = sa.select(table.c.uid).where(
            table.c.uid.in_({row.record_uid for row in mine}), policy.table_predicate('read', entity)
        )
        records = set(executor.execute(reached).scalars())
        found |= {row.file_uid for row in mine if row.record_uid in records}
    return found
