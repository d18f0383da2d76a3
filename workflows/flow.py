"""The order of a workflow's steps: which comes first, which follows, where a way or a loop ends. Pure; carries out nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from schema.conditions import Condition
from schema.definitions import Document

LOOP = 'for_each'
OUTERMOST = ''
"""The root of a run that a trigger started; a run for one related record has its loop's key."""


@dataclass(frozen=True, eq=False)
class Step:
    """One step. `document` holds what its action reads, `ways` the lists of steps inside it by name (`cases/0`, `otherwise`,
    `on_timeout`, `steps`), `conditions` the compiled conditions by name (`condition`, `cases/0`)."""

    key: str
    type: str
    document: Document
    pointer: str = ''
    ways: Mapping[str, Sequence[Step]] = field(default_factory=dict)
    conditions: Mapping[str, Condition] = field(default_factory=dict)

    def first_of(self, way: str) -> str | None:
        """The key of the first step of a way; None when the step has no such way."""
        steps = self.ways.get(way, ())
        return steps[0].key if steps else None


class Flow:
    """The steps of one workflow by key, with their neighbours. Keys are unique in the whole workflow."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = tuple(steps)
        self._found: dict[str, Step] = {}
        self._after: dict[str, str | None] = {}
        self._lay(self.steps, None)

    def _lay(self, steps: Sequence[Step], afterwards: str | None) -> None:
        for number, step in enumerate(steps):
            following = steps[number + 1].key if number + 1 < len(steps) else afterwards
            self._found[step.key], self._after[step.key] = step, following
            for inner in step.ways.values():
                self._lay(inner, None if step.type == LOOP else following)

    def __iter__(self) -> Iterator[Step]:
        """All steps, those inside others included, in the order of the document."""
        return iter(self._found.values())

    def find(self, key: str) -> Step | None:
        return self._found.get(key)

    def first(self, root: str = OUTERMOST) -> str:
        """The key of a run's first step."""
        if root == OUTERMOST:
            return self.steps[0].key
        return self._found[root].ways['steps'][0].key

    def after(self, key: str) -> str | None:
        """The key of the step that follows when a step is over; None at the end of the run, or of a loop's turn."""
        return self._after[key]


def ways_of(document: Document) -> Iterator[tuple[str, Sequence[Document]]]:
    """`(name, documents)` of the lists of steps inside a step; names are pointers within it."""
    for number, case in enumerate(document.get('cases', ())):
        yield f'cases/{number}', case['steps']
    for name in ('otherwise', 'on_timeout', 'steps'):
        if document.get(name):
            yield name, document[name]
