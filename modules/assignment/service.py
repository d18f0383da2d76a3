"""Gives records to people by a strategy: says who gets which and why. Writes nothing but whose turn it was.

The writing goes through the store, which keeps the reason of each change of owner in the log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.assignment.circle import Person, people_of
from modules.assignment.loads import loads
from modules.assignment.model import KINDS, MOST_PEOPLE, Assigned, Forecast, Kind, Place, Share, Strategy, check_shape
from modules.assignment.returning import present_owners
from modules.assignment.splitting import by_load, even_place
from modules.assignment.turns import take_turns, turn_key
from modules.records.changing import Change
from permissions.actors import full_name
from permissions.tables import ab_user, team
from schema.base.clock import Clock
from schema.base.clock import today as day_of
from schema.base.errors import Invalid
from schema.base.findings import Finding, finding, nearest
from schema.base.text import in_sentence
from schema.catalog import Catalog, Entity

__all__ = ['KINDS', 'Assigned', 'Place', 'Strategy', 'distribute', 'forecast', 'names_of', 'read_strategy', 'settle']


def distribute(
    session: Session, catalog: Catalog, strategy: Strategy, entity: Entity, records: Sequence[Change], *, clock: Clock,
    place: Place | None = None, rehearsed: bool = False,
) -> list[Assigned]:  # fmt: skip
    """Who gets each of the records, in their order, and why. A record's values are read as they are after its change.

    Turns are taken in the caller's transaction, unless the answer is only `rehearsed`. An even split needs to know where the
    batch stands in the whole; without `place` the batch is the whole.
    """
    if strategy.kind == 'returning':
        owners = present_owners(session, catalog, strategy, entity, records)
        given: dict[str, Assigned] = {uid: Assigned(uid, owner, reason, 'returning') for uid, (owner, reason) in owners.items()}
        rest = [each for each in records if each.uid not in given]
        if strategy.fallback is None:
            nobody = finding('ASG-E005')
            given |= {each.uid: Assigned(each.uid, None, nobody, 'returning') for each in rest}
        elif rest:
            asked = strategy.fallback
            others = distribute(session, catalog, asked, entity, rest, clock=clock, place=place, rehearsed=rehearsed)
            given |= {each.uid: each for each in others}
        return [given[each.uid] for each in records]
    people = people_of(session, strategy, clock.now(), _today(clock))
    if not any(each.out is None for each in people):
        return [Assigned(each.uid, None, finding('ASG-E004'), strategy.kind) for each in records]
    deal = _DEALS[strategy.kind]
    found = deal(_Deal(session, strategy, entity, people, clock.now(), rehearsed), len(records), place or Place())
    return [
        Assigned(each.uid, person, reason, strategy.kind) for each, (person, reason) in zip(records, found, strict=True)
    ]  # fmt: skip


def settle(session: Session, strategy: Strategy, clock: Clock) -> Strategy:
    """The strategy as a long operation keeps it: an even split is among the people who are there at its start.

    Raises: Invalid ASG-E004 when nobody of them is.
    """
    last = strategy.last
    if last.kind == 'returning':
        return strategy
    there = [each.id for each in people_of(session, last, clock.now(), _today(clock)) if each.out is None]
    if not there:
        raise Invalid.of('ASG-E004', '/among')
    if last.kind != 'even':
        return strategy
    frozen = replace(last, users=tuple(there), teams=(), online_only=False, skip_absent=False)
    return frozen if last is strategy else replace(strategy, fallback=frozen)


def forecast(
    session: Session, catalog: Catalog, strategy: Strategy, entity: Entity, records: Sequence[Change], total: int, *,
    clock: Clock,
) -> Forecast:  # fmt: skip
    """Who would get how many of `total` records, told by those that were read; nothing is written and no turn is taken.

    `records` may be fewer than `total` when deciding asks for values: then the answer is about these alone.
    """
    people = people_of(session, strategy.last, clock.now(), _today(clock))
    if strategy.kind != 'returning':
        records = [Change(entity, str(number), {}) for number in range(total)]
    found = distribute(
        session, catalog, strategy, entity, records, clock=clock, place=Place(0, len(records)), rehearsed=True
    )  # fmt: skip
    counts = Counter(each.user_id for each in found if each.user_id is not None)
    carried = loads(session, entity, list(counts)) if strategy.last.kind == 'by_load' else {}
    names = names_of(session, counts)
    order = [each.id for each in people if each.out is None]
    ids = [*order, *(each for each in counts if each not in order)]
    shares = tuple(Share(each, names.get(each, ''), counts[each], carried.get(each)) for each in ids if counts[each])
    left = tuple((each.name, each.out) for each in people if each.out is not None)
    nobody = sum(each.user_id is None for each in found)
    known = sum(each.strategy == 'returning' and each.user_id is not None for each in found)
    return Forecast(shares, nobody, left, known, len(records) if len(records) < total else None)


def read_strategy(
    session: Session, wire: Mapping[str, Any], entity: Entity, *, pointer: str = '', turn: str = ''
) -> Strategy:  # fmt: skip
    """A strategy from `{kind, among: {users: [user name], teams: [uid]}, remainder, online_only, skip_absent, via, fallback}`.

    Raises: Invalid ASG-E001, E002, E003, E006, E007, E008, E009.
    """
    among = wire.get('among') or {}
    sent = {'kind': (wire.get('kind'), str), 'among': (among, dict), 'fallback': (wire.get('fallback') or {}, dict)}
    if wrong := next((key for key, (value, kind) in sent.items() if not isinstance(value, kind)), None):
        raise Invalid.of('ASG-E009', f'{pointer}/{wrong}', value=wrong)
    users = _ids(session, ab_user.c.username, ab_user.c.id, _texts(among.get('users'), f'{pointer}/among/users'), 'ASG-E006')
    teams = _ids(session, team.c.uid, team.c.id, _texts(among.get('teams'), f'{pointer}/among/teams'), 'ASG-E007')
    via = _texts(wire.get('via'), f'{pointer}/via')
    links = {each.key for each in entity.own_fields if each.is_link}
    if unknown := [key for key in via if key not in links]:
        raise Invalid.of('ASG-E013', f'{pointer}/via', value=unknown[0][:60], hint=nearest(unknown[0], links))
    fallback = wire.get('fallback')
    kind: Kind = wire.get('kind', 'person')
    strategy = Strategy(
        kind, users, teams, str(wire.get('remainder') or 'last'), wire.get('online_only') is True,
        wire.get('skip_absent') is True, turn, tuple(via),
        read_strategy(session, fallback, entity, pointer=f'{pointer}/fallback', turn=turn) if fallback else None,
    )  # fmt: skip
    check_shape(strategy, pointer)
    return strategy


def strategy_wire(session: Session, strategy: Strategy) -> dict[str, Any]:
    """The strategy as `read_strategy` takes it; people and teams that are gone are left out."""
    users = {row.id: row.username for row in session.execute(sa.select(ab_user.c.id, ab_user.c.username))}
    teams = {row.id: row.uid for row in session.execute(sa.select(team.c.id, team.c.uid))}
    return {
        'kind': strategy.kind,
        'among': {
            'users': [users[each] for each in strategy.users if each in users],
            'teams': [teams[each] for each in strategy.teams if each in teams],
        },
        'remainder': strategy.remainder, 'online_only': strategy.online_only, 'skip_absent': strategy.skip_absent,
        'via': list(strategy.via), 'fallback': strategy_wire(session, strategy.fallback) if strategy.fallback else None,
    }  # fmt: skip


def names_of(session: Session, user_ids: Any) -> dict[int, str]:
    """`{user id: full name}`, of closed accounts too."""
    columns = (ab_user.c.id, ab_user.c.username, ab_user.c.first_name, ab_user.c.last_name)
    rows = session.execute(sa.select(*columns).where(ab_user.c.id.in_({each for each in user_ids if each is not None})))
    return {row.id: full_name(row.first_name, row.last_name) or row.username for row in rows}


@dataclass(frozen=True)
class _Deal:
    """What every way of dealing out needs."""

    session: Session
    strategy: Strategy
    entity: Entity
    people: Sequence[Person]
    now: datetime
    rehearsed: bool

    @property
    def ids(self) -> list[int]:
        """Those who can get something now."""
        return [each.id for each in self.people if each.out is None]


Dealt = list[tuple[int | None, Finding]]


def _person(deal: _Deal, count: int, place: Place) -> Dealt:
    return [(deal.ids[0], finding('ASG-R001', level='warning'))] * count


def _even(deal: _Deal, count: int, place: Place) -> Dealt:
    total = count if place.total is None else place.total
    number = len(deal.ids)
    left = total % number
    usual = finding('ASG-R002', level='warning', count=number, total=total)
    over = finding('ASG-R003' if deal.strategy.remainder == 'last' else 'ASG-R008', level='warning', count=left)
    places = range(place.before, place.before + count)
    return [
        (deal.ids[even_place(each, max(total, each + 1), number, deal.strategy.remainder)],
         usual if each < total - left else over)
        for each in places
    ]  # fmt: skip


def _round_robin(deal: _Deal, count: int, place: Place) -> Dealt:
    key, names = turn_key(deal.strategy, deal.entity), {each.id: each.name for each in deal.people}
    available = dict.fromkeys(deal.ids, True)
    circle = [each.id for each in deal.people]
    turns = take_turns(deal.session, key, circle, available, count, now=deal.now, rehearsed=deal.rehearsed)
    first = finding('ASG-R009', level='warning')
    return [
        (person, finding('ASG-R004', level='warning', who=names[last]) if last in names else first) for person, last in turns
    ]  # fmt: skip


def _by_load(deal: _Deal, count: int, place: Place) -> Dealt:
    carried = loads(deal.session, deal.entity, deal.ids)
    plural = {tongue: in_sentence(text) for tongue, text in deal.entity.definition.plural.items()}
    return [
        (person, finding('ASG-R005', level='warning', count=load, entity=plural))
        for person, load in by_load(count, deal.ids, carried)
    ]  # fmt: skip


_DEALS = {'person': _person, 'even': _even, 'round_robin': _round_robin, 'by_load': _by_load}


def _ids(session: Session, name: Any, row_id: Any, wanted: Sequence[str], code: str) -> tuple[int, ...]:
    if not wanted:
        return ()
    found: dict[str, int] = {row[0]: row[1] for row in session.execute(sa.select(name, row_id).where(name.in_(wanted)))}
    if missing := [each for each in wanted if each not in found]:
        raise Invalid.of(code, '/among', value=missing[0][:80])
    return tuple(dict.fromkeys(found[each] for each in wanted))


def _texts(sent: Any, pointer: str) -> list[str]:
    if sent is None:
        return []
    if not isinstance(sent, (list, tuple)) or len(sent) > MOST_PEOPLE or not all(isinstance(each, str) for each in sent):
        raise Invalid.of('ASG-E009', pointer, value=pointer.rpartition('/')[2])
    return list(sent)


def _today(clock: Clock) -> date:
    return day_of(clock, clock.zone)
