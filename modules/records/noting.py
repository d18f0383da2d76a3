"""Why a derived value is blank, or not yet right: asked for one record that is being shown.

A named query file: it computes what the record's own formulas read, which is theirs to read and not the actor's, and tells the
reason alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records import derived_jobs
from modules.records.model import Record
from schema.base.findings import Finding, finding
from schema.catalog import Catalog, Entity
from schema.deriving import FormulaPlan, RollupPlan, graph_of
from schema.deriving.carrying import behind_row, linked
from schema.deriving.graph import Plan
from schema.deriving.rollups import Sums, sums_for, value_of
from schema.deriving.values import compute

NEWEST = 100
"""Of the rows behind a rollup, so many are looked at for a reason: a page is no slower for a customer of many years."""


def notes(session: Session, catalog: Catalog, record: Record) -> dict[str, Finding]:
    """`{field key: finding}` of the shown derived fields that wait for the background or have no result. One statement where
    nothing of the kind is the case."""
    graph, entity = graph_of(catalog), record.entity
    plans = [plan for key in record.values if (plan := graph.plan(entity.key, key)) is not None]
    if not plans:
        return {}
    stale = derived_jobs.stale_fields(session, entity, record.id)
    found = {key: finding('REC-W056', f'/{key}', level='warning', label=entity.fields[key].definition.label) for key in stale}
    asked = [plan for plan in plans if plan.field.key not in found and _may_fail(plan)]
    blank = [plan for plan in asked if record.values[plan.field.key] is None]
    if blank:
        found.update(_reasons(session.connection(), catalog, entity, record.id, blank))
    return found


def _may_fail(plan: Plan) -> bool:
    """Whether there may be a reason at all: the first or last of what is no money is blank where there is none."""
    return isinstance(plan, FormulaPlan) or plan.function not in {'count', 'min', 'max'} or plan.field.type.key == 'money'


def _reasons(
    connection: sa.Connection, catalog: Catalog, entity: Entity, row_id: int, plans: Iterable[Plan]
) -> Iterable[tuple[str, Finding]]:
    row: Any = None
    for plan in plans:
        problem = None
        if isinstance(plan, FormulaPlan):
            if row is None:
                row = connection.execute(sa.select(entity.table).where(entity.table.c.id == row_id)).mappings().one()
            problem = _of_formula(connection, catalog, plan, row)
        elif isinstance(plan, RollupPlan):
            sums = sums_for(connection, graph_of(catalog), [plan], [row_id], newest=NEWEST).get(row_id, {})
            problem = value_of(plan, sums.get(plan.field.key, Sums()))[1]
        if problem:
            key = plan.field.key
            yield key, finding(problem, f'/{key}', level='warning', label=plan.field.definition.label)


def _of_formula(connection: sa.Connection, catalog: Catalog, plan: FormulaPlan, row: Any) -> str | None:
    links = {each.link.key: {row[each.link.definition.column]} - {None} for each in plan.operands if each.link is not None}
    near = linked(connection, graph_of(catalog), [plan], links, lock=False)
    return compute(plan, {each.name: behind_row(each, row, near) for each in plan.operands})[1]
