"""Why a condition is not true of a record: the tests that stood in its way, with what it holds. Decides by `python.py`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from schema.catalog import Catalog
from schema.conditions.binding import Binding
from schema.conditions.condition import Condition
from schema.conditions.python import Decider, Neighbours, Values
from schema.conditions.tree import Aggregate, Count, Group, Node, Not, Related, Test
from schema.conditions.words import Labels, clauses
from schema.fieldtypes.base import Reading


@dataclass(frozen=True)
class Reason:
    """One part that kept a condition from being true. `pointer` names it in the document; `answer` is False, or None for
    unknown; `text` says what it asks for and `found` what the record holds, empty for a blank; `reads` the field at the end of
    its path as `(entity key, field key)`, None for parts about related records."""

    pointer: str
    answer: bool | None
    text: str
    found: str
    reads: tuple[str, str] | None = None


def explain(
    condition: Condition, values: Values, binding: Binding, related: Neighbours, reading: Reading, labels: Labels | None = None
) -> list[Reason]:
    """The reasons, in reading order; none when the condition is true. They show values: callers leave out the unreadable.

    Of alternatives that all fail, every one is a reason. Under `not` a part that is true is one.
    """
    return explain_by(Decider(binding, related), condition, values, reading, labels)


def explain_by(
    decider: Decider, condition: Condition, values: Values, reading: Reading, labels: Labels | None = None
) -> list[Reason]:
    """The same by a decider of the caller's."""
    explainer = _Explainer(decider, condition.catalog, reading, labels or {})
    return list(explainer.reasons(condition.root, values, wanted=True))


@dataclass(frozen=True)
class _Explainer:
    decider: Decider
    catalog: Catalog
    reading: Reading
    labels: Labels

    def reasons(self, node: Node, values: Values, *, wanted: bool) -> Iterator[Reason]:
        answer = self.decider.decide(node, values)
        if answer is wanted:
            return
        if isinstance(node, Group):
            for part in node.parts:
                yield from self.reasons(part, values, wanted=wanted)
        elif isinstance(node, Not):
            yield from self.reasons(node.part, values, wanted=not wanted)
        else:
            text = clauses(node, self.catalog, self.reading.locale, self.labels, negated=not wanted)
            reads = (node.entity, node.field.key) if isinstance(node, Test) else None
            seen = answer if wanted or answer is None else not answer
            yield Reason(node.pointer, seen, text, self._found(node, values), reads)

    def parts(self, node: Node, values: Values, *, wanted: bool) -> Iterator[Reason]:
        if isinstance(node, Group):
            for part in node.parts:
                yield from self.parts(part, values, wanted=wanted)
            return
        if isinstance(node, Not):
            yield from self.parts(node.part, values, wanted=not wanted)
            return
        answer = self.decider.decide(node, values)
        text = clauses(node, self.catalog, self.reading.locale, self.labels, negated=not wanted)
        reads = (node.entity, node.field.key) if isinstance(node, Test) else None
        good = answer if wanted or answer is None else not answer
        yield Reason(node.pointer, good, text, self._found(node, values), reads)

    def _found(self, node: Node, values: Values) -> str:
        if isinstance(node, Test):
            held = self.decider.end(node, values)
            return node.field.type.text(node.field.definition, held, self.reading) if held is not None else ''
        if isinstance(node, (Related, Count, Aggregate)):
            return '' if (count := self.decider.count(node, values)) is None else str(count)
        return ''


def parts_by(
    decider: Decider, condition: Condition, values: Values, reading: Reading, labels: Labels | None = None
) -> list[Reason]:
    """Every part of a condition that can be decided by itself, true ones too, in reading order. Under `not` a part says what is
    wanted of it, so that True is always good."""
    explainer = _Explainer(decider, condition.catalog, reading, labels or {})
    return list(explainer.parts(condition.root, values, wanted=True))
