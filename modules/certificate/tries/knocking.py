"""The last try of a way: addresses that none of its own tries met, because nothing of this schema led there, are asked as they
stand, about a record out of reach. An address that no rule of the application spells stays untried.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from werkzeug.routing import Map, Rule

from modules.certificate.visiting import JSON, Visit
from schema.base.ids import new_uid

CHOICE = re.compile(r'<any\(([^)]*)\):(\w+)>')
NUMBER = re.compile(r'<int[^:>]*:(\w+)>')
UNASKED = frozenset({'HEAD', 'OPTIONS'})


def knock(visit: Visit, addresses: Map, endpoints: Collection[str]) -> None:
    """Ask at each of these endpoints by every method it takes; answers are judged as all others."""
    hidden = visit.hidden[-1].uid if visit.hidden else new_uid()
    for rule in addresses.iter_rules():
        if rule.endpoint in endpoints and (path := path_of(rule, {'entity': visit.key}, hidden)) is not None:
            for method in _methods(rule):
                visit.send(method, path, headers=JSON, **({} if method == 'GET' else {'form': {}}))


def _methods(rule: Rule) -> Iterator[str]:
    yield from sorted((rule.methods or {'GET'}) - UNASKED)


def path_of(rule: Rule, given: Mapping[str, str], rest: str) -> str | None:
    """An address that the rule spells: what is `given` by name, 1 for a number, the first where it takes one of several, and
    `rest` for every other part. None when it spells none."""
    chosen = {name: choices.split(',')[0].strip(' \'"') for choices, name in CHOICE.findall(rule.rule)}
    numbers = dict.fromkeys(NUMBER.findall(rule.rule), 1)
    values = {**dict.fromkeys(rule.arguments, rest), **numbers, **chosen}
    try:
        built = rule.build({**values, **{name: value for name, value in given.items() if name in values}})
    except ValueError:
        return None
    return built[1] if built is not None else None
