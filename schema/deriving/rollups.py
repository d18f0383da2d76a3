"""Rollups computed: over rows by one grouped statement, over lines at hand in Python. Both end in the same arithmetic."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from schema import conditions
from schema.base.money import Money
from schema.catalog import TEAMS, USERS, Catalog, Entity
from schema.deriving.graph import Graph, RollupPlan
from schema.deriving.values import READING, Computed
from schema.fieldtypes.base import Refused
from schema.fieldtypes.money import CURRENCY
from schema.values import TEAM, USER

SPLIT = 10**9  # SQLite sums integers in 64 bits and gives up beyond; two halves never get there
PEOPLE: Mapping[str, sa.Column[Any]] = {USER: USERS.c.username, TEAM: TEAMS.c.uid}
STILL = datetime(2000, 1, 1, tzinfo=UTC)  # conditions of rollups do not look at the clock


@dataclass(frozen=True)
class Sums:
    """What a rollup needs to know of the rows that count: how many, how many with a value, sum, extremes, currencies."""

    rows: int = 0
    filled: int = 0
    total: Decimal | None = None
    low: Any = None
    high: Any = None
    currencies: frozenset[str] = frozenset()


def value_of(plan: RollupPlan, sums: Sums) -> Computed:
    """The rollup's field value: count over none is 0, anything else over none blank, money in several currencies blank."""
    if plan.function == 'count':
        return sums.rows, None
    if not sums.filled:
        return None, None
    if len(sums.currencies) > 1:
        return None, 'REC-W055'
    if plan.function in {'min', 'max'}:
        return _extreme(plan, sums), None
    assert sums.total is not None
    number = sums.total / sums.filled if plan.function == 'avg' else sums.total
    try:
        return _from_number(plan, number, sums.currencies), None
    except Refused:
        return None, 'REC-W052'


def _extreme(plan: RollupPlan, sums: Sums) -> Any:
    value = sums.low if plan.function == 'min' else sums.high
    if plan.field.type.key == 'money':
        return Money(value, next(iter(sums.currencies))).rounded()
    if plan.field.type.key in {'decimal', 'percent'}:
        return plan.field.type.normalise(plan.field.definition, str(value), READING)
    return value


def _from_number(plan: RollupPlan, number: Decimal, currencies: frozenset[str]) -> Any:
    key, definition = plan.field.type.key, plan.field.definition
    if key == 'money':
        return plan.field.type.normalise(
            definition, {'amount': format(number, 'f'), 'currency': next(iter(currencies))}, READING
        )
    if key in {'integer', 'duration', 'rating'}:
        if abs(number) >= 2**63:
            raise Refused('REC-E006', value='', low='', high='')
        return int(number)
    return plan.field.type.normalise(definition, format(number, 'f'), READING)


# --- over values at hand ---------------------------------------------------------------------------------------------


def sums_of(plan: RollupPlan, rows: Iterable[Mapping[str, Any]]) -> Sums:
    """Over `{field key: value}` of lines at hand."""
    counted = [row for row in rows if plan.condition is None or plan.condition.decide(row, binding()) is True]
    if plan.of is None:
        return Sums(len(counted))
    values = [row[plan.of.key] for row in counted if row.get(plan.of.key) is not None]
    plain = [value.amount if isinstance(value, Money) else value for value in values]
    found = frozenset(value.currency for value in values if isinstance(value, Money))
    if not plain:
        return Sums(len(counted))
    numbers = [Decimal(value) for value in plain] if plan.function in {'sum', 'avg'} else []
    return Sums(len(counted), len(plain), sum(numbers, Decimal(0)) if numbers else None, min(plain), max(plain), found)


# --- over rows -------------------------------------------------------------------------------------------------------


def sums_for(
    session: Any, graph: Graph, plans: Sequence[RollupPlan], ids: Collection[int], *, newest: int | None = None
) -> Mapping[int, Mapping[str, Sums]]:
    """`{record id: {rollup key: sums}}` in one statement; the plans look at the same rows by the same link. Records that
    nothing counts for are absent. With `newest` only so many rows are looked at, where the rows themselves hold the link."""
    name = ('sums', newest, *(plan.node for plan in plans))
    statement = graph.statements.get(name)
    if statement is None:
        statement = _statement(session, graph.catalog, plans, newest)
        if not any(plan.condition is not None and plan.condition.link_operands() for plan in plans):
            graph.statements[name] = statement  # ids of the records that a condition names are looked up each time
    rows = session.execute(statement, {'owners': sorted(ids)}).mappings()
    return {row['owner_id']: {plan.field.key: _read(plan, row, number) for number, plan in enumerate(plans)} for row in rows}


def end_of(session: Any, graph: Graph, plan: RollupPlan, owner: int, stored: Any) -> Computed:
    """The smallest or largest value among the rows that count for one record, one step into the index that leads with the
    link (`schema.ends` asks for it). All are in the currency of `stored`."""
    name = ('end', plan.node)
    statement = graph.statements.get(name)
    if statement is None:
        statement = graph.statements[name] = _end_statement(session, graph.catalog, plan)
    end = session.execute(statement, {'owner': owner}).scalar()
    if end is None:
        return None, None
    return value_of(plan, Sums(1, 1, None, end, end, frozenset({stored.currency} if isinstance(stored, Money) else ())))


def _end_statement(session: Any, catalog: Catalog, plan: RollupPlan) -> sa.Select[Any]:
    assert plan.of is not None
    table, column = plan.source.table, plan.of.columns[plan.of.definition.column]
    where = [table.c[plan.column] == sa.bindparam('owner'), table.c.deleted_at.is_(None), column.is_not(None)]
    if (counts := _where(session, catalog, plan)) is not None:
        where.append(counts)
    return sa.select(column).where(*where).order_by(column if plan.function == 'min' else column.desc()).limit(1)


def _statement(session: Any, catalog: Catalog, plans: Sequence[RollupPlan], newest: int | None) -> sa.Select[Any]:
    first = plans[0]
    table = first.source.table
    columns: list[sa.ColumnElement[Any]] = []
    for number, plan in enumerate(plans):
        columns += _columns(session, catalog, plan, number)
    source: sa.FromClause = table
    if first.column:
        owner: sa.ColumnElement[Any] = table.c[first.column]
    else:
        assert first.link is not None
        pairs = first.link.table
        assert pairs is not None
        owner, source = pairs.c.target_id, pairs.join(table, table.c.id == pairs.c.source_id)
    where = [owner.in_(sa.bindparam('owners', expanding=True))]
    if 'deleted_at' in table.c:
        where.append(table.c.deleted_at.is_(None))
    if newest is not None and first.column:
        where = [table.c.id.in_(sa.select(table.c.id).where(*where).order_by(table.c.id.desc()).limit(newest).correlate(None))]
    return sa.select(owner.label('owner_id'), *columns).select_from(source).where(*where).group_by(owner)


def _columns(session: Any, catalog: Catalog, plan: RollupPlan, number: int) -> list[sa.ColumnElement[Any]]:
    where = _where(session, catalog, plan)
    counts = sa.true() if where is None else where
    found: list[sa.ColumnElement[Any]] = [sa.func.sum(sa.case((counts, 1), else_=0)).label(f'rows_{number}')]
    if plan.of is None:
        return found
    column: sa.ColumnElement[Any] = plan.of.columns[plan.of.definition.column]
    chosen = column if where is None else sa.case((where, column))
    found.append(sa.func.count(chosen).label(f'filled_{number}'))
    if plan.function in {'sum', 'avg'}:
        found += _sum_columns(session, chosen, number)
    else:
        taken = (sa.func.min if plan.function == 'min' else sa.func.max)(chosen)
        found.append(taken.label(f'end_{number}'))
    if plan.of.type.key == 'money':
        named = sa.case((sa.and_(counts, column.is_not(None)), plan.of.columns[plan.of.definition.column + CURRENCY]))
        found += [sa.func.min(named).label(f'first_{number}'), sa.func.max(named).label(f'last_{number}')]
    return found


def _sum_columns(session: Any, chosen: sa.ColumnElement[Any], number: int) -> list[sa.ColumnElement[Any]]:
    connection = session if isinstance(session, sa.Connection) else session.connection()
    if connection.dialect.name != 'sqlite':
        return [sa.func.sum(chosen).label(f'total_{number}')]
    plain = sa.type_coerce(chosen, sa.BigInteger)
    high, low = sa.type_coerce(plain.op('/')(SPLIT), sa.BigInteger), sa.type_coerce(plain.op('%')(SPLIT), sa.BigInteger)
    return [sa.func.sum(high).label(f'high_{number}'), sa.func.sum(low).label(f'low_{number}')]


def _where(session: Any, catalog: Catalog, plan: RollupPlan) -> sa.ColumnElement[bool] | None:
    if plan.condition is None:
        return None
    return plan.condition.sql(bound(session, catalog, plan.condition))


def bound(session: Any, catalog: Catalog, condition: conditions.Condition | None) -> conditions.Binding:
    """A binding that knows the ids of the records that the condition names."""
    found: dict[tuple[str, str], int | None] = {}
    for link in condition.link_operands() if condition is not None else ():
        target: Entity | None = catalog.entities.get(link.entity)
        uid = target.table.c.uid if target is not None else PEOPLE.get(link.entity)
        if uid is not None:
            found[link.entity, link.uid] = session.execute(sa.select(uid.table.c.id).where(uid == link.uid)).scalar()
    return binding(found)


def binding(link_ids: Mapping[tuple[str, str], int | None] | None = None) -> conditions.Binding:
    return conditions.Binding(now=STILL, zone=READING.zone, link_ids=link_ids or {})


def _read(plan: RollupPlan, row: Mapping[str, Any], number: int) -> Sums:
    rows = int(row[f'rows_{number}'] or 0)
    if plan.of is None:
        return Sums(rows)
    found = frozenset(row[name] for name in (f'first_{number}', f'last_{number}') if name in row and row[name] is not None)
    end = row.get(f'end_{number}')
    return Sums(rows, int(row[f'filled_{number}'] or 0), _total(plan, row, number), end, end, found)


def _total(plan: RollupPlan, row: Mapping[str, Any], number: int) -> Decimal | None:
    if f'high_{number}' in row:
        if row[f'high_{number}'] is None:
            return None
        assert plan.of is not None
        scale = int(getattr(plan.of.columns[plan.of.definition.column].type, 'scale', 0) or 0)
        return Decimal(row[f'high_{number}'] * SPLIT + row[f'low_{number}']).scaleb(-scale)
    total = row.get(f'total_{number}')
    return None if total is None else Decimal(total)
