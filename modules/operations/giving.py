"""The kind `assign`: records given to one person, or dealt out among several by a strategy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.assignment.log import Because
from modules.assignment.model import Place, Strategy
from modules.assignment.service import distribute, names_of, read_strategy, settle
from modules.operations.kinds import Bulk, query_of
from modules.operations.model import Operation
from modules.records.model import ListQuery
from modules.records.preparing import Change
from modules.records.queries import Reader
from modules.records.store import Store
from modules.runtime import Runtime
from permissions.scoping import scoped_by_hand
from permissions.tables import ab_user
from schema.base.errors import Invalid
from schema.base.findings import finding
from schema.catalog import Entity
from schema.definitions import Texts

SAMPLED = 500
WAYS: Mapping[str, Texts] = {
    'even': {'en': '{count} people, split evenly', 'vi': '{count} người, chia đều'},
    'round_robin': {'en': '{count} people in turn', 'vi': '{count} người, lần lượt'},
    'by_load': {'en': 'who has the fewest open ones', 'vi': 'người đang có ít hồ sơ mở nhất'},
    'returning': {'en': 'who looks after the customer already', 'vi': 'người đang phụ trách khách cũ'},
}


def read_giving(runtime: Runtime, entity: Entity, wire: Any) -> tuple[dict[str, Any], Texts]:
    """The strategy as the operation keeps it, and what its title names. Raises: Invalid ASG-*."""
    if not isinstance(wire, Mapping):
        raise Invalid.of('ASG-E009', '/values/strategy', value='strategy')
    with runtime.database.session() as session:
        strategy = settle(session, read_strategy(session, wire, entity, pointer='/values/strategy'), runtime.clock)
        names = names_of(session, strategy.users)
    if strategy.kind == 'person':
        return strategy.as_json(), {'en': names.get(strategy.users[0], '')}
    count = len(strategy.users)
    if strategy.kind == 'round_robin' and (strategy.teams or not count):
        return strategy.as_json(), {'en': 'several people in turn', 'vi': 'nhiều người, lần lượt'}
    return strategy.as_json(), {tongue: text.format(count=count) for tongue, text in WAYS[strategy.kind].items()}


class Assign(Bulk):
    """Gives by `params.strategy`, or to the owner in `params.values`."""

    def changes(self, store: Store, entity: Entity, found: Operation, uids: Sequence[str]) -> list[Change]:
        kept = found.params.get('strategy')
        if kept is None:
            return super().changes(store, entity, found, uids)
        strategy = Strategy.from_json(kept)
        records = (
            held(store.session, entity, uids) if strategy.kind == 'returning' else [Change(entity, uid, {}) for uid in uids]
        )
        place = Place(found.seen, found.total)
        given = distribute(store.session, store.catalog, strategy, entity, records, clock=store.clock, place=place)
        return given_changes(store, entity, given)


def given_changes(store: Store, entity: Entity, given: Sequence[Any]) -> list[Change]:
    """The changes of owner, each with its reason; of a record that nobody may get, a finding."""
    users = sa.select(ab_user.c.id, ab_user.c.username).where(ab_user.c.id.in_({each.user_id for each in given} - {None}))
    names = {row.id: row.username for row in store.session.execute(users)}
    changes = []
    for each in given:
        change = Change(entity, each.uid, {'owner': names.get(each.user_id)}, because=Because.of(each))
        if each.user_id is None:
            change.findings.append(finding(each.reason.code, '/owner', **each.reason.params))
        changes.append(change)
    return changes


def first_of(session: Session, reader: Reader, entity: Entity, target: Mapping[str, Any], most: int = SAMPLED) -> list[Change]:
    """The first of the chosen records that the reader may see, as they stand."""
    uids = target.get('uids')
    query = ListQuery(filter={'field': 'uid', 'op': 'in', 'value': list(uids)[:most]}) if uids is not None else query_of(target)
    walked = reader.walk(entity.key, query, after=0, until=2**62, size=most)
    return held(session, entity, [uid for _, uid in walked])


def held(session: Session, entity: Entity, uids: Sequence[str]) -> list[Change]:
    """The records as they stand, so that their values can be asked; those that are gone are blank."""
    table = entity.table
    rows = session.execute(scoped_by_hand(sa.select(table).where(table.c.uid.in_(list(uids))))).mappings()
    known = {row['uid']: dict(row) for row in rows}
    return [Change(entity, uid, {}, known.get(uid)) for uid in uids]
