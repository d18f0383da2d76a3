"""What a trial found, small enough to keep and to show: verdicts by role, way and entity, and the first faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from modules.certificate.planting import NO_ROLE
from modules.certificate.trial import RED, Outcome
from modules.certificate.visiting import Fault
from modules.ways import WayOut
from schema.catalog import Catalog
from schema.definitions import Texts

LETTERS: Mapping[str, str] = {'shown': 's', 'kept': 'k', 'none': '-', 'leak': 'L', 'missing': 'M'}
WORDS = {letter: word for word, letter in LETTERS.items()}
RED_LETTERS = frozenset(LETTERS[word] for word in RED)
KEPT_FAULTS, PROOFS = 500, 2
State = Literal['green', 'red', 'untried']
NOBODY: Texts = {'en': 'No role', 'vi': 'Không có vai trò'}


@dataclass(frozen=True)
class Report:
    """`roles`, `ways`, `entities` are labels by key; `fields` their labels in the order of the letters of `verdicts`, which are
    `{role: {way: {entity: letters}}}`; `untried` are `{way: addresses}` that nobody could ask."""

    roles: Mapping[str, Texts] = field(default_factory=dict)
    ways: Mapping[str, Texts] = field(default_factory=dict)
    entities: Mapping[str, Texts] = field(default_factory=dict)
    fields: Mapping[str, Mapping[str, Texts]] = field(default_factory=dict)
    verdicts: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    untried: Mapping[str, Sequence[str]] = field(default_factory=dict)
    faults: tuple[Mapping[str, str], ...] = ()

    @property
    def state(self) -> State:
        """Green says that all was tried and nothing leaks; what nobody could ask is neither tight nor leaky."""
        if self.red or not self.verdicts:
            return 'red'
        return 'untried' if self.untried else 'green'

    @property
    def red(self) -> int:
        return sum(self.tally(role, way)['red'] for role in self.verdicts for way in self.verdicts[role])

    @property
    def cells(self) -> int:
        return sum(self.tally(role, way)['all'] for role in self.verdicts for way in self.verdicts[role])

    def tally(self, role: str, way: str, entity: str = '') -> Counter[str]:
        """`{all, red, shown}` of a role and way, of all entities or one."""
        found: Counter[str] = Counter()
        for key, letters in self.verdicts.get(role, {}).get(way, {}).items():
            if not entity or key == entity:
                found['all'] += len(letters)
                found['red'] += sum(letter in RED_LETTERS for letter in letters)
                found['shown'] += letters.count(LETTERS['shown'])
        return found

    def as_json(self) -> dict[str, Any]:
        return {'roles': self.roles, 'ways': self.ways, 'entities': self.entities, 'fields': self.fields,
                'verdicts': self.verdicts, 'untried': self.untried}  # fmt: skip

    @classmethod
    def from_json(cls, matrix: Mapping[str, Any], faults: Iterable[Mapping[str, str]]) -> Report:
        return cls(**matrix, faults=tuple(faults))


def _first_of_each(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Two proofs for each field are enough."""
    met: Counter[tuple[str, str]] = Counter()
    for fault in faults:
        met[fault.entity, fault.field] += 1
        if met[fault.entity, fault.field] <= PROOFS:
            yield fault


def report_of(outcome: Outcome, catalog: Catalog, ways: Mapping[str, WayOut]) -> Report:
    """The outcome of a trial, with the words of now: a certificate is read when fields may be called otherwise."""
    fields = {
        key: {name: each.definition.label for name, each in entity.fields.items()} for key, entity in catalog.entities.items()
    }
    roles = list(dict.fromkeys(cell[0] for cell in outcome.cells))
    verdicts = {
        role: {
            way: {
                entity: ''.join(LETTERS[outcome.cells[role, entity, name, way]] for name in names)
                for entity, names in fields.items()
            }
            for way in ways
        }
        for role in roles
    }
    faults = [
        {'role': role, 'way': way, 'entity': each.entity, 'field': each.field, 'request': each.request[:500],
         'found': each.found[:300]}
        for (role, way), found in outcome.faults.items() for each in _first_of_each(found)
    ]  # fmt: skip
    untried: dict[str, list[str]] = {}
    for way, endpoint in outcome.untried(ways):
        untried.setdefault(way, []).append(endpoint)
    return Report(
        roles={role: NOBODY if role == NO_ROLE else catalog.roles[role].label or {'en': role} for role in roles},
        ways={key: way.label for key, way in ways.items()},
        entities={key: entity.definition.label for key, entity in catalog.entities.items()},
        fields=fields,
        verdicts=verdicts,
        untried=untried,
        faults=tuple(faults[:KEPT_FAULTS]),
    )
