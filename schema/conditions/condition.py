"""Checking and compiling conditions: the functions other packages call, and the compiled condition they get."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from schema.base.errors import Invalid
from schema.base.findings import Finding, finding, in_order, nearest
from schema.catalog import Catalog, Entity
from schema.conditions import tree
from schema.conditions.binding import ME, MY_TEAMS, Binding
from schema.conditions.lookup import Lookup, Source
from schema.conditions.python import Decider, Neighbours, Values
from schema.conditions.reading import HEADS, DocumentReader
from schema.conditions.sql import SqlWriter
from schema.conditions.tree import Hop, Node
from schema.values import Link

Document = Mapping[str, Any]
KEPT, LONGEST_KEPT = 1_000, 2_000
"""So many compiled conditions a catalog keeps, of texts that are no longer."""


@dataclass(frozen=True, eq=False)
class Condition:
    """A condition over one entity of one catalog. Pure: what changes with the person or the moment comes with the binding."""

    document: Document
    entity: Entity
    catalog: Catalog
    root: Node

    def sql(self, binding: Binding, table: sa.FromClause | None = None) -> sa.ColumnElement[bool]:
        """For WHERE: picks the rows for which the condition is TRUE. `table` is the entity's table unless an alias is given."""
        source = self.entity.table if table is None else table
        return SqlWriter(self.catalog, binding).where(self.root, source, wanted=True)

    def decide(self, values: Values, binding: Binding, related: Neighbours | None = None) -> bool | None:
        """True, False, or None for UNKNOWN, for one record given as `{field_key: value}`; a missing key is blank.

        `related(hop, values)` yields the live, visible records one step away. Raises: TypeError when the condition needs it
        and it is not given.
        """
        return Decider(binding, related or _nobody_told).decide(self.root, values)

    def link_operands(self) -> list[Link]:
        """The links by uid that the condition compares with, each once, for `Binding.link_ids`."""
        found = {
            (part.entity, part.uid): part
            for node in tree.walk(self.root)
            if isinstance(node, (tree.Test, tree.Aggregate))
            for part in node.operand.parts
            if isinstance(part, Link) and part not in (ME, MY_TEAMS)
        }
        return list(found.values())

    @cached_property
    def is_of_the_row(self) -> bool:
        """Whether the columns of the record's own row decide it, given the ids of the records that it names."""
        return all(
            isinstance(node, (tree.Group, tree.Not))
            or (isinstance(node, tree.Test) and not node.path and node.field.type.stored)
            for node in tree.walk(self.root)
        )

    def fields_read(self) -> frozenset[tuple[str, str]]:
        """`(entity key, field key)` of all fields read, the links walked included."""
        return self._reads

    @cached_property
    def _reads(self) -> frozenset[tuple[str, str]]:
        return tree.reads(self.root)

    def hops(self) -> frozenset[Hop]:
        """The steps to other records; empty when the record alone decides."""
        return tree.hops(self.root)


def check(document: Any, entity_key: str, source: Source, record: str | None = None) -> list[Finding]:
    """All that is wrong with a condition over an entity, by place; `source` is a catalog or `{entity key: EntityDef}`.

    `record` is the entity of the record being edited, whose values an option filter may compare with.
    """
    return read(document, entity_key, source, record)[1]


def compile(document: Any, entity: Entity, catalog: Catalog, record: str | None = None) -> Condition:
    """Raises: Invalid with all findings, SCH-E200 and following; REC codes for values that the field cannot read."""
    root, findings = read(document, entity.key, catalog, record)
    if findings or root is None:
        raise Invalid(*findings)
    return Condition(document, entity, catalog, root)


def compiled(document: Any, entity: Entity, catalog: Catalog) -> Condition:
    """The same, kept with the catalog: pages ask the same again and again. Raises: as `compile`."""
    try:
        text = json.dumps(document)
    except (TypeError, ValueError, RecursionError):
        return compile(document, entity, catalog)
    kept: dict[tuple[str, str], Condition] = catalog.kept.setdefault(Condition, {})
    found = kept.get((entity.key, text))
    if found is None:
        found = compile(json.loads(text), entity, catalog)
        if len(text) <= LONGEST_KEPT:
            if len(kept) >= KEPT:
                kept.clear()
            kept[entity.key, text] = found
    return found


def read(
    document: Any, entity_key: str, source: Source, record: str | None = None
) -> tuple[Node | None, list[Finding]]:  # fmt: skip
    """The typed tree, with broken parts marked, and the findings; no tree when there is no such entity."""
    lookup = Lookup(source)
    entity = lookup.find(entity_key)
    if entity is None:
        return None, [finding('SCH-E206', '', value=entity_key[:60], hint=nearest(entity_key[:60], lookup.keys()))]
    reader = DocumentReader(lookup, lookup.find(record) if record is not None else None)
    root = reader.read(document, entity)
    return root, list(in_order(reader.findings))


def reads(document: Any, entity_key: str, source: Source) -> frozenset[tuple[str, str]]:
    """`(entity key, field key)` of all fields that the readable parts of a condition read, by present keys."""
    root, _ = read(document, entity_key, source)
    return tree.reads(root) if root is not None else frozenset()


def fields_read(document: Any) -> frozenset[str]:
    """The paths named in a document, without a schema: `email`, `company.name`; inside a related test `task[contact].title`."""
    return frozenset(_paths(document, '', tree.MAX_DEPTH))


def _paths(node: Any, prefix: str, depth: int) -> Iterable[str]:
    """Stops at the depth at which `check` refuses the document."""
    if depth == 0 or not isinstance(node, Mapping):
        return
    for part in [each for head in ('all', 'any') if isinstance(node.get(head), list) for each in node[head]]:
        yield from _paths(part, prefix, depth - 1)
    yield from _paths(node.get('not'), prefix, depth - 1)
    if isinstance(node.get('field'), str):
        yield f'{prefix}{node["field"]}'
    for head in HEADS[4:]:
        if isinstance(relation := node.get(head), Mapping):
            step = f'{prefix}{relation.get("entity")}[{relation.get("field")}]'
            yield step
            if isinstance(node.get('of'), str):
                yield f'{step}.{node["of"]}'
            yield from _paths(node.get('where'), f'{step}.', depth - 1)


def _nobody_told(hop: Hop, values: Values) -> Iterable[Values]:
    raise TypeError(f'this condition looks from {hop.source} to {hop.target} over {hop.field}; give decide() `related`')
