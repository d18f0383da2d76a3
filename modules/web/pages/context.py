"""What the pages of one entity share within a request: reader, presenter, address building."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import g, request

from modules.records.queries import Reader
from modules.runtime import Runtime
from modules.web.pinning import require_actor
from modules.web.presenting import Presenter
from schema.base.errors import BadRequest
from schema.catalog import Entity


@dataclass(frozen=True)
class Desk:
    """A reader and a presenter for the signed-in person, on the pinned catalog."""

    runtime: Runtime
    reader: Reader
    presenter: Presenter
    entity: Entity


@contextmanager
def desk_for(entity_key: str) -> Iterator[Desk]:
    """Raises: Unauthenticated PRM-E011, NotFound REC-E029."""
    actor = require_actor()
    runtime: Runtime = g.runtime
    with runtime.reader(actor, g.catalog) as reader:
        entity = g.catalog.entity(entity_key)
        yield Desk(runtime, reader, Presenter(g.catalog, reader.policy, reader.reading), entity)


def address(path: str, params: Mapping[str, Any]) -> str:
    """A path with those parameters that say something."""
    said = {name: value for name, value in params.items() if value not in (None, '', 1, '1')}
    return f'{path}?{urlencode(said)}' if said else path


def whole_number(name: str, default: int) -> int:
    """A whole number of the query string. Raises: BadRequest REC-E035."""
    raw = request.args.get(name, '')
    if not raw:
        return default
    if not raw.isascii() or not raw.isdigit() or len(raw) > 9:
        raise BadRequest.of('REC-E035', f'/{name}', value=raw[:40])
    return int(raw)


def filter_document(raw: str) -> dict[str, Any] | None:
    """The condition of a list's address. Raises: BadRequest API-E401 when it is no JSON object."""
    if not raw:
        return None
    try:
        document = json.loads(raw)
    except ValueError as error:
        raise BadRequest.of('API-E401', '/filter', value=raw[:60]) from error
    if not isinstance(document, dict):
        raise BadRequest.of('API-E401', '/filter', value=raw[:60])
    return document
