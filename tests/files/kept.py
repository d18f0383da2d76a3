"""Files that are there before a test begins, and pictures to make them of."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from PIL import Image

from modules.files.storage import FileStore
from modules.files.tables import stored_file
from tests.support.site import Site


@dataclass(frozen=True)
class Kept:
    uid: str
    name: str
    content: bytes
    media: str

    @property
    def wire(self) -> dict[str, Any]:
        return {'uid': self.uid, 'name': self.name, 'size': len(self.content), 'type': self.media}


def kept_file(uid: str, name: str, content: bytes, media: str) -> Kept:
    return Kept(uid, name, content, media)


def keep_files(site: Site, files: Iterable[Kept], username: str = 'admin') -> None:
    """As uploads of the person that no record holds yet."""
    store, now = FileStore.at(site.runtime.settings.files_url), site.runtime.clock.now()
    owner = site.actor(username).user_id
    for each in files:
        store.keep(store.draft(io.BytesIO(each.content), 10**8, each.name), each.uid)
        with site.runtime.database.writing() as connection:
            connection.execute(
                stored_file.insert().values(
                    uid=each.uid, name=each.name, size=len(each.content), media=each.media, digest='', uploader_id=owner,
                    created_at=now,
                )
            )  # fmt: skip


def picture(kind: str, size: tuple[int, int] = (64, 48)) -> bytes:
    """A picture of the kind that Pillow knows it by."""
    written = io.BytesIO()
    Image.new('RGB', size, (20, 120, 90)).save(written, kind)
    return written.getvalue()
