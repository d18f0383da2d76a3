"""Records and moments that conditions compare with as parameters, so that a statement about one record serves all, and one of
this moment the next. Asks nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from permissions.policy import Policy
from schema.base.tables import UtcDateTime
from schema.conditions import Condition, tree
from schema.conditions.binding import ME, MY_TEAMS
from schema.conditions.relative import Point, Span, instants_of
from schema.values import Link

LONGEST_NAME = 2_000
OWN = frozenset({'link', 'link_any', 'user', 'team'})
"""Types that compare a column of the record itself."""
ORDERED = frozenset({'lt', 'lte', 'gt', 'gte', 'between'})
"""Tests that compare with an end of an instant."""
Key = tuple[str, str]
Ids = Mapping[Key, int | None]
Moments = Mapping[Point, tuple[Any, Any]]


@dataclass(frozen=True)
class Operands:
    """`name` is what statements with the conditions are kept by, None where they serve one request; they are made over `ids`
    and `moments` and run with `given`. Those that look `further` than the record's own row see others with a person's eyes."""

    name: str | None
    ids: Mapping[Key, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    moments: Moments = field(default_factory=dict)
    further: bool = False


def operands_of(asked: Sequence[Condition], ids: Ids, policy: Policy, now: datetime) -> Operands:
    """`ids` by entity and uid, of all links that the conditions compare with. What they find by lists of links, or behind a
    rule that moves with time, belongs to one request."""
    if not asked:
        return Operands('')
    links = [pair for each in asked for pair in _links(each)]
    tests = [node for each in asked for node in tree.walk(each.root) if isinstance(node, (tree.Test, tree.Aggregate))]
    seen = {target for each in asked for target in _seen(each)}
    if any(kind not in OWN for kind, _link in links) or any(policy.rule('read', target).moves for target in seen):
        return Operands(None, ids)
    moving = [(each.op, part) for each in tests for part in each.operand.parts if isinstance(part, (Point, Span))]
    points = dict.fromkeys(part for _op, part in moving if isinstance(part, Point) and part.is_moment)
    if any(part in points and op not in ORDERED for op, part in moving):
        return Operands(None, ids)
    name = json.dumps([each.document for each in asked], sort_keys=True)
    numbers = {key: number for number, key in enumerate(dict.fromkeys((link.entity, link.uid) for _kind, link in links))}
    times = Counter(link.uid for _kind, link in links)
    # What is said of the same uid elsewhere would stay in a statement that is kept without it.
    told = all(ids.get(key) is not None and name.count(key[1]) == times[key[1]] for key in numbers)
    if not told or len(name) > LONGEST_NAME:
        return Operands(None, ids)
    for (_entity, uid), number in numbers.items():
        name = name.replace(uid, f'@{number}')
    if len(moving) > sum(part in points for _op, part in moving):  # what counts in days is right until the day ends
        name += now.astimezone(policy.actor.zone).date().isoformat()
    given: dict[str, Any] = {f'_linked_{number}': int(ids[key] or 0) for key, number in numbers.items()}
    params = {key: sa.bindparam(f'_linked_{number}', type_=sa.BigInteger) for key, number in numbers.items()}
    return Operands(name, params, given | _given(points, now, policy.actor.zone), _named(points), bool(seen))


def _named(points: Mapping[Point, Any]) -> Moments:
    return {
        point: (sa.bindparam(f'_from_{number}', type_=UtcDateTime()), sa.bindparam(f'_until_{number}', type_=UtcDateTime()))
        for number, point in enumerate(points)
    }


def _given(points: Mapping[Point, Any], now: datetime, zone: ZoneInfo) -> dict[str, datetime]:
    given: dict[str, datetime] = {}
    for number, point in enumerate(points):
        given[f'_from_{number}'], given[f'_until_{number}'] = instants_of(point, now, zone)
    return given


def _seen(condition: Condition) -> Iterator[str]:
    """Entities of which other records decide, lines apart: they are in reach as their record is."""
    yield from (hop.target for hop in condition.hops() if hop.via not in {'lines', tree.PARENT})
    for node in tree.walk(condition.root):
        if isinstance(node, tree.Test) and node.field.definition.table and node.field.definition.lines is None:
            yield from node.field.definition.targets


def _links(condition: Condition) -> Iterator[tuple[str, Link]]:
    """As `Condition.link_operands`, each as often as it stands there, with the type of the field that it is compared with."""
    for node in tree.walk(condition.root):
        if isinstance(node, (tree.Test, tree.Aggregate)):
            kind = node.field.type.key if isinstance(node, tree.Test) else ''
            yield from ((kind, part) for part in node.operand.parts if isinstance(part, Link) and part not in (ME, MY_TEAMS))
