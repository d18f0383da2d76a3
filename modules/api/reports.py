"""Lists that people open or download after a publish, as rows for JSON and as CSV. Reads nothing by itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flask import Response

from migrations.unread import UnreadValue
from schema.catalog import Catalog

COLUMNS = ('entity', 'field', 'uid', 'title', 'value', 'link')
BOM = '\ufeff'  # spreadsheet programs read the file as UTF-8 only with it
RISKY = ('=', '+', '-', '@', '\t', '\r')


def unread_rows(catalog: Catalog, values: Iterable[UnreadValue], locale: str) -> Iterator[dict[str, str]]:
    """`{entity, field, uid, title, value, link}`, labels in the locale; `link` is the record's page, empty when it is gone."""
    for each in values:
        entity = catalog.holders.get(each.entity_ref)
        field = entity.by_ref.get(each.field_ref) if entity else None
        linked = entity is not None and entity.key in catalog.entities
        yield {
            'entity': entity.definition.label_in(locale) if entity else each.entity_ref,
            'field': field.definition.label_in(locale) if field else each.field_ref,
            'uid': each.uid,
            'title': each.title,
            'value': each.value,
            'link': f'/{entity.key}/{each.uid}' if entity is not None and linked else '',
        }


def as_csv(rows: Iterable[Mapping[str, str]], name: str) -> Response:
    """A download that is written while it is read."""
    return Response(
        _lines(rows), mimetype='text/csv', headers={'Content-Disposition': f'attachment; filename="{name}"'}
    )  # fmt: skip


def _lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield BOM + ','.join(COLUMNS) + '\r\n'
    for row in rows:
        line = io.StringIO()
        csv.writer(line).writerow(_harmless(str(row[name])) for name in COLUMNS)
        yield line.getvalue()


def _harmless(text: str) -> str:
    """A text that a spreadsheet program must not take for a formula."""
    return f"'{text}" if text.startswith(RISKY) else text
