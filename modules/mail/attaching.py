"""Files of a record that go with a mail: which, and how much. Reads no content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from modules.records.model import Record
from schema.base.errors import Invalid
from schema.values import StoredFile

MEGABYTE = 1_000_000
MOST_BYTES = 15 * MEGABYTE
"""What common mail servers still take once it is written in letters."""


def attachments_of(record: Record, fields: Iterable[str]) -> tuple[Mapping[str, Any], ...]:
    """`{uid, name, type, size}` of the files in these fields, each once; fields that the reader of the record may not see give
    none. Raises: Invalid WFL-E117 when they are too large together."""
    found: dict[str, StoredFile] = {}
    for name in fields:
        field = record.entity.find_field(name)
        value = record.values.get(field.key) if field else None
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, StoredFile):
                found[each.uid] = each
    size = sum(each.size for each in found.values())
    if size > MOST_BYTES:
        raise Invalid.of('WFL-E117', '/attachments', size=f'{size / MEGABYTE:.1f}', limit=MOST_BYTES // MEGABYTE)
    return tuple({'uid': each.uid, 'name': each.name, 'type': each.media, 'size': each.size} for each in found.values())
