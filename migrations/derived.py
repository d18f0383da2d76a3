"""Which formulas and rollups a plan must compute anew, in an order in which each finds its operands ready."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from migrations.physical import Physical
from migrations.steps.compute import ComputeField
from schema.catalog import Catalog, Entity
from schema.deriving import FormulaPlan, Graph, RollupPlan, graph_of
from schema.deriving.graph import Plan
from schema.formulas import rename


def steps_for(base: Catalog | None, target: Catalog, physical: Physical, rewritten: Collection[str]) -> list[ComputeField]:
    """A step for every derived field whose values may be others than those stored. `rewritten` are refs of fields whose values
    the plan itself changes. Nothing for tables that the plan makes: they are empty."""
    return [
        ComputeField(plan.entity.ref, plan.field.ref, plan.entity.table.name)
        for plan in stale(base, target, rewritten)
        if physical.columns_of(plan.entity.table.name)
    ]


def stale(base: Catalog | None, target: Catalog, rewritten: Collection[str]) -> list[Plan]:
    """Derived fields that are new, that changed, or that read what changed; in order."""
    graph = graph_of(target)
    before = _signatures(graph_of(base)) if base is not None else {}
    now = _signatures(graph)
    found: list[Plan] = []
    moved: set[tuple[str, str]] = set()
    for plan in graph.order:
        ref = plan.field.ref
        if before.get(ref) != now[ref] or any(_moved(node, graph, moved, rewritten) for node in _nodes(plan)):
            found.append(plan)
            moved.add(plan.node)
    return found


def _moved(node: tuple[str, str], graph: Graph, moved: set[tuple[str, str]], rewritten: Collection[str]) -> bool:
    field = graph.holders[node[0]].fields[node[1]]
    return node in moved or field.ref in rewritten


def _nodes(plan: Plan) -> list[tuple[str, str]]:
    if isinstance(plan, FormulaPlan):
        return [node for node, _ in plan.reads()]
    return [(plan.source.key, key) for key in plan.reads]


def _signatures(graph: Graph) -> dict[str, Any]:
    """What decides the values of every derived field, by its ref; names do not."""
    return {plan.field.ref: _signature(graph, plan) for plan in graph.order}


def _signature(graph: Graph, plan: Plan) -> Any:
    document = plan.field.definition.document
    faces = [_face(graph.holders[entity], key) for entity, key in sorted(set(_nodes(plan)))]
    own = (plan.field.definition.column, plan.field.type.key, document.get('x-scale'), document.get('x-currency'))
    if isinstance(plan, RollupPlan):
        rollup = document['x-rollup']
        return own, plan.source.ref, plan.column, plan.function, plan.of and plan.of.ref, rollup.get('condition'), sorted(faces)
    refs = {}
    for each in plan.operands:
        refs[each.name] = f'{each.link.ref}.{each.field.ref}' if each.link is not None else each.field.ref + each.part
    return own, rename(plan.formula.expression, refs), sorted(faces)


def _face(entity: Entity, key: str) -> tuple[str, ...]:
    """What of a field decides how its values are read."""
    each = entity.fields[key]
    options = [
        (option.ref, option.key, str(getattr(option, 'probability', '')), str(getattr(option, 'category', '')))
        for option in each.definition.options
    ]
    return each.ref, each.home, each.type.key, str(each.definition.document.get('x-scale')), str(options)
