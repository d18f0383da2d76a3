"""The report of a type change: which values could not be read as the new type, kept with the version for as long as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from migrations.tables import schema_unread
from schema.base.database import Database

TITLE_LENGTH = 200
PAGE = 1000


@dataclass(frozen=True)
class UnreadValue:
    """`value` is the original as people read it; it stays in the retired column as well."""

    entity_ref: str
    field_ref: str
    uid: str
    title: str
    value: str


def forget_unread(connection: sa.Connection, version: int, field_ref: str, row_ids: Sequence[int] | None = None) -> None:
    """Before rows are tried again; all rows of the field when no ids are given. Does not commit."""
    book = schema_unread.c
    where = [book.version == version, book.field_ref == field_ref]
    connection.execute(schema_unread.delete().where(*where, *([book.row_id.in_(row_ids)] if row_ids is not None else [])))


def note_unread(connection: sa.Connection, notes: Sequence[Mapping[str, Any]]) -> None:
    """Each `{version, entity_ref, field_ref, row_id, uid, title, value}`. Does not commit."""
    if notes:
        connection.execute(schema_unread.insert(), [{**each, 'title': each['title'][:TITLE_LENGTH]} for each in notes])


def count_unread(connection: sa.Connection, version: int, field_ref: str | None = None) -> int:
    """Of all fields when none is named."""
    query = sa.select(sa.func.count()).select_from(schema_unread).where(schema_unread.c.version == version)
    if field_ref is not None:
        query = query.where(schema_unread.c.field_ref == field_ref)
    return int(connection.execute(query).scalar_one())


def stream_unread(database: Database, version: int) -> Iterator[UnreadValue]:
    """All unread values of a version, in the order in which they were met; read page by page, so that no size matters."""
    book = schema_unread.c
    last = 0
    while True:
        query = sa.select(book.id, book.entity_ref, book.field_ref, book.uid, book.title, book.value)
        with database.reading() as connection:
            page = connection.execute(query.where(book.version == version, book.id > last).order_by(book.id).limit(PAGE)).all()
        for row in page:
            yield UnreadValue(*row[1:])
        if len(page) < PAGE:
            return
        last = page[-1].id
