"""Samples of every field type for the shared contract suite; knows no test.

One module for each type, named as the type's key, with one `SAMPLE = Sample(...)`; a type without one fails the suite. All
samples together make one entity, `specimen`: the field of a type is called `f_<type key>`, and record number i holds case i of
every type, so a case needs no record of its own. The last record leaves every field blank.

* `keywords`: what the property carries beside `x-type` and `x-label`.
* `cases`: two or more values, in ascending order when the type sorts (`ordered=False` when its order means nothing to people).
* `extremes`: further cases: the longest, the largest, the oddest.
* `refused`: `(wire, code)` pairs that the field refuses.
* `operands`: `{operator: (operand, …)}` where the default (the cases as written) does not do. Each operator must pick some
  record with one of its operands, and SQL and Python must agree on every record.

A computed type names the fields that it is computed from in `beside` (keys start with `f_<type key>_`) and gives in
`Case.sets` what is written into them; `blank` is what it reads as when nothing was written. A type that is not kept in the
record's own row needs nothing else. `entities` adds whole entities (a rollup's children), and `Case.others` records of them:
`(entity key, wire)` pairs, where the wire value '$uid' stands for the record's own uid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SAME: Any = object()
PLACES = (
    '01900000-0000-7000-8000-0000000000a1',
    '01900000-0000-7000-8000-0000000000a2',
    '01900000-0000-7000-8000-0000000000a3',
)
"""Records of the entity `place`, named Cao Bằng, Đà Lạt and Huế, for links to point to."""
PLACE_NAMES = ('Cao Bằng', 'Đà Lạt', 'Huế')
Wire = Any | Callable[[Callable[[str], str]], Any]
"""A wire value, or a function that makes it when given a look-up from the name of a team to its uid."""


@dataclass(frozen=True)
class Case:
    """One value of a field on each of its faces.

    `read` is what the API answers, a compiled pattern when it cannot be foretold; `write` what the API is sent (default: the
    same). `typed` is what a browser sends: a text, or `{suffix of the name: texts}`. `shown` is what a record's page must say
    (default: the text of the type). `cell` is the cell of a csv export in English, `imported` what the API answers after the
    exported file came in again (default: `read`).
    """

    read: Wire
    write: Wire = SAME
    typed: str | Mapping[str, Sequence[str]] | Callable[[Callable[[str], str]], str] | None = None
    shown: str | None = None
    cell: str | None = None
    imported: Any = SAME
    sets: Mapping[str, Any] = field(default_factory=dict)
    others: Sequence[tuple[str, Mapping[str, Any]]] = ()


@dataclass(frozen=True)
class Sample:
    cases: Sequence[Case]
    keywords: Mapping[str, Any] = field(default_factory=dict)
    extremes: Sequence[Case] = ()
    refused: Sequence[tuple[Any, str]] = ()
    operands: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    ordered: bool = True
    blank: Any = None
    imported_blank: Any = SAME
    """What a blank cell becomes, where that is not `blank`: a record needs a stage, for one."""
    labelled: bool = True
    """Whether a record's page shows its label beside the value."""
    beside: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    entities: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    prepare: Callable[[Any], None] | None = None
    """What the cases stand on beside records: given the site before any record is made."""

    @property
    def all_cases(self) -> list[Case]:
        return [*self.cases, *self.extremes]

    def case(self, number: int) -> Case | None:
        every = self.all_cases
        return every[number] if number < len(every) else None
