"""Sharing many records as one operation that can be undone: kind `share`, ordered like every bulk change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modules.api.bodies import kind_of
from modules.operations.kinds import Bulk, entity_of, sight_tally
from modules.operations.model import Operation, Tally
from modules.records.store import Store
from modules.runtime import Runtime
from modules.sharing import service
from schema.base.actor import Actor
from schema.base.errors import BadRequest
from schema.definitions import Texts


class ShareMany(Bulk):
    """Values of an order: `{"users": [user names], "teams": [uids], "level": "view" | "edit"}`."""

    silent: bool | None = True
    action = 'update'

    def read(self, runtime: Runtime, actor: Actor, values: Mapping[str, Any]) -> tuple[dict[str, Any], Texts]:
        """Raises: BadRequest SHR-E003, API-E008; Invalid SHR-E001, E002, E004."""
        level = service.level_of(values.get('level', 'view'), '/values/level')
        users, teams = (names_in(values, name, f'/values/{name}') for name in ('users', 'teams'))
        with runtime.database.session() as session:
            found = service.find_receivers(session, users, teams)
        names = ', '.join(each.name for each in found)
        kept = {'users': [each.key for each in found if each.kind == 'user'],
                'teams': [each.key for each in found if each.kind == 'team'], 'level': level}  # fmt: skip
        return {'values': kept}, {'en': names}

    def write(self, store: Store, found: Operation, rows: Sequence[Any]) -> Tally:
        values = found.params['values']
        receivers = service.find_receivers(store.session, values['users'], values['teams'])
        key = entity_of(store.catalog, found).key
        level = service.level_of(values['level'])
        changes = service.share(store, key, list(rows), receivers, level, group=found.id)
        return sight_tally(changes, {change.uid: change.sight for change in changes if change.sight and not change.findings})


def names_in(values: Mapping[str, Any], name: str, pointer: str) -> list[str]:
    """A list of texts. Raises: BadRequest API-E008."""
    sent = values.get(name, [])
    if not isinstance(sent, list) or not all(isinstance(each, str) for each in sent):
        expected = {'en': 'a list of texts', 'vi': 'một danh sách chữ'}
        raise BadRequest.of('API-E008', pointer, name=name, value=kind_of(sent), expected=expected)
    return sent
