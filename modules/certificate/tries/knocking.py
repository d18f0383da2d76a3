"""The last try of a way: addresses that none of its own tries met, because nothing of this schema led there, are asked as they
stand, about a record out of reach. An address that no rule of the application spells stays untried.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from werkzeug.routing import Map, Rule

from modules.certificate.visiting import JSON, Visit
from schema.base.ids import new_uid

NUMBER = re.compile(r'<int[^:>]*:(\w+)>')
UNASKED = frozenset({'HEAD', 'OPTIONS'})


def knock(visit: Visit, addresses: Map, endpoints: Collection[str]) -> None:
    """Ask at each of these endpoints by every method it takes; answers are judged as all others."""
    for rule in addresses.iter_rules():
        if rule.endpoint in endpoints and (path := _path(visit, rule)) is not None:
            for method in _methods(rule):
                visit.send(method, path, headers=JSON, **({} if method == 'GET' else {'form': {}}))


def _methods(rule: Rule) -> Iterator[str]:
    yield from sorted((rule.methods or {'GET'}) - UNASKED)


def _path(visit: Visit, rule: Rule) -> str | None:
    hidden = visit.hidden[-1].uid if visit.hidden else new_uid()
    numbers = NUMBER.findall(rule.rule)
    values: dict[str, Any] = {name: 1 if name in numbers else hidden for name in rule.arguments}
    if 'entity' in values:
        values['entity'] = visit.key
    built = rule.build(values)
    return built[1] if built is not None else None
