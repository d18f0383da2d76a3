"""Makes a large site of a small one for `bench.screens`: the database copies its rows, with other numbers, people and links.

Indexes are dropped and made again at the end, which is many times quicker than keeping them. Knows no page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from bench._filling import CARDS, EACH_FIRM, Filled
from modules.records.tables import record_history
from schema.base.stage_log import stage_log
from schema.catalog import Entity
from tests.support.site import Site

ORDER = ('company', 'contact', 'opportunity', 'activity', 'appointment', 'task')
SHARE = {'company': 1 / EACH_FIRM, 'appointment': 0.1, 'task': 0.1}
"""Of the number of rows; the rest are one to one."""
LINKED = {
    'contact': {'company': 'company'}, 'opportunity': {'company': 'company', 'contact': 'contact'},
    'activity': {'regarding': 'opportunity'}, 'appointment': {'contact': 'contact'}, 'task': {'contact': 'contact'},
}  # fmt: skip
QUICK = ('synchronous = OFF', 'cache_size = -400000', 'temp_store = MEMORY')
SPREAD = 7919
"""A prime, so that links spread over all there is."""


class Copying:
    """One site that grows from `small` rows to `rows`, a multiple of it."""

    def __init__(self, site: Site, filled: Filled, small: int, rows: int) -> None:
        self.catalog, self.database = site.runtime.catalogs.current(), site.runtime.database
        self.filled, self.small, self.rows = filled, small, rows
        self.lite = self.database.dialect == 'sqlite'
        self.last: dict[str, int] = {}

    def run(self) -> None:
        entities = [self.catalog.entity(key) for key in ORDER]
        names = [*(each.table.name for each in entities), record_history.name, stage_log.name]
        with self.database.write_engine.connect() as connection:
            for setting in QUICK if self.lite else ():
                connection.connection.cursor().execute(f'PRAGMA {setting}')
            with connection.begin(), without_indexes(connection, names, lite=self.lite):
                for entity in entities:
                    self._copy(connection, entity)
                self._lengthen_story(connection)
            connection.detach()

    def _copy(self, connection: sa.Connection, entity: Entity) -> None:
        first, end = self.filled.ranges[entity.key]
        own = end - first + 1
        before = connection.execute(sa.select(sa.func.max(entity.table.c.id))).scalar_one()
        taken = self._columns(entity, first)
        head = f'INSERT INTO {entity.table.name} ({", ".join(taken)})'
        copied = sa.text(f'{head} SELECT {", ".join(taken.values())} FROM {entity.table.name} AS c'
                         f' WHERE c.id BETWEEN {first} AND {end} ORDER BY c.id')  # fmt: skip
        for shift in range(own, int(self.rows * SHARE.get(entity.key, 1)), own):
            connection.execute(copied, {'shift': shift})
        self.last[entity.key] = connection.execute(sa.select(sa.func.max(entity.table.c.id))).scalar_one()
        self._log(connection, entity, before)

    def _columns(self, entity: Entity, first: int) -> dict[str, str]:
        """What stands in each column of a copy, as SQL over `c`, the row that is copied."""
        old, new = self._digits(f'c.id - {first}'), self._digits(f'c.id - {first} + :shift')
        columns = {each.name: f'c.{each.name}' for each in entity.table.columns if each.name != 'id'}
        for name in columns:
            if isinstance(entity.table.c[name].type, sa.String) and not name.endswith('_ref'):
                columns[name] = f'replace(c.{name}, {old}, {new})'
        number = self._digits(f'c.id - {first} + :shift', 12)
        columns['uid'] = f"'019a0000-0000-7000-8{ORDER.index(entity.key):03}-' || {number}"
        for key, target in LINKED.get(entity.key, {}).items():
            columns.update(self._links(entity, key, target))
        if entity.stage is not None:
            columns.update(self._closed(entity, first))
        return columns

    def _links(self, entity: Entity, key: str, target: str) -> Iterator[tuple[str, str]]:
        """To something else of the same kind; what is of the house stays so."""
        field = entity.fields[key]
        names = [each for each in field.columns if each.endswith(f'__{target}')] if len(field.columns) > 1 else field.columns
        low, high = self.filled.ranges[target][0], self.last[target]
        for name in names:
            kept = f'c.{name} IS NULL' + (f' OR c.{name} = {self.filled.house_id}' if target == 'company' else '')
            yield name, f'CASE WHEN {kept} THEN c.{name} ELSE {low} + (c.id + :shift) * {SPREAD} % {high - low + 1} END'

    def _closed(self, entity: Entity, first: int) -> Iterator[tuple[str, str]]:
        """As `stage_for` has it: beyond the first 20,000 no deal is open."""
        assert entity.stage is not None
        name = entity.stage.definition.column
        closed = [each for each in entity.definition.pipelines[-1].stages if each.category != 'open']
        chosen = ' '.join(f"WHEN {n} THEN '{each.ref}'" for n, each in enumerate(closed))
        number = f'(c.id - {first} + :shift)'
        still = f'{number} % 2 = 1 OR {number} < {2 * CARDS}'
        yield name, f'CASE WHEN {still} THEN c.{name} ELSE CASE {number} / 4 % {len(closed)} {chosen} END END'

    def _digits(self, number: str, length: int = 8) -> str:
        return f"printf('%0{length}d', {number})" if self.lite else f"lpad(({number})::text, {length}, '0')"

    def _log(self, connection: sa.Connection, entity: Entity, before: int) -> None:
        """The history of the copies' making, and the stage that each stands in."""
        made = "1, 'created', '{}', c.created_by_id, 'Bench', c.created_at, 1"
        connection.execute(sa.text(
            'INSERT INTO record_history (entity_ref, record_uid, revision, kind, changes, actor_id, actor_name, at, version)'
            f" SELECT '{entity.ref}', c.uid, {made} FROM {entity.table.name} AS c WHERE c.id > {before} ORDER BY c.id"
        ))  # fmt: skip
        if entity.stage is not None:
            stage = f'c.{entity.stage.definition.column}'
            pairs = [(step.ref, each.ref) for each in entity.definition.pipelines for step in each.stages]
            homes = ' '.join(f"WHEN '{step}' THEN '{home}'" for step, home in pairs)
            connection.execute(sa.text(
                'INSERT INTO stage_log (entity_ref, record_uid, pipeline_ref, stage_ref, entered_at, actor_name)'
                f" SELECT '{entity.ref}', c.uid, CASE {stage} {homes} END, {stage}, c.created_at, 'Bench'"
                f' FROM {entity.table.name} AS c WHERE c.id > {before} ORDER BY c.id'
            ))  # fmt: skip

    def _lengthen_story(self, connection: sa.Connection) -> None:
        """The house was changed as often as it has talks: once for a hundred rows."""
        columns = ', '.join(each.name for each in record_history.columns if each.name not in {'id', 'revision'})
        chosen = f"FROM record_history WHERE record_uid = '{self.filled.house}' AND kind = 'updated'"
        ids = connection.execute(sa.text(f'SELECT id {chosen} ORDER BY id')).scalars().all()
        again = sa.text(f'INSERT INTO record_history (revision, {columns}) SELECT revision + :shift, {columns}'
                        f' FROM record_history WHERE id BETWEEN {ids[0]} AND {ids[-1]}'
                        f" AND record_uid = '{self.filled.house}' ORDER BY id")  # fmt: skip
        wanted = self.rows // EACH_FIRM
        for shift in range(len(ids), wanted, len(ids)):
            connection.execute(again, {'shift': shift})
        table = self.catalog.entity('company').table
        connection.execute(table.update().where(table.c.id == self.filled.house_id).values(revision=wanted + len(ids) + 1))


@contextmanager
def without_indexes(connection: sa.Connection, tables: list[str], *, lite: bool) -> Iterator[None]:
    """The tables' indexes are away for as long, primary keys apart."""
    found = {table: _indexes(connection, table, lite=lite) for table in tables}
    for named in found.values():
        for name in named:
            connection.exec_driver_sql(f'DROP INDEX "{name}"')
    yield
    for named in found.values():
        for made in named.values():
            connection.exec_driver_sql(made)


def _indexes(connection: sa.Connection, table: str, *, lite: bool) -> Mapping[str, str]:
    """The statements that make them, by name."""
    asked: Any = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = :table"
        if lite
        else 'SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = :table'
        ' AND indexname NOT IN (SELECT conname FROM pg_constraint)'
    )
    return dict(connection.execute(sa.text(asked), {'table': table}).tuples().all())
