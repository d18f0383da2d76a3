"""Uploads: content first, row second, so that no row ever names a content that is not there. Free of Flask."""

from __future__ import annotations

from typing import IO, Any

import sqlalchemy as sa

from modules.files.inspecting import inspect
from modules.files.naming import safe_name
from modules.files.storage import FileStore
from modules.files.tables import stored_file
from schema.base.actor import Actor
from schema.base.clock import Clock
from schema.base.database import Database
from schema.base.errors import Invalid
from schema.base.ids import new_uid
from schema.catalog import Field
from schema.fieldtypes.attached import LARGEST_MEGABYTES, MEGABYTE, AttachedType, is_accepted
from schema.values import StoredFile

MOST_WAITING = 500
"""Uploads of one person that no record holds yet; a client that only uploads must not fill the disk."""


def largest_bytes(field: Field | None) -> int:
    """What an upload meant for a field may have, or one that says nothing of its field."""
    if field is not None and isinstance(field.type, AttachedType):
        return field.type.largest_bytes(field.definition)
    return LARGEST_MEGABYTES * MEGABYTE


class Uploads:
    """Takes files in for one process. Thread-safe."""

    def __init__(self, database: Database, clock: Clock, store: FileStore) -> None:
        self._database, self._clock, self._store = database, clock, store

    def take(self, actor: Actor, stream: IO[bytes], raw_name: str | None, field: Field | None = None) -> StoredFile:
        """Keep a content for the actor to attach within a day. Commits. `field` gives its limits.

        Raises: Invalid REC-E063 size, REC-E064 type, REC-E065 content is not what the name says, REC-E066 picture, REC-E069
        empty, REC-E070 too many waiting.
        """
        self._check_waiting(actor)
        name = safe_name(raw_name)
        draft = self._store.draft(stream, largest_bytes(field), name)
        try:
            media = inspect(draft.path, name)
            _check_accepted(field, name, media)
            kept = StoredFile(new_uid(), name, draft.size, media)
            self._store.keep(draft, kept.uid)
        finally:
            self._store.drop(draft)
        with self._database.writing() as connection:
            connection.execute(
                stored_file.insert().values(
                    uid=kept.uid, name=kept.name, size=kept.size, media=kept.media, digest=draft.digest,
                    uploader_id=actor.user_id, created_at=self._clock.now(),
                )
            )  # fmt: skip
        return kept

    def _check_waiting(self, actor: Actor) -> None:
        waiting = sa.select(stored_file.c.uid).where(
            stored_file.c.uploader_id == actor.user_id, stored_file.c.attached_at.is_(None)
        )
        few: Any = sa.select(sa.func.count()).select_from(waiting.limit(MOST_WAITING).subquery())
        with self._database.reading() as connection:
            if connection.execute(few).scalar_one() >= MOST_WAITING:
                raise Invalid.of('REC-E070', '/file', limit=MOST_WAITING)


def _check_accepted(field: Field | None, name: str, media: str) -> None:
    if field is None or not isinstance(field.type, AttachedType):
        return
    accepted = field.type.accepts(field.definition)
    if not is_accepted(accepted, name, media):
        raise Invalid.of('REC-E064', '/file', name=name, type=media, choices=', '.join(accepted))
