"""What the pages of one entity share within a request: reader, presenter, address building."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import g, request

from modules.records.model import Record
from modules.records.queries import Reader
from modules.runtime import Runtime
from modules.web.pinning import require_actor
from modules.web.presenting import Presenter
from permissions.facts import reachable
from permissions.rules import RecordFacts, RecordRule
from schema.base.errors import BadRequest
from schema.base.numbers import whole
from schema.catalog import Entity
from schema.definitions import LayoutsDef
from schema.layouts import layouts_for
from schema.values import Link

CARRIED = ('view', 'filter', 'sort', 'q', 'cols', 'seen', 'pipeline')
"""What the address of a list or board keeps while its conditions are changed."""


@dataclass(frozen=True)
class Desk:
    """A reader and a presenter for the signed-in person, on the pinned catalog."""

    runtime: Runtime
    reader: Reader
    presenter: Presenter
    entity: Entity

    @property
    def layouts(self) -> LayoutsDef:
        """The person's layouts of the entity."""
        return self.layouts_of(self.entity)

    def layouts_of(self, entity: Entity) -> LayoutsDef:
        return layouts_for(entity.definition, self.presenter.catalog.roles, self.reader.actor.roles)


@contextmanager
def desk_for(entity_key: str) -> Iterator[Desk]:
    """Raises: Unauthenticated PRM-E011, NotFound REC-E029."""
    actor = require_actor()
    runtime: Runtime = g.runtime
    with runtime.reader(actor, g.catalog) as reader:
        entity = g.catalog.entity(entity_key)
        yield Desk(runtime, reader, Presenter(g.catalog, reader.policy, reader.reading), entity)


def deciding_columns(desk: Desk) -> tuple[str, ...]:
    """The readable fields that say whose a record is; none when the person may change every record."""
    key = desk.entity.key
    if desk.reader.policy.scope('update', key) in {'all', 'none'}:
        return ()
    return tuple(each for each in ('owner', 'team') if each in desk.reader.policy.readable(key))


def reached(desk: Desk, action: str, records: Sequence[Record]) -> frozenset[int]:
    """Ids of the records an action reaches, to offer it; the store decides when something is saved. Records that were read with
    `deciding_columns` cost nothing where owner and team decide, all others one statement together."""
    policy, entity = desk.reader.policy, desk.entity
    rule = policy.rule(action, entity.key)
    answers = {record.id: rule.surely(_facts_of(record)) if _is_told(rule, record) else None for record in records}
    unsure = [row_id for row_id, answer in answers.items() if answer is None]
    found = reachable(desk.reader.session, policy, action, entity, unsure)
    return found | {row_id for row_id, answer in answers.items() if answer}


def may_update(desk: Desk, record: Record) -> bool:
    """The same of one record and of changing it."""
    return record.id in reached(desk, 'update', [record])


def _is_told(rule: RecordRule, record: Record) -> bool:
    return rule.scope in {'all', 'none'} or {'owner', 'team'} <= record.values.keys()


def _facts_of(record: Record) -> RecordFacts:
    owner, team = record.values.get('owner'), record.values.get('team')
    return RecordFacts(owner.id if isinstance(owner, Link) else None, team.id if isinstance(team, Link) else None)


def address(path: str, params: Mapping[str, Any]) -> str:
    """A path with those parameters that say something."""
    said = {name: value for name, value in params.items() if value not in (None, '') and (name, str(value)) != ('page', '1')}
    return f'{path}?{urlencode(said)}' if said else path


def carried(said: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Of an address those parameters that a change of conditions keeps."""
    return {name: value for name, value in said if name in CARRIED and value}


def whole_number(name: str, default: int) -> int:
    """A whole number of the query string. Raises: BadRequest REC-E035."""
    raw = request.args.get(name, '')
    if not raw:
        return default
    number = whole(raw)
    if number is None:
        raise BadRequest.of('REC-E035', f'/{name}', value=raw[:40])
    return number


def filter_document(raw: str, pointer: str = '/filter') -> dict[str, Any] | None:
    """The condition that an address or a form carries; None for no text. Raises: BadRequest API-E013 for no JSON object."""
    if not raw.strip():
        return None
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadRequest.of('API-E013', pointer, value=raw[:60]) from error
    if not isinstance(document, dict):
        raise BadRequest.of('API-E013', pointer, value=raw[:60])
    return document
