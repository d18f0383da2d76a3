"""Where contents lie: a folder of the home or another one named by TRELLIS_FILES_URL. Knows no record and no person."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from schema.base.errors import Invalid
from schema.base.ids import new_uid

PIECE = 256 * 1024
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Draft:
    """A content that lies in the folder but has no name yet; `keep` or `drop` ends it."""

    path: Path
    size: int
    digest: str


class FileStore:
    """Contents by uid, each a file in one of 256 folders. Safe for several processes: a content appears whole or not at all."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def at(cls, url: str) -> FileStore:
        """`file:///folder`; the folder is made when the first content comes."""
        return cls(Path(unquote(urlsplit(url).path)))

    def draft(self, stream: IO[bytes], largest: int, name: str) -> Draft:
        """Write what the stream holds, at most `largest` bytes. Raises: Invalid REC-E063 larger, REC-E069 empty."""
        folder = self.root / 'drafts'
        folder.mkdir(parents=True, exist_ok=True)
        path, size, digest = folder / new_uid(), 0, hashlib.sha256()
        try:
            with path.open('xb') as written:
                while piece := stream.read(PIECE):
                    size += len(piece)
                    if size > largest:
                        raise Invalid.of('REC-E063', '/file', name=name, limit=largest // MEGABYTE)
                    digest.update(piece)
                    written.write(piece)
                written.flush()
                os.fsync(written.fileno())
            if not size:
                raise Invalid.of('REC-E069', '/file', name=name)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Draft(path, size, digest.hexdigest())

    def keep(self, draft: Draft, uid: str) -> None:
        """Give the draft its place; before any row names it."""
        place = self.path(uid)
        place.parent.mkdir(parents=True, exist_ok=True)
        draft.path.replace(place)

    def drop(self, draft: Draft) -> None:
        draft.path.unlink(missing_ok=True)

    def path(self, uid: str) -> Path:
        """Where a content lies; the end of a uid spreads evenly, its beginning is the time."""
        return self.root / uid[-2:] / uid

    def thumbnail_path(self, uid: str) -> Path:
        return self.root / 'thumbnails' / uid[-2:] / f'{uid}.webp'

    def remove(self, uid: str) -> None:
        """Content and thumbnail; harmless when they are gone."""
        self.path(uid).unlink(missing_ok=True)
        self.thumbnail_path(uid).unlink(missing_ok=True)

    def listed(self, part: int) -> Iterator[tuple[str, float]]:
        """`(uid, time of writing)` of the contents in one of the 256 folders."""
        yield from _files_in(self.root / f'{part % 256:02x}')

    def drafts(self) -> Iterator[tuple[Path, float]]:
        """Contents whose upload has not ended, or whose process was killed."""
        for name, written_at in _files_in(self.root / 'drafts'):
            yield self.root / 'drafts' / name, written_at


def _files_in(folder: Path) -> Iterator[tuple[str, float]]:
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                yield entry.name, entry.stat().st_mtime
            except FileNotFoundError:
                continue
