"""A condition whose names are known: typed nodes and steps between records. Reads no document, writes no SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, Literal

from schema.definitions import FieldDef
from schema.fieldtypes.base import FieldType

MAX_DEPTH = 12
MAX_LEAVES = 200
MAX_VALUES = 500
MAX_ALL_VALUES = 2_000  # both engines bound the parameters of a statement; a value may need two
MAX_ALL_HOPS = 30  # each is a subquery; a planner's work grows faster than their number
MAX_HOPS = 3

PARENT: Literal['parent'] = 'parent'
"""In a rule of lines, what stands for the record that holds the line; no field of lines may have this key."""

Quantifier = Literal['any', 'every', 'none']
Function = Literal['sum', 'min', 'max', 'avg']


@dataclass(frozen=True)
class FieldFace:
    """A field as conditions see it: its definition and the code behind its type."""

    definition: FieldDef
    type: FieldType

    @property
    def key(self) -> str:
        return self.definition.key


@dataclass(frozen=True)
class Hop:
    """One step from a record of `source` to records of `target`.

    Forward along the record's own link `field` (at most one record), or `back` along the link `field` of `target` records
    that point here (any number). `column` holds the link's id. Along `links` the table `pairs` stands between; the lines of a
    record are a step `back` from a target such as `quote.items`, and `parent` is the way from a line to its record.
    """

    source: str
    field: str
    target: str
    back: bool = False
    column: str = dataclass_field(default='', compare=False)
    via: Literal['link', 'links', 'lines', 'parent'] = 'link'
    pairs: str = dataclass_field(default='', compare=False)

    @property
    def holder(self) -> str:
        """The key of the entity whose field it follows."""
        return self.target if self.back and self.via != 'lines' else self.source


@dataclass(frozen=True)
class Operand:
    """What a test compares with: constants as the field's column holds them, relative dates, links, `ME` and `MY_TEAMS`.

    `currency` restricts a money test to amounts in it. `shown` keeps the values as written, for sentences.
    """

    parts: tuple[Any, ...] = ()
    currency: str | None = None
    shown: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Group:
    pointer: str
    every: bool
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Not:
    pointer: str
    part: Node


@dataclass(frozen=True)
class Test:
    """One test of `field`, which belongs to `entity`, reached over `path`."""

    pointer: str
    path: tuple[Hop, ...]
    entity: str
    field: FieldFace
    op: str
    operand: Operand


@dataclass(frozen=True)
class Related:
    pointer: str
    quantifier: Quantifier
    hop: Hop
    where: Node


@dataclass(frozen=True)
class Count:
    """How many related records satisfy `where`, compared with `numbers`."""

    pointer: str
    hop: Hop
    where: Node
    op: str
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Aggregate:
    """The sum, least, greatest or mean of `field` over the related records that satisfy `where`; blank over none."""

    pointer: str
    hop: Hop
    where: Node
    function: Function
    field: FieldFace
    op: str
    operand: Operand


@dataclass(frozen=True)
class Broken:
    """A part that no longer fits the schema; only sentences meet it, `compile` refuses it."""

    pointer: str
    text: str


Node = Group | Not | Test | Related | Count | Aggregate | Broken


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in reading order."""
    yield node
    if isinstance(node, Group):
        for part in node.parts:
            yield from walk(part)
    elif isinstance(node, Not):
        yield from walk(node.part)
    elif isinstance(node, (Related, Count, Aggregate)):
        yield from walk(node.where)


def hops(node: Node) -> frozenset[Hop]:
    """All steps to other records that deciding the node may take."""
    found: set[Hop] = set()
    for each in walk(node):
        if isinstance(each, Test):
            found.update(each.path)
        elif isinstance(each, (Related, Count, Aggregate)):
            found.add(each.hop)
    return frozenset(found)


def reads(node: Node) -> frozenset[tuple[str, str]]:
    """`(entity key, field key)` of every field that the node reads, the links it walks included; of lines their own field."""
    found = {(each.entity, each.field.key) for each in walk(node) if isinstance(each, Test)}
    found |= {(each.hop.target, each.field.key) for each in walk(node) if isinstance(each, Aggregate)}
    found |= {(hop.holder, hop.field) for hop in hops(node)}
    return frozenset(_owned(*each) for each in found)


def _owned(entity: str, field: str) -> tuple[str, str]:
    owner, _, lines = entity.partition('.')
    return (owner, lines) if lines else (entity, field)
