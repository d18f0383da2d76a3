"""What is derived from what in one catalog: formulas and rollups in an order in which each finds its operands ready."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from schema import conditions
from schema.catalog import Catalog, Entity, Field
from schema.derived import KIND_OF, STAGE_PARTS
from schema.fieldtypes.link_any import LinkAny
from schema.formulas import Formula, compile_formula

Node = tuple[str, str]
"""Entity key and field key; the entity key of lines is `quote.items`."""


@dataclass(frozen=True, eq=False)
class Operand:
    """One thing a formula reads: `field` of the record itself, or of the record behind `link`; `part` of a stage."""

    name: str
    field: Field
    kind: str
    link: Field | None = None
    part: str = ''


@dataclass(frozen=True, eq=False)
class FormulaPlan:
    """A formula field ready to compute."""

    entity: Entity
    field: Field
    formula: Formula
    operands: tuple[Operand, ...]

    @property
    def node(self) -> Node:
        return self.entity.key, self.field.key

    def reads(self) -> Iterator[tuple[Node, Field | None]]:
        """Every field read, with the own link that leads to it."""
        for each in self.operands:
            yield (each.field.entity_key, each.field.key), each.link
            if each.link is not None:
                yield (self.entity.key, each.link.key), None


@dataclass(frozen=True, eq=False)
class RollupPlan:
    """A rollup ready to compute: over `source` rows that belong to a record by `link` there, or by their parent (lines)."""

    entity: Entity
    field: Field
    source: Entity
    link: Field | None
    lines: Field | None
    function: str
    of: Field | None
    condition: conditions.Condition | None
    reads: frozenset[str]
    """Keys of the source's fields on which the value depends, the link among them."""

    @property
    def node(self) -> Node:
        return self.entity.key, self.field.key

    @property
    def column(self) -> str:
        """The column of a source row that holds the id of the record it counts for; '' when a link table does."""
        if self.link is None:
            return 'parent_id'
        if self.link.is_collection:
            return ''
        if isinstance(self.link.type, LinkAny):
            return self.link.type.column_for(self.link.definition, self.entity.key)
        return self.link.definition.column


Plan = FormulaPlan | RollupPlan


class Graph:
    """All plans of a catalog. `order` puts each after what it is computed from."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.statements: dict[Any, Any] = {}
        """Statements made once: building them costs more than running them."""
        self.holders: Mapping[str, Entity] = {each.key: each for each in catalog.holders.values()}
        self._plans: dict[Node, Plan] = {}
        for entity in self.holders.values():
            for each in entity.own_fields:
                if (plan := self._plan(entity, each)) is not None:
                    self._plans[plan.node] = plan
        self.order: tuple[Plan, ...] = tuple(self._sorted())
        self.place: Mapping[Node, int] = {plan.node: number for number, plan in enumerate(self.order)}

    def plan(self, entity: str, field: str) -> Plan | None:
        return self._plans.get((entity, field))

    @cached_property
    def rank(self) -> Mapping[Node, int]:
        """How many steps a plan is away from what people write; plans of one rank can be computed together."""
        ranks: dict[Node, int] = {}
        for plan in self.order:
            ranks[plan.node] = 1 + max((ranks.get(node, 0) for node in _operands(plan)), default=0)
        return ranks

    @cached_property
    def formulas(self) -> Mapping[str, tuple[FormulaPlan, ...]]:
        """By entity key, in order."""
        found: dict[str, list[FormulaPlan]] = defaultdict(list)
        for plan in self.order:
            if isinstance(plan, FormulaPlan):
                found[plan.entity.key].append(plan)
        return {key: tuple(plans) for key, plans in found.items()}

    @cached_property
    def line_rollups(self) -> Mapping[str, tuple[RollupPlan, ...]]:
        """Rollups over own lines, by the entity that has them, in order."""
        found: dict[str, list[RollupPlan]] = defaultdict(list)
        for plan in self.order:
            if isinstance(plan, RollupPlan) and plan.lines is not None:
                found[plan.entity.key].append(plan)
        return {key: tuple(plans) for key, plans in found.items()}

    @cached_property
    def own_plans(self) -> Mapping[str, tuple[Plan, ...]]:
        """What a record's own row and lines decide: formulas and rollups over lines by entity key, in order."""
        found: dict[str, list[Plan]] = defaultdict(list)
        for plan in self.order:
            if isinstance(plan, FormulaPlan) or plan.lines is not None:
                found[plan.entity.key].append(plan)
        return {key: tuple(plans) for key, plans in found.items()}

    @cached_property
    def rollups_over(self) -> Mapping[str, tuple[RollupPlan, ...]]:
        """By the entity key of the source."""
        found: dict[str, list[RollupPlan]] = defaultdict(list)
        for plan in self.order:
            if isinstance(plan, RollupPlan):
                found[plan.source.key].append(plan)
        return {key: tuple(plans) for key, plans in found.items()}

    @cached_property
    def readers(self) -> Mapping[Node, tuple[tuple[FormulaPlan, Field | None], ...]]:
        """`{field: ((formula that reads it, its link to the record, or None for the same record), …)}`."""
        found: dict[Node, list[tuple[FormulaPlan, Field | None]]] = defaultdict(list)
        for plan in self.order:
            if isinstance(plan, FormulaPlan):
                for node, link in dict.fromkeys(plan.reads()):
                    found[node].append((plan, link))
        return {node: tuple(pairs) for node, pairs in found.items()}

    @cached_property
    def sources(self) -> frozenset[str]:
        """Entities whose records something in other records is derived from."""
        behind = {
            each.field.entity_key for plan in self.order if isinstance(plan, FormulaPlan) for each in plan.operands if each.link
        }
        return frozenset(behind | set(self.rollups_over))

    @cached_property
    def derived_entities(self) -> frozenset[str]:
        """Entities with stored derived fields, whose rows a write elsewhere may change."""
        return frozenset(plan.entity.key for plan in self.order)

    # --- making ----------------------------------------------------------------------------------------------------

    def _plan(self, entity: Entity, each: Field) -> Plan | None:
        if each.definition.type == 'formula':
            return self.formula(entity, each, str(each.definition.document['x-formula']))
        return self._rollup(entity, each) if each.definition.type == 'rollup' else None

    def formula(self, entity: Entity, each: Field, expression: str) -> FormulaPlan | None:
        """A formula over fields of `entity`; None when it does not fit them."""
        scope = _CatalogScope(self.catalog, entity)
        formula, _ = compile_formula(expression, scope)
        if formula is None:
            return None
        return FormulaPlan(entity, each, formula, tuple(filter(None, map(scope.operand, formula.fields))))

    def _rollup(self, entity: Entity, each: Field) -> RollupPlan | None:
        rollup: Mapping[str, Any] = each.definition.document['x-rollup']
        lines = entity.find_field(rollup['lines']) if 'lines' in rollup else None
        source = lines.lines if lines is not None else self.catalog.find_entity(str(rollup.get('entity')))
        if source is None:
            return None
        link = source.find_field(str(rollup.get('field'))) if lines is None else None
        of = source.find_field(rollup['of']) if 'of' in rollup else None
        if (lines is None and link is None) or (rollup['function'] != 'count' and of is None):
            return None
        condition = conditions.compile(rollup['condition'], source, self.catalog) if rollup.get('condition') else None
        tested = conditions.fields_read(rollup['condition']) if condition is not None else frozenset()
        reads = {found.key for name in tested if (found := source.find_field(name)) is not None}
        reads |= {each.key for each in (link, of) if each is not None}
        return RollupPlan(entity, each, source, link, lines, rollup['function'], of, condition, frozenset(reads))

    def _sorted(self) -> Iterator[Plan]:
        """Depth first without recursion. A published catalog has no rings; of one, some order."""
        done: set[Node] = set()
        for start in sorted(self._plans):
            stack = [(start, False)]
            while stack:
                node, left = stack.pop()
                if left:
                    yield self._plans[node]
                elif node not in done and node in self._plans:
                    done.add(node)
                    stack.append((node, True))
                    stack.extend((each, False) for each in sorted(_operands(self._plans[node]), reverse=True))


class _CatalogScope:
    """Names in formulas of one entity, as its catalog knows them."""

    def __init__(self, catalog: Catalog, entity: Entity) -> None:
        self._catalog, self._entity = catalog, entity

    def kind(self, name: str) -> str | None:
        operand = self.operand(name)
        return operand.kind if operand is not None else None

    def names(self, name: str) -> Iterable[str]:
        return ()

    def operand(self, name: str) -> Operand | None:
        first, dot, rest = name.partition('.')
        own = self._entity.find_field(first)
        if own is None:
            return None
        if not dot:
            return _operand(name, own, None)
        if own.type.key == 'stage' and own.type.stored and rest in STAGE_PARTS:
            return Operand(name, own, STAGE_PARTS[rest], part=rest)
        other = self._catalog.find_entity(own.definition.targets[0]) if own.is_link and own.type.key == 'link' else None
        behind = other.find_field(rest) if other is not None else None
        return _operand(name, behind, own) if behind is not None else None


def _operand(name: str, field: Field, link: Field | None) -> Operand | None:
    kind = KIND_OF.get(field.type.key) if field.type.stored and not field.system else None
    return Operand(name, field, kind, link) if kind is not None else None


def _operands(plan: Plan) -> set[Node]:
    if isinstance(plan, FormulaPlan):
        return {node for node, _ in plan.reads()}
    return {(plan.source.key, key) for key in plan.reads}


_making = threading.Lock()


def graph_of(catalog: Catalog) -> Graph:
    """The graph of a catalog, made once."""
    found: Graph | None = catalog.kept.get(Graph)
    if found is None:
        with _making:
            found = catalog.kept.get(Graph) or Graph(catalog)
            catalog.kept[Graph] = found
    return found
