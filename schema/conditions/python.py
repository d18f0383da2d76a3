"""Conditions decided in Python over values already read. The twin of `sql.py`: the same forms, the same answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from schema.conditions import aggregates
from schema.conditions.binding import Binding
from schema.conditions.families import family_of
from schema.conditions.operators import OPERATORS, form_of
from schema.conditions.tree import Aggregate, Count, Group, Hop, Node, Not, Related, Test

Values = Mapping[str, Any]
Neighbours = Callable[[Hop, Values], Iterable[Values]]
"""The records that one step from a record leads to, as `{field_key: value}`; deleted and unseen ones left out."""


class Decider:
    def __init__(self, binding: Binding, neighbours: Neighbours) -> None:
        self._binding = binding
        self._neighbours = neighbours

    def decide(self, node: Node, values: Values) -> bool | None:
        """True, False, or None for UNKNOWN."""
        if isinstance(node, Group):
            answers = (self.decide(part, values) for part in node.parts)
            return every(answers) if node.every else some(answers)
        if isinstance(node, Not):
            return negate(self.decide(node.part, values))
        if isinstance(node, Test):
            return self._test(node, values)
        assert isinstance(node, (Related, Count, Aggregate))
        return self.relation(node, values)

    def relation(self, node: Related | Count | Aggregate, values: Values) -> bool | None:
        """A part about the records that point to this one."""
        if isinstance(node, Related):
            return self._related(node, values)
        if isinstance(node, Aggregate):
            return self._aggregate(node, values)
        return form_of(node.op, 'value').python(self._number(node, values), node.numbers)

    def _test(self, node: Test, values: Values) -> bool | None:
        family = family_of(node.field)
        held = self.end(node, values)
        if held is not None:
            held = family.value(node.field, node.op, node.operand, held)
        if held is None:
            return OPERATORS[node.op].blank
        bound = family.bind(node.field, node.op, node.operand, self._binding)
        return form_of(node.op, family.shape).python(held, bound)

    def _aggregate(self, node: Aggregate, values: Values) -> bool | None:
        family = family_of(node.field)
        chosen = (each for each in self._neighbours(node.hop, values) if self.decide(node.where, each) is True)
        held = (family.value(node.field, node.op, node.operand, each.get(node.field.key)) for each in chosen)
        bound = family.bind(node.field, node.op, node.operand, self._binding)
        return aggregates.decide(node, [each for each in held if each is not None], bound)

    def end(self, node: Test, values: Values) -> Any:
        """What the field at the end of the path holds; None when the path breaks off."""
        record = values
        for hop in node.path:
            found = next(iter(self._neighbours(hop, record)), None)
            if found is None:
                return None
            record = found
        return record.get(node.field.key)

    def count(self, node: Related | Count | Aggregate, values: Values) -> int | None:
        """How many related records satisfy what the part asks of them; None when nobody counted."""
        return self._number(node, values)

    def _number(self, node: Related | Count | Aggregate, values: Values) -> int:
        return sum(self.decide(node.where, each) is True for each in self._neighbours(node.hop, values))

    def _related(self, node: Related, values: Values) -> bool | None:
        answers = (self.decide(node.where, each) for each in self._neighbours(node.hop, values))
        if node.quantifier == 'every':
            return every(answers)
        return negate(some(answers)) if node.quantifier == 'none' else some(answers)


def negate(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def every(answers: Iterable[bool | None]) -> bool | None:
    """AND over three values; true over none."""
    result: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            result = None
    return result


def some(answers: Iterable[bool | None]) -> bool | None:
    """OR over three values; false over none."""
    return negate(every(map(negate, answers)))
