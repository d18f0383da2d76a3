"""Duplicate rules of one entity, ready to compare: which rules a change asks for, and by what values. Reads no database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from modules.duplicates.comparators.base import Comparator
from modules.duplicates.comparators.registry import COMPARATORS
from schema.catalog import Entity, Field
from schema.definitions import DuplicateRuleDef

Key = tuple[Hashable, ...]


@dataclass(frozen=True, eq=False)
class Rule:
    """One rule with its fields and comparers, in the order of its tests."""

    definition: DuplicateRuleDef
    tests: tuple[tuple[Field, Comparator], ...]

    @property
    def ref(self) -> str:
        return self.definition.ref

    @property
    def blocks(self) -> bool:
        return self.definition.action == 'block'

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        return tuple(field for field, _ in self.tests)

    def key_of(self, value: Callable[[str], Any]) -> Key | None:
        """The values to match on, given `value(field key)`; None when one of them is blank."""
        parts = []
        for field, comparator in self.tests:
            part = comparator.key_of(field, value(field.key))
            if part is None:
                return None
            parts.append(part)
        return tuple(parts)

    def row_key(self, row: Mapping[str, Any]) -> Key | None:
        return self.key_of(lambda key: self._by_key[key].from_row(row))

    def probes(self, values: Sequence[Callable[[str], Any]]) -> list[tuple[Field, Collection[Any]]]:
        """For each test what its comparable column may hold, over all the given records."""
        return [
            (field, tuple(dict.fromkeys(probe for value in values for probe in comparator.probes(field, value(field.key)))))
            for field, comparator in self.tests
        ]

    @cached_property
    def _by_key(self) -> Mapping[str, Field]:
        return {field.key: field for field in self.fields}


def rules_of(entity: Entity) -> tuple[Rule, ...]:
    """Blocking rules first; a rule whose field is gone is left out, for it can no longer be asked."""
    rules = []
    for definition in entity.definition.duplicates:
        tests = [(entity.find_field(test.field), COMPARATORS.find(test.compare)) for test in definition.match]
        known = [(field, comparator) for field, comparator in tests if field is not None and comparator is not None]
        if known and len(known) == len(tests):
            rules.append(Rule(definition, tuple(known)))
    return tuple(sorted(rules, key=lambda rule: not rule.blocks))
