"""What every answer of the API looks like: JSON, the schema version beside it, texts in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Response, current_app, g

from modules.records.model import Record
from modules.web.failures import locale
from schema.base.findings import Finding

VERSION_HEADER = 'X-Schema-Version'


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    response: Any = current_app.json.response(body)
    response.status_code = status
    response.headers.extend(headers or {})
    return response


def add_version(response: Response) -> Response:
    """Clients that keep a schema see when it is old."""
    if (catalog := g.get('catalog')) is not None:
        response.headers[VERSION_HEADER] = str(catalog.number)
    return response


def record_wire(record: Record, columns: tuple[str, ...] | None = None) -> dict[str, Any]:
    """The record as `schema.faces.read_face` promises it; `columns` beside uid and revision."""
    wire = record.wire()
    if columns is not None:
        wanted = {record.entity.field(key).key for key in columns} | {'uid', 'revision'}
        wire = {key: value for key, value in wire.items() if key in wanted}
    if record.deleted_at is not None:
        wire['deleted_at'] = record.deleted_at.replace(tzinfo=None, microsecond=0).isoformat() + 'Z'
    return wire


def warnings_wire(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [each.as_wire(locale()) for each in findings]
