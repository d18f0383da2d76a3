"""Tries role × field × way out and tells what came of it: one verdict for each cell, and every fault with its request."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from flask import Flask
from sqlalchemy.orm import Session

from modules.certificate.canaries import Mark
from modules.certificate.planting import Planter, World
from modules.certificate.tries.knocking import knock
from modules.certificate.visiting import Fault, Sight, Visit, Visitor
from modules.files.storage import FileStore
from modules.runtime import Runtime
from modules.ways import WayOut
from permissions.actors import load_actor
from permissions.facts import facts_for
from permissions.policy import Policy
from schema.base.actor import Actor
from schema.catalog import Catalog, Entity

Verdict = Literal['shown', 'kept', 'none', 'leak', 'missing']
"""`shown`: readable, and it appeared; `kept`: nothing out of reach appeared; `none`: the role reads nothing of the entity and
nothing appeared; `leak` and `missing` are red."""
RED = frozenset({'leak', 'missing'})
Cell = tuple[str, str, str, str]
"""Role, entity, field, way."""
Visits = dict[str, list[Visit]]
"""By way: one for each entity, or one."""


@dataclass
class Outcome:
    """`cells` holds a verdict for every role, entity, field and way; `asked` the addresses that each way's own tries met,
    `knocked` those that were asked as they stand."""

    cells: dict[Cell, Verdict] = field(default_factory=dict)
    faults: dict[tuple[str, str], list[Fault]] = field(default_factory=lambda: defaultdict(list))
    asked: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    knocked: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    requests: int = 0

    def unasked(self, ways: Mapping[str, WayOut]) -> list[tuple[str, str]]:
        """`(way, address)` of what is listed and that no try of its way met."""
        return [(name, each) for name, way in ways.items() for each in sorted(set(way.endpoints) - self.asked[name])]

    def untried(self, ways: Mapping[str, WayOut]) -> list[tuple[str, str]]:
        """Those that no knock met either: nobody knows whether they are tight."""
        return [(name, each) for name, each in self.unasked(ways) if each not in self.knocked[name]]

    @property
    def red(self) -> list[Cell]:
        return [cell for cell, verdict in self.cells.items() if verdict in RED]

    @property
    def counts(self) -> Counter[str]:
        return Counter(self.cells.values())


class Trial:
    """One world on one installation, whose application is asked as by people's browsers and programs."""

    def __init__(self, app: Flask, runtime: Runtime, ways: Mapping[str, WayOut]) -> None:
        self._app, self._runtime, self.ways = app, runtime, ways
        self.catalog: Catalog = runtime.catalogs.current()
        self.world = World()

    def plant(self) -> World:
        with self._runtime.database.session() as session:
            store = FileStore.at(self._runtime.settings.files_url)
            plants = [each for way in self.ways.values() for each in way.plants]
            self.world = Planter(session, self.catalog, store, self._runtime.clock.now()).plant(plants)
        return self.world

    def run(self, roles: Collection[str] | None = None) -> Outcome:
        """Every role that was planted, or some of them. What no try met is knocked at when all are done, for a knock may change
        what a try would have asked for."""
        outcome = Outcome()
        tried = {role: self._try(role) for role in self.world.people if roles is None or role in roles}
        for name, visits in _each(tried):
            outcome.asked[name] |= {each for visit in visits for each in visit.asked}
        closed = defaultdict(set)
        for name, endpoint in outcome.unasked(self.ways):
            closed[name].add(endpoint)
        for name, visits in _each(tried):
            for visit in visits:
                if closed[name]:
                    knock(visit, self._app.url_map, closed[name])
                outcome.requests += visit.requests
                outcome.knocked[name] |= visit.asked & closed[name]
        for role, ways in tried.items():
            for name, visits in ways.items():
                outcome.faults[role, name] += [fault for visit in visits for fault in visit.faults]
                self._judge(outcome, role, name, visits)
        return outcome

    def sight_of(self, role: str) -> Sight:
        """What the planted person of a role may see, decided record by record."""
        return self._sight(self._runtime.policy(self._actor(role), self.catalog))

    def _actor(self, role: str) -> Actor:
        with self._runtime.database.reading() as connection:
            actor = load_actor(connection, self.world.people[role])
        assert actor is not None
        return actor

    def _try(self, role: str) -> Visits:
        """Every try of every way, as the planted person of the role."""
        actor = self._actor(role)
        policy = self._runtime.policy(actor, self.catalog)
        sight = self._sight(policy)
        visitor = Visitor(self._app, self._runtime, actor)
        entities = list(self.catalog.entities.values())
        made: Visits = {}
        for name, way in self.ways.items():
            made[name] = [Visit(visitor, policy, self.world, sight, name, each) for each in self._places(way, entities)]
            for visit in made[name]:
                for attempt in way.tries:
                    attempt(visit)
        visitor.known.clear()  # whole pages, which nobody asks for again
        return made

    @staticmethod
    def _places(way: WayOut, entities: list[Entity]) -> Iterable[Entity]:
        return entities if way.each == 'entity' else entities[:1]

    def _judge(self, outcome: Outcome, role: str, name: str, visits: list[Visit]) -> None:
        way, faults = self.ways[name], outcome.faults[role, name]
        blamed = {(fault.entity, fault.field) for fault in faults}
        appeared = {mark for visit in visits for mark in visit.appeared}
        for entity in self.catalog.entities.values():
            sight = visits[0].sight
            missing = set(self._missing(way, entity, sight, appeared)) if visits else set()
            for key in entity.fields:
                verdict: Verdict = 'kept' if sight.readable[entity.key] else 'none'
                if (entity.key, key) in blamed or (entity.key, '*') in blamed:
                    verdict = 'leak'
                elif key in missing:
                    verdict = 'missing'
                    faults.append(Fault(entity.key, key, name, 'a readable value did not appear'))
                elif any(mark.entity == entity.key and mark.field == key for mark in appeared):
                    verdict = 'shown'
                outcome.cells[role, entity.key, key, name] = verdict

    def _missing(self, way: WayOut, entity: Entity, sight: Sight, appeared: set[Mark]) -> Iterator[str]:
        """Fields that the way promises and did not show of any record within reach."""
        if way.shows == 'nothing' or not sight.records[entity.key]:
            return
        marked = self.world.marked[entity.key] & sight.readable[entity.key]
        promised = marked & {entity.title.key}
        if way.shows in {'fields', 'whole'}:
            promised = {key for key in marked if way.shows == 'whole' or not entity.fields[key].is_collection}
        shown = {mark.field for mark in appeared if mark.entity == entity.key and not mark.former}
        yield from promised - shown

    def _sight(self, policy: Policy) -> Sight:
        readable = {key: policy.readable(key) for key in self.catalog.entities}
        records = {key: frozenset(self._reached(policy, entity)) for key, entity in self.catalog.entities.items()}
        return Sight(readable, records)

    def _reached(self, policy: Policy, entity: Entity) -> Iterator[str]:
        """Decided record by record, not by the predicate that lists use."""
        planted = self.world.records[entity.key]
        with Session(self._runtime.database.read_engine) as session:
            rows = {row['id']: row for row in session.execute(_rows(entity, [each.id for each in planted.values()])).mappings()}
            facts = facts_for(session, policy, 'read', entity, list(rows.values()))
        for name, each in planted.items():
            if policy.decide('read', entity.key, facts[each.id]).allowed:
                yield name


def _each(tried: Mapping[str, Visits]) -> Iterator[tuple[str, list[Visit]]]:
    """`(way, its visits)` of every role."""
    return ((name, visits) for ways in tried.values() for name, visits in ways.items())


def _rows(entity: Entity, ids: list[int]) -> Any:
    return entity.table.select().where(entity.table.c.id.in_(ids))
