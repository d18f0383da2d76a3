"""What the store tells notices: records that came to somebody by another hand. One notice for a whole bulk change."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode

from modules.notices.service import Notice, tell_more
from modules.records.following import Unit, Written
from schema.base.ids import new_uid
from schema.base.text import in_sentence
from schema.catalog import Entity
from schema.definitions import Texts
from schema.values import Link

MINE = {'field': 'owner', 'op': 'eq', 'value': {'me': True}}


class AssignedFollower:
    """One of `registries.followers`."""

    def created(self, unit: Unit, entity: Entity, written: Sequence[Written]) -> None:
        _tell(unit, entity, ((each, each.change.values.get('owner')) for each in written))

    def updated(self, unit: Unit, entity: Entity, written: Sequence[Written]) -> None:
        given = (each for each in written if 'owner' in each.fresh and not each.change.reverts)
        _tell(unit, entity, ((each, each.fresh['owner']) for each in given))


def _tell(unit: Unit, entity: Entity, pairs: Iterable[tuple[Written, object]]) -> None:
    """Who gives something to themselves hears nothing, and neither does anybody of records that only fill an installation."""
    if unit.silent and unit.operation_id is None:
        return
    given: dict[int, list[str]] = defaultdict(list)
    for each, owner in pairs:
        if isinstance(owner, Link) and owner.id is not None and owner.id != unit.actor.user_id:
            given[owner.id].append(each.change.uid)
    group = unit.operation_id or new_uid()
    for number, user_ids in _alike(given).items():
        several = unit.operation_id is not None or number > 1
        told = Notice(
            'assigned', _words(unit, entity, several=several), href=_list(entity) if several else '', entity_ref=entity.ref,
            record_uid='' if several else given[user_ids[0]][0], by=unit.actor.user_id, number=number,
        )  # fmt: skip
        if several:
            tell_more(unit.session, user_ids, told, key=f'assigned:{group}:{entity.ref}', now=unit.now)
        else:
            _tell_singly(unit, told, given, user_ids, group)


def _tell_singly(unit: Unit, told: Notice, given: Mapping[int, list[str]], user_ids: Sequence[int], group: str) -> None:
    """Each of them got one record."""
    for user_id in user_ids:
        one = Notice(
            told.kind, told.texts, entity_ref=told.entity_ref, record_uid=given[user_id][0], by=told.by
        )  # fmt: skip
        tell_more(unit.session, [user_id], one, key=f'assigned:{group}', now=unit.now)


def _alike(given: Mapping[int, list[str]]) -> dict[int, list[int]]:
    """People by how many records they got."""
    found: dict[int, list[int]] = defaultdict(list)
    for user_id, uids in given.items():
        found[len(uids)].append(user_id)
    return found


def _words(unit: Unit, entity: Entity, *, several: bool) -> Texts:
    definition, person = entity.definition, unit.actor.user_id is not None
    one = {tongue: in_sentence(definition.label_in(tongue)) for tongue in ('en', 'vi')}
    many = {tongue: in_sentence(definition.plural_in(tongue)) for tongue in ('en', 'vi')}
    if several:
        return (
            {'en': f'{{by}} gave you {{count}} {many["en"]}', 'vi': f'{{by}} giao cho bạn {{count}} {many["vi"]}'}
            if person
            else {'en': f'You were given {{count}} {many["en"]}', 'vi': f'Bạn được giao {{count}} {many["vi"]}'}
        )
    return (
        {'en': f'{{by}} gave you the {one["en"]} {{title}}', 'vi': f'{{by}} giao cho bạn {one["vi"]} {{title}}'}
        if person
        else {'en': f'You were given the {one["en"]} {{title}}', 'vi': f'Bạn được giao {one["vi"]} {{title}}'}
    )


def _list(entity: Entity) -> str:
    """The entity's list of what is the reader's own, latest changes first."""
    return f'/{entity.key}/?{urlencode({"filter": json.dumps(MINE), "sort": "-changed_at"})}'
