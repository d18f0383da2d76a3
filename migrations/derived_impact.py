"""What computing formulas and rollups anew means for live records: how many, and which have no result. Reads alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from migrations.converting import Conversion
from migrations.derived import stale
from migrations.plans import Impact
from schema.base.findings import escape_pointer, finding
from schema.catalog import Catalog, Entity, Field
from schema.deriving import FormulaPlan
from schema.deriving.values import compute
from schema.fieldtypes.base import Reading, Refused

TRIED = 20_000
"""Rows that a plan tries a formula on; more would make planning slow, and the first ones tell what is wrong."""
SAMPLES = 100
READING = Reading('vi')


def impacts(connection: sa.Connection, base: Catalog, target: Catalog) -> Iterator[Impact]:
    """For each field that is computed anew: for how many records, and of formulas which have no result."""
    for plan in stale(base, target, ()):
        old = base.holders.get(plan.entity.ref)
        if old is None or plan.entity.key not in target.entities:
            continue
        table = old.table
        count = int(
            connection.execute(sa.select(sa.func.count()).select_from(table).where(table.c.deleted_at.is_(None))).scalar_one()
        )
        if not count:
            continue
        place, label = _at(plan.entity, plan.field), _name(plan.entity, plan.field)
        yield Impact(finding('MIG-W030', place, level='warning', count=count, label=label), count)
        if isinstance(plan, FormulaPlan):
            yield from _failing(connection, plan, base, old, place)


def _failing(connection: sa.Connection, plan: FormulaPlan, base: Catalog, old: Entity, place: str) -> Iterator[Impact]:
    title = old.title
    failed, tried = 0, 0
    samples: list[dict[str, str]] = []
    for row, values in _values(connection, plan, base, old):
        tried += 1
        problem = compute(plan, values)[1]
        if problem:
            failed += 1
            if len(samples) < SAMPLES:
                name = title.type.text(title.definition, title.from_row(row), READING)
                samples.append({'uid': row['uid'], 'title': name, 'value': ''})
    if failed:
        label = _name(plan.entity, plan.field)
        about = finding('MIG-W031', place, level='warning', count=failed, tried=tried, label=label)
        yield Impact(about, failed, samples)


def _values(
    connection: sa.Connection, plan: FormulaPlan, base: Catalog, old: Entity
) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    """Rows as they are now with the operands that exist now; those of the plan are blank as yet."""
    table = old.table
    columns: dict[str, sa.ColumnElement[Any]] = {name: table.c[name] for name in ('id', 'uid')}
    columns |= dict(old.title.columns)
    found: dict[str, tuple[Field, Field, str]] = {}
    source: sa.FromClause = table
    for number, each in enumerate(plan.operands):
        holder = base.holders.get(_holder_of(base, each.field) or '')
        former = holder.by_ref.get(each.field.ref) if holder is not None else None
        if former is None or not former.columns:
            continue
        behind: sa.FromClause = table
        if each.link is not None:
            link = old.by_ref.get(each.link.ref)
            if link is None or not link.columns or holder is None:
                continue
            behind = holder.table.alias()
            source = source.outerjoin(behind, behind.c.id == table.c[link.definition.column])
        columns |= {f'{number}_{name}': behind.c[name].label(f'{number}_{name}') for name in former.columns}
        found[each.name] = (former, each.field, f'{number}_')
    query = sa.select(*columns.values()).select_from(source).where(table.c.deleted_at.is_(None))
    for row in connection.execute(query.order_by(table.c.id).limit(TRIED)).mappings():
        values = {
            name: _as_then(former, field, {column: row[f'{prefix}{column}'] for column in former.columns})
            for name, (former, field, prefix) in found.items()
        }
        yield dict(row), values


def _as_then(former: Field, field: Field, row: Mapping[str, Any]) -> Any:
    """A present value as the plan makes it: converted where the field gets another type, None where that cannot be."""
    if former.type.key == field.type.key or former.type.computed or field.type.computed:
        return former.from_row(row)
    try:
        return field.from_row(Conversion(former, field).row(row))
    except Refused:
        return None


def _holder_of(base: Catalog, field: Field) -> str | None:
    return next((ref for ref, holder in base.holders.items() if field.ref in holder.by_ref and not field.system), None)


def _at(entity: Entity, each: Field) -> str:
    return f'/entities/{escape_pointer(entity.key)}/properties/{escape_pointer(each.key)}'


def _name(entity: Entity, each: Field) -> dict[str, str]:
    locales = {'en', *entity.definition.label, *each.definition.label}
    return {locale: f'{entity.definition.label_in(locale)}, {each.definition.label_in(locale)}' for locale in sorted(locales)}
