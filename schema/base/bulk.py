"""Columns of many rows set at once, each row named by its id, on both engines. Knows no table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

KEY = '_row_key'
MANY = 8
"""Fewer rows are not worth a statement that reads arrays."""
Row = Mapping[str, Any]


def write_rows(executor: Session | sa.Connection, table: sa.TableClause, rows: Sequence[Row]) -> None:
    """Set the columns that each of `rows` has beside its `id`: one statement for all that set the same columns.

    Raises: IntegrityError, which ends the transaction or the savepoint around it.
    """
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(name for name in row if name != 'id')].append(row)
    bind = executor.get_bind() if isinstance(executor, Session) else executor
    for names, group in groups.items():
        if bind.dialect.name == 'postgresql' and len(group) >= MANY:
            _write_at_once(executor, table, names, group)
        else:
            _write_each(executor, table, names, group)


def _write_each(executor: Session | sa.Connection, table: sa.TableClause, names: Sequence[str], rows: Sequence[Row]) -> None:
    values = {name: sa.bindparam(name, type_=table.c[name].type) for name in names}
    statement = table.update().where(table.c.id == sa.bindparam(KEY)).values(values)
    given = [{KEY: row['id'], **{name: row[name] for name in names}} for row in rows]
    executor.execute(statement, given if len(given) > 1 else given[0])


def _write_at_once(executor: Session | sa.Connection, table: sa.TableClause, names: Sequence[str], rows: Sequence[Row]) -> None:
    """One UPDATE over arrays. The range of ids keeps PostgreSQL on the index, however large it takes the arrays to be."""
    kinds = {KEY: sa.BigInteger(), **{name: _uncut(table.c[name].type) for name in names}}
    arrays = [sa.bindparam(f'all_{name}', type_=sa.ARRAY(kind)) for name, kind in kinds.items()]
    given = sa.func.unnest(*arrays).table_valued(*kinds).render_derived(name='given')
    statement = (
        table.update()
        .where(table.c.id == given.c[KEY], table.c.id.between(sa.bindparam('first_id'), sa.bindparam('last_id')))
        .values({name: given.c[name] for name in names})
    )
    ids = [row['id'] for row in rows]
    columns = {f'all_{name}': [row[name] for row in rows] for name in names}
    executor.execute(statement, {f'all_{KEY}': ids, **columns, 'first_id': min(ids), 'last_id': max(ids)})


def _uncut(kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    """A cast to a bounded text would cut in silence what is too long; the column itself refuses it."""
    return sa.Text() if isinstance(kind, sa.String) else kind
