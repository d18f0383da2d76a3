"""Schema versions as stored: documents by hash, numbered manifests, and the one row that says which version is live.

Functions take a connection or session and never commit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from schema.base.errors import NotFound, Unavailable, require_clean
from schema.base.findings import escape_pointer
from schema.base.tables import Json, UtcDateTime, metadata
from schema.definitions import Document
from schema.loading import PLURALS, Documents
from schema.upgraders.registry import FORMATS

schema_document = sa.Table(
    'schema_document',
    metadata,
    sa.Column('hash', sa.String(64), primary_key=True),
    sa.Column('kind', sa.String(20), nullable=False),
    sa.Column('key', sa.String(80), nullable=False),
    sa.Column('format', sa.Integer, nullable=False),
    sa.Column('body', Json, nullable=False),
)
schema_version = sa.Table(
    'schema_version',
    metadata,
    sa.Column('number', sa.Integer, primary_key=True, autoincrement=False),
    sa.Column('base', sa.Integer),
    sa.Column('hash', sa.String(64), nullable=False),
    sa.Column('manifest', Json, nullable=False),
    sa.Column('note', sa.Text, nullable=False, server_default=''),
    sa.Column('summary', Json, nullable=False),
    sa.Column('created_by_id', sa.Integer),
    sa.Column('created_by', sa.String(200), nullable=False, server_default=''),
    sa.Column('created_at', UtcDateTime, nullable=False),
)
schema_state = sa.Table(
    'schema_state',
    metadata,
    sa.Column('id', sa.Integer, primary_key=True, autoincrement=False),
    sa.Column('active', sa.Integer, nullable=False),
    sa.Column('min_writer', sa.Integer, nullable=False),
    sa.Column('rights_epoch', sa.Integer, nullable=False, server_default='0'),
)
ONLY_ROW = 1


@dataclass(frozen=True)
class State:
    """The live version, the oldest catalog that may still write, and the counter that moves whenever rights change."""

    active: int
    min_writer: int
    rights_epoch: int


@dataclass(frozen=True)
class SchemaVersion:
    number: int
    documents: Documents
    hash: str

    @cached_property
    def manifest(self) -> Mapping[str, str]:
        return manifest_of(self.documents)


Executor = Any  # sa.Connection or Session: both have execute()


def document_hash(document: Document) -> str:
    """SHA-256 of the document as stored; the order of properties counts, for it is the order on the form."""
    return hashlib.sha256(json.dumps(document, ensure_ascii=False, separators=(',', ':')).encode()).hexdigest()


def manifest_of(documents: Documents) -> dict[str, str]:
    """`{"kind/key": hash}` in order of names."""
    return {f'{kind}/{key}': document_hash(document) for (kind, key), document in sorted(documents.items())}


def manifest_hash(manifest: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(sorted(manifest.items()))).encode()).hexdigest()


_STATE = sa.select(schema_state.c.active, schema_state.c.min_writer, schema_state.c.rights_epoch).where(
    schema_state.c.id == ONLY_ROW
)  # every request and every write asks it, so it is made once


def read_state(executor: Executor) -> State | None:
    row = executor.execute(_STATE).first()
    return State(*row) if row else None


def load_version(executor: Executor, number: int, known: Mapping[str, Document] | None = None) -> SchemaVersion:
    """The version as it reads in today's format, whichever it was written in; its hash is that of what is answered.

    `known` are documents by hash that need not be read again. Raises: NotFound MIG-E010 when there is no such version;
    Unavailable SCH-E111 when a newer Trellis wrote it.
    """
    row = executor.execute(
        sa.select(schema_version.c.manifest, schema_version.c.hash).where(schema_version.c.number == number)
    ).first()
    if row is None:
        raise NotFound.of('MIG-E010', value=number)
    manifest: dict[str, str] = row.manifest
    known = known or {}
    rows = executor.execute(sa.select(schema_document).where(schema_document.c.hash.in_(set(manifest.values()) - known.keys())))
    stored = {each.hash: each for each in rows}
    documents, moved = {}, False
    for name, digest in manifest.items():
        if digest in known:
            documents[_name(name)] = known[digest]
            continue
        body = stored[digest].body
        documents[_name(name)] = today = FORMATS.upgrade(stored[digest].kind, body, stored[digest].format)
        moved = moved or today is not body
    require_clean((each for name, body in documents.items() for each in FORMATS.check(body, _place(*name))), Unavailable)
    return SchemaVersion(number, documents, manifest_hash(manifest_of(documents)) if moved else row.hash)


def save_version(
    executor: Executor, version: SchemaVersion, *, base: int | None, at: datetime, summary: Any, note: str = "",
    author: str = "",
    author_id: int | None = None,
) -> None:  # fmt: skip
    """Write the documents that are new and the numbered manifest. Does not activate it."""
    manifest = version.manifest
    known = set(
        executor.execute(sa.select(schema_document.c.hash).where(schema_document.c.hash.in_(set(manifest.values())))).scalars()
    )
    fresh = {
        digest: {'hash': digest, 'kind': name.split('/')[0], 'key': name.split('/', 1)[1], 'format': FORMATS.current,
                 'body': version.documents[_name(name)]}
        for name, digest in manifest.items()
        if digest not in known
    }  # fmt: skip
    if fresh:
        executor.execute(schema_document.insert(), list(fresh.values()))
    executor.execute(
        schema_version.insert().values(
            number=version.number, base=base, hash=version.hash, manifest=manifest, note=note, summary=summary,
            created_by_id=author_id, created_by=author, created_at=at,
        )
    )  # fmt: skip


def _place(kind: str, key: str) -> str:
    return f'/{PLURALS[kind]}/{escape_pointer(key)}'


def _name(name: str) -> tuple[str, str]:
    kind, _, key = name.partition('/')
    return kind, key
