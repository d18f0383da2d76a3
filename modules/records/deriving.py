"""Derived values in the store's two places: own formulas before a record is checked, dependents elsewhere after it is written.

The arithmetic is `schema.deriving`; this file knows changes, lines and findings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from modules.records import derived_jobs
from modules.records.changing import Change
from schema.base.clock import Clock
from schema.base.findings import Finding, escape_pointer, finding
from schema.catalog import Catalog, Entity, Field
from schema.deriving import FormulaPlan, Graph, RollupPlan, graph_of
from schema.deriving.carrying import Behind, Carrier, Moved, Touched, linked
from schema.deriving.graph import Plan
from schema.deriving.rollups import sums_of, value_of
from schema.deriving.values import compute
from schema.values import Line, Lines, Link, Links

WITH_EACH_SAVE = ('revision', 'changed_at', 'changed_by')


def defaults(session: Session, catalog: Catalog, entity: Entity, changes: Sequence[Change], *, lock: bool = True) -> None:
    """Fill what new records start with by formula, where nobody sent a value."""
    graph = graph_of(catalog)
    for each in entity.own_fields:
        started = [
            change
            for change in changes
            if change.creates and each.key not in change.wire and change.values.get(each.key) is None
        ]
        plan = _default(graph, entity, each) if started else None
        if plan is None:
            continue
        behind = linked(session, graph, [plan], _link_ids([plan], started), lock=lock)
        for change in started:
            value, problem = compute(plan, _values(plan, change, behind))
            _warn(change, each, problem)
            if value is not None:
                change.values[each.key] = _chosen(each, value)


def formulas(session: Session, catalog: Catalog, entity: Entity, changes: Sequence[Change], *, lock: bool = True) -> None:
    """Compute own formulas and rollups over own lines into `Change.derived`; warn where one has no result. Reads records
    behind links with one statement for each link, and locks them if they are to be written."""
    graph = graph_of(catalog)
    for each in entity.collections:
        if each.lines is not None:
            _line_formulas(session, graph, each, each.lines, changes, lock=lock)
    plans = graph.own_plans.get(entity.key, ())
    needed = [each for each in _needed(plans, changes) if isinstance(each, FormulaPlan)]
    behind = linked(session, graph, needed, _link_ids(needed, changes), lock=lock)
    for plan in plans:
        for change in changes:
            if not (change.creates or _is_touched(plan, change)):
                continue
            if isinstance(plan, RollupPlan):
                _roll_lines(plan, change)
                continue
            value, problem = compute(plan, _values(plan, change, behind))
            change.derived[plan.field.key] = value
            _warn(change, plan.field, problem)
    for rollup in graph.order:
        if isinstance(rollup, RollupPlan) and rollup.entity is entity and rollup.function == 'count':
            for change in changes:
                if change.creates:
                    change.derived.setdefault(rollup.field.key, 0)


def carry(session: Session, catalog: Catalog, clock: Clock, entity: Entity, touched: Sequence[Touched]) -> int:
    """Recompute in this transaction what depends on written rows elsewhere; what is too much becomes a job of the
    background. Returns how many rows changed."""
    graph = graph_of(catalog)
    if not touched or entity.key not in graph.sources:
        return 0
    carrier = Carrier(session, graph, defer=lambda work: derived_jobs.add(session, work, clock))
    carrier.written(entity, touched)
    return carrier.run()


def created(row_id: int, row: Mapping[str, Any]) -> Touched:
    return Touched(row_id, None, row)


def updated(change: Change, fresh: Mapping[str, Any], row: Mapping[str, Any]) -> Touched:
    """`row` holds the columns that were set."""
    current = change.current or {}
    derived = {key for key in change.derived if not change.entity.fields[key].columns.keys().isdisjoint(row)}
    held = {key: change.collected[key].before for key in fresh if key in change.collected}
    moved = {key: _moved(before, fresh[key]) for key, before in held.items() if isinstance(before or fresh[key], Links)}
    return Touched(int(current['id']), current, {**current, **row}, frozenset({*fresh, *derived, *WITH_EACH_SAVE}), moved)


def _moved(before: object, after: object) -> Moved:
    """The ids that a value no longer points to, and those that it points to since."""
    former, present = (
        frozenset(link.id for link in each.links if link.id) if isinstance(each, Links) else frozenset[int]()
        for each in (before, after)
    )
    return former - present, present - former


def marked(change: Change, kind: str) -> Touched:
    """A record that went to the bin, or came back."""
    current = change.current or {}
    back = kind == 'restored'
    return Touched(int(current['id']), None if back else current, {**current, 'deleted_at': None} if back else None)


def is_formula(default: Any) -> bool:
    return isinstance(default, Mapping) and 'formula' in default


def derived_columns(change: Change) -> dict[str, Any]:
    """The columns of `Change.derived` that differ from what is stored."""
    columns: dict[str, Any] = {}
    for key, value in change.derived.items():
        for name, stored in change.entity.fields[key].to_columns(value).items():
            if change.current is None or change.current[name] != stored:
                columns[name] = stored
    return columns


def _default(graph: Graph, entity: Entity, each: Field) -> FormulaPlan | None:
    default = each.definition.default
    if not is_formula(default):
        return None
    return graph.formula(entity, each, str(default['formula']))


def _chosen(each: Field, value: Any) -> Any:
    """Options are computed by their key and kept by ref."""
    if each.definition.options and isinstance(value, str):
        return next((option.ref for option in each.definition.options if value in (option.key, option.ref)), None)
    return value


def _is_touched(plan: Plan, change: Change) -> bool:
    return not _own_keys(plan).isdisjoint(change.values.keys() | change.derived.keys())


def _needed(plans: Sequence[Plan], changes: Sequence[Change]) -> list[Plan]:
    """Plans that some change touches, directly or through another plan."""
    if any(change.creates for change in changes):
        return list(plans)
    fresh = {key for change in changes for key in change.values}
    found: list[Plan] = []
    for plan in plans:
        if not _own_keys(plan).isdisjoint(fresh):
            found.append(plan)
            fresh.add(plan.field.key)
    return found


def _own_keys(plan: Plan) -> set[str]:
    """Keys of the record's own fields that a plan looks at."""
    if isinstance(plan, RollupPlan):
        return {plan.lines.key} if plan.lines is not None else set()
    return {each.link.key if each.link is not None else each.field.key for each in plan.operands}


def _values(plan: FormulaPlan, change: Change, behind: Behind) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in plan.operands:
        if each.link is None:
            found[each.name] = change.value(each.field.key)
            continue
        link = change.value(each.link.key)
        row = behind.get((each.link.key, link.id or 0)) if isinstance(link, Link) else None
        found[each.name] = None if row is None else each.field.from_row(row)
    return found


def _link_ids(plans: Iterable[FormulaPlan], changes: Iterable[Change]) -> dict[str, Collection[int]]:
    """What the links point to after the change, and before: rollups there may need both rows, which are locked in one order."""
    keys = {each.link.key for plan in plans for each in plan.operands if each.link is not None}
    found: dict[str, Collection[int]] = {}
    for key in keys:
        links = [change.value(key) for change in changes]
        links += [change.entity.fields[key].from_row(change.current) for change in changes if change.current is not None]
        found[key] = {link.id for link in links if isinstance(link, Link) and link.id is not None}
    return found


def _warn(change: Change, each: Field, problem: str | None, pointer: str = '') -> None:
    if problem:
        place = f'{change.pointer}{pointer}/{escape_pointer(each.key)}'
        change.findings.append(finding(problem, place, level='warning', label=each.definition.label))


def is_computed(found: Finding) -> bool:
    """Whether a finding tells of a derived value, which nobody can be asked to confirm."""
    return found.code.startswith('REC-W05')


# --- lines -----------------------------------------------------------------------------------------------------------


def _line_formulas(
    session: Session, graph: Graph, field: Field, lines: Entity, changes: Sequence[Change], *, lock: bool
) -> None:
    """New values of lines with their formulas and, for new lines, their defaults by formula."""
    plans = graph.formulas.get(lines.key, ())
    started = [(each, plan) for each in lines.own_fields if (plan := _default(graph, lines, each)) is not None]
    held = [(change, change.values[field.key]) for change in changes if isinstance(change.values.get(field.key), Lines)]
    if not held or not (plans or started):
        return
    every = [plan for _, plan in started] + list(plans)
    behind = linked(
        session, graph, every, _line_link_ids(every, [line for _, value in held for line in value.lines]), lock=lock
    )
    for change, value in held:
        computed = []
        for place, line in enumerate(value.lines):
            values = dict(line.values)
            for each, plan in started:
                if line.id is None and values.get(each.key) is None:
                    values[each.key] = _chosen(each, compute(plan, _line_values(plan, values, behind))[0])
            for plan in plans:
                values[plan.field.key], problem = compute(plan, _line_values(plan, values, behind))
                _warn(change, plan.field, problem, f'/{escape_pointer(field.key)}/{place}')
            computed.append(Line(line.uid, values, line.id))
        change.values[field.key] = replace(value, lines=tuple(computed))


def _line_values(plan: FormulaPlan, values: Mapping[str, Any], behind: Behind) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in plan.operands:
        if each.link is None:
            found[each.name] = values.get(each.field.key)
            continue
        link = values.get(each.link.key)
        row = behind.get((each.link.key, link.id or 0)) if isinstance(link, Link) else None
        found[each.name] = None if row is None else each.field.from_row(row)
    return found


def _line_link_ids(plans: Iterable[FormulaPlan], lines: Iterable[Line]) -> dict[str, Collection[int]]:
    keys = {each.link.key for plan in plans for each in plan.operands if each.link is not None}
    listed = list(lines)
    return {
        key: {link.id for line in listed if isinstance(link := line.values.get(key), Link) and link.id is not None}
        for key in keys
    }


def _roll_lines(plan: RollupPlan, change: Change) -> None:
    assert plan.lines is not None
    value = change.value(plan.lines.key)
    rows = [line.values for line in value.lines] if isinstance(value, Lines) else []
    change.derived[plan.field.key], problem = value_of(plan, sums_of(plan, rows))
    _warn(change, plan.field, problem)
