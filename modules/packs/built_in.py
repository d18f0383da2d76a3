"""The packs that come with the product, read from their folders."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from schema.definitions import Document
from schema.loading import read_folder

PACKS = Path(str(files('schema'))) / 'packs'


def read_built_in(name: str) -> dict[tuple[str, str], Document]:
    """The documents of one built-in pack as they are written. Raises: KeyError when there is none of that name."""
    folder = PACKS / name
    if not (folder / 'pack.json').is_file():
        raise KeyError(name)
    return read_folder(folder)
