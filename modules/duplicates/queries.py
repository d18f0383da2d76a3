"""Where duplicate candidates are looked up: all live rows, whoever may see them. Decides nothing about rights.

These statements read across record scopes on purpose: a duplicate in another team's records is still a duplicate. Callers must
ask the policy before they name a candidate to anybody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from permissions.policy import Policy
from permissions.scoping import scoped_by_hand
from schema.catalog import Entity, Field

Row = Mapping[str, Any]
PER_KEY = 5  # candidates kept for one set of values: a form shows no more, and a batch stays small
MANY = 100  # from here on a list of texts travels as one parameter
ROW = '_row_'


def candidates(
    session: Session, policy: Policy, entity: Entity, tests: Sequence[tuple[Field, Collection[Any]]]
) -> Sequence[Row]:
    """Live rows whose comparable columns hold one of the probes of every test, at most five for each set of values, those the
    actor may see first. Rows carry the tests' and the title's columns and, prefixed, id, uid and owner."""
    table = entity.table
    columns = {name: table.c[name] for field in (*(field for field, _ in tests), entity.title) for name in field.columns}
    own = [table.c[name].label(f'{ROW}{name}') for name in ('id', 'uid', 'owner_id')]
    where = [among(session, field.comparable, probes) for field, probes in tests]
    near = sa.case((policy.table_predicate('read', entity, table), 0), else_=1)
    order = (near, table.c.id.desc())
    statement = sa.select(*own, *columns.values()).where(table.c.deleted_at.is_(None), *where)
    if all(len(probes) == 1 for _, probes in tests):
        statement = statement.order_by(*order).limit(PER_KEY)
    else:
        rank = sa.func.row_number().over(partition_by=[field.comparable for field, _ in tests], order_by=order)
        ranked = statement.add_columns(rank.label(f'{ROW}rank')).subquery()
        statement = sa.select(ranked).where(ranked.c[f'{ROW}rank'] <= PER_KEY)
    rows: Sequence[Any] = session.execute(scoped_by_hand(statement)).mappings().all()
    return rows


def among(session: Session, column: sa.ColumnElement[Any], values: Collection[Any]) -> sa.ColumnElement[bool]:
    """`column IN values`. Many texts go over as one array, for a statement has room for some 30,000 parameters only."""
    if len(values) == 1:
        return column == next(iter(values))
    if len(values) <= MANY or not all(isinstance(value, str) for value in values):
        return column.in_(values)
    if session.get_bind().dialect.name == 'postgresql':
        return column == sa.any_(sa.literal(list(values), sa.ARRAY(sa.Text)))
    listed = sa.func.json_each(sa.literal(list(values), sa.JSON)).table_valued('value')
    return column.in_(sa.select(listed.c.value))
