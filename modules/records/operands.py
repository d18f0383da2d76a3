"""Records that conditions compare with as parameters, so that a statement about one record serves all. Asks nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from schema.conditions import Condition, tree
from schema.conditions.binding import ME, MY_TEAMS
from schema.role_conditions import moves
from schema.values import Link

LONGEST_NAME = 2_000
OWN = frozenset({'link', 'link_any', 'user', 'team'})
"""Types that compare a column of the record itself."""
Key = tuple[str, str]
Ids = Mapping[Key, int | None]


@dataclass(frozen=True)
class Operands:
    """`name` is what statements with the conditions are kept by, None where they serve one request; they are made over `ids`
    and run with `given`."""

    name: str | None
    ids: Mapping[Key, Any] = field(default_factory=dict)
    given: Mapping[str, int] = field(default_factory=dict)


def operands_of(asked: Sequence[Condition], ids: Ids) -> Operands:
    """`ids` by entity and uid, of all links that the conditions compare with. What they find in other tables, or compare with
    the present moment, belongs to one request."""
    if not asked:
        return Operands('')
    links = [pair for each in asked for pair in _links(each)]
    if any(each.hops() or moves(each) for each in asked) or any(kind not in OWN for kind, _link in links):
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
    params = {key: sa.bindparam(f'_linked_{number}', type_=sa.BigInteger) for key, number in numbers.items()}
    return Operands(name, params, {f'_linked_{number}': int(ids[key] or 0) for key, number in numbers.items()})


def _links(condition: Condition) -> Iterator[tuple[str, Link]]:
    """As `Condition.link_operands`, each as often as it stands there, with the type of the field that it is compared with."""
    for node in tree.walk(condition.root):
        if isinstance(node, (tree.Test, tree.Aggregate)):
            kind = node.field.type.key if isinstance(node, tree.Test) else ''
            yield from ((kind, part) for part in node.operand.parts if isinstance(part, Link) and part not in (ME, MY_TEAMS))
