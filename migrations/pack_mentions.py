"""What the packs that a site was made from bring and name, by the present keys: plans tell of it. Reads packs and documents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from migrations.mentions import Mention, all_mentions
from schema.definitions import Document, Texts
from schema.loading import Documents, read_folder
from schema.versions import load_version

PACKS = Path(str(files('schema'))) / 'packs'
FIRST = 1
"""The version that a pack made."""


def pack_mentions(connection: sa.Connection, live: Documents) -> list[Mention]:
    """Each entity and field that such a pack knows, once; those that the live version no longer has are left out."""
    first = load_version(connection, FIRST).documents
    present = _Present(live)
    return [
        Mention(*named, f'/packs/{name}', 'pack', title)
        for name, (title, brought) in _packs().items()
        if {entity for entity, field in brought if field is None} <= {key for kind, key in first if kind == 'entity'}
        for named in dict.fromkeys(present.named(brought))
    ]


class _Present:
    """Present keys by all that worked before them."""

    def __init__(self, live: Documents) -> None:
        entities = [each for (kind, _), each in live.items() if kind == 'entity']
        self._fields = {each['x-key']: _by_name(each.get('properties', {})) for each in entities}
        self._entities = {name: each['x-key'] for each in entities for name in (*each.get('x-aliases', ()), each['x-key'])}

    def named(self, brought: Mapping[tuple[str, str | None], None]) -> Iterator[tuple[str, str | None]]:
        for entity, field in brought:
            key = self._entities.get(entity)
            if key is None:
                continue
            if field is None:
                yield key, None
            elif (found := self._fields[key].get(field)) is not None:
                yield key, found


def _by_name(properties: Mapping[str, Document]) -> dict[str, str]:
    former = {name: key for key, part in properties.items() for name in part.get('x-aliases', ())}
    return {**former, **{key: key for key in properties}}


@cache
def _packs() -> dict[str, tuple[Texts, dict[tuple[str, str | None], None]]]:
    """By name the title of each pack that comes with the product, and the entities and fields it brings or names."""
    return {folder.name: (_about(folder)['title'], dict.fromkeys(_brought(folder))) for folder in sorted(PACKS.iterdir())
            if (folder / 'pack.json').is_file()}  # fmt: skip


def _about(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / 'pack.json').read_text(encoding='utf-8'))
    return found


def _brought(folder: Path) -> Iterator[tuple[str, str | None]]:
    documents = read_folder(folder)
    for (kind, key), document in documents.items():
        if kind == 'entity':
            yield key, None
            yield from ((key, name) for name in document.get('properties', {}))
    yield from ((each.entity, each.field) for each in all_mentions(documents) if each.field is not None)
