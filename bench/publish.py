"""Measures publishing against the bare statements it stands on: `python -m bench.publish [rows] [engine …]`.

For each engine: seconds of planning and of publishing a field, an index, a formula, a type change and a removed option on an
entity with so many rows (default 1,000,000), the floor (the bare DDL, or one bare UPDATE), and the longest that a writer in
another process had to wait, beside the same without a publish. A field added to one of 20, 50 and 200 entities: from the
request until two other processes use it, how late these follow the version row, and the longest wait of a writer. What 60
publishes leave in memory.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa

from bench._beside import Beside, Waits, cpu_seconds, followed_at, start
from migrations.service import Publisher
from migrations.system.upgrade import upgrade_system
from schema.base.actor import system_actor
from schema.base.clock import SystemClock
from schema.base.database import Database
from schema.catalogs import Catalogs
from schema.texts import load_all
from schema.versions import schema_version
from tests.support.postgres import find_binaries, serve

ACTOR = system_actor('bench')
FIELDS, PUBLISHES, ROUNDS = 20, 60, 5
QUIET_SECONDS = 3
BUDGETS = {20: 0.4, 50: 2.0, 200: 6.0}
"""Seconds from the request until every process uses the new field, by number of entities."""
FILL = {
    'sqlite': 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows) INSERT INTO x_e0 (uid,'
    " created_at, changed_at, f0, f0__fold, f1, f1__fold) SELECT printf('%036d', i), '2026-01-01 00:00:00.000000',"
    " '2026-01-01 00:00:00.000000', 'Person ' || i, 'person ' || i, i, i FROM n",
    'postgresql': "INSERT INTO x_e0 (uid, created_at, changed_at, f0, f0__fold, f1, f1__fold) SELECT lpad(i::text, 36, '0'),"
    " now() - interval '1 day', now() - interval '1 day', 'Person ' || i, 'person ' || i, i::text, i::text"
    ' FROM generate_series(1, :rows) AS n(i)',
}
KIND = {'x-type': 'picklist', 'x-label': {'en': 'Kind'}}
FORMULA = {'x-type': 'formula', 'x-result': 'integer', 'x-formula': 'f1 * 2', 'x-label': {'en': 'Double'}}


def document(number: int, fields: int = FIELDS) -> dict[str, Any]:
    kinds = ('text', 'text', 'integer', 'date', 'decimal', 'boolean')
    parts = {f'f{each}': {'x-type': kinds[each % len(kinds)], 'x-label': {'en': f'Field {each}'}} for each in range(fields)}
    if number:
        parts['before'] = {'x-type': 'link', 'x-target': f'e{number - 1}', 'x-label': {'en': 'Before'}}
    return {'x-label': {'en': f'Entity {number}'}, 'x-title-field': 'f0', 'properties': parts}


def a_field(entity: str, key: str, kind: str = 'integer') -> dict[str, Any]:
    return {'entities': {entity: {'properties': {key: {'x-type': kind, 'x-label': {'en': 'More'}}}}}}


class Place:
    """A publisher over so many entities, the first with rows."""

    def __init__(self, url: str, rows: int, entities: int) -> None:
        self.database, self.clock = Database(url), SystemClock()
        upgrade_system(self.database, table_modules=('permissions.tables',))
        self.catalogs = Catalogs(self.database)
        self.publisher = Publisher(self.database, self.catalogs, self.clock)
        role = {'x-label': {'en': 'Admin'}, 'admin': True, 'studio': True, 'grants': {}}
        self.publish({'entities': {f'e{number}': document(number) for number in range(entities)}, 'roles': {'admin': role}})
        with self.database.writing() as connection:
            connection.execute(sa.text(FILL[self.database.dialect]), {'rows': rows})
        with self.database.write_engine.connect().execution_options(isolation_level='AUTOCOMMIT') as connection:
            connection.execute(sa.text('ANALYZE'))

    def plan(self, request: dict[str, Any]) -> tuple[Any, float]:
        """The plan, and its seconds."""
        begun = time.perf_counter()
        plan = self.publisher.plan(request, ACTOR)
        return plan, time.perf_counter() - begun

    def apply(self, plan: Any) -> float:
        begun = time.perf_counter()
        self.publisher.apply(plan.plan_id, ACTOR)
        return time.perf_counter() - begun

    def publish(self, request: dict[str, Any]) -> tuple[float, float, float]:
        """Seconds of the plan and of the publish, and CPU seconds of both."""
        used = cpu_seconds()
        plan, planned = self.plan(request)
        return planned, self.apply(plan), cpu_seconds() - used

    def bare(self, *statements: str) -> tuple[float, float]:
        """Seconds, and CPU seconds."""
        begun, used = time.perf_counter(), cpu_seconds()
        for statement in statements:
            with self.database.writing() as connection:
                connection.execute(sa.text(statement))
        return time.perf_counter() - begun, cpu_seconds() - used

    def made_at(self, version: int) -> Any:
        with self.database.reading() as connection:
            row = connection.execute(sa.select(schema_version.c.created_at).where(schema_version.c.number == version))
            return row.scalar_one()


def told(waits: Waits) -> str:
    """Longest and usual wait of a writer."""
    return f'longest wait {max(waits) * 1000:.0f} ms, median {statistics.median(waits) * 1000:.1f} ms of {len(waits)} writes'


def changes(place: Place, rows: int, writer: Beside) -> None:
    """What grows with the rows, and what must not."""
    with writer.writing() as waits:
        time.sleep(QUIET_SECONDS)
    print(f'  {"no publish":<26} {told(waits)}', flush=True)
    slow = [
        ('add a field', a_field('e0', 'extra'), ['ALTER TABLE x_e0 ADD COLUMN bare_extra INTEGER']),
        ('build an index', {'entities': {'e0': {'x-indexes': [['f2']]}}}, ['CREATE INDEX bare_index ON x_e0 (f2)']),
        ('text becomes whole number', a_field('e0', 'f1'),
         ['ALTER TABLE x_e0 ADD COLUMN bare_number BIGINT', 'UPDATE x_e0 SET bare_number = CAST(f1 AS BIGINT)']),
        ('a formula for every record', {'entities': {'e0': {'properties': {'twice': FORMULA}}}},
         ['ALTER TABLE x_e0 ADD COLUMN bare_twice BIGINT', 'UPDATE x_e0 SET bare_twice = bare_number * 2']),
        ('whole number becomes text', a_field('e0', 'f1', 'text'),
         ['ALTER TABLE x_e0 ADD COLUMN bare_text TEXT', 'UPDATE x_e0 SET bare_text = CAST(bare_number AS TEXT)']),
    ]  # fmt: skip
    for what, request, statements in slow:
        if 'becomes text' in what:
            place.publish({'remove': ['/entities/e0/properties/twice']})
        change(place, rows, writer, what, request, *statements)
    place.publish({'entities': {'e0': {'properties': {'kind': {**KIND, 'x-options': [{'key': 'old'}, {'key': 'new'}]}}}}})
    old = place.catalogs.current().entity('e0').fields['kind'].definition.options[0].ref
    place.bare(f"UPDATE x_e0 SET kind = '{old}'")
    request = {'remove': ['/entities/e0/properties/kind/x-options/old'], 'remap': {old: 'new'}}
    statements = ['ALTER TABLE x_e0 ADD COLUMN bare_kind TEXT', "UPDATE x_e0 SET bare_kind = 'new'"]
    change(place, rows, writer, 'an option of every record goes', request, *statements)


def change(place: Place, rows: int, writer: Beside, what: str, request: dict[str, Any], *statements: str) -> None:
    """One publish beside a writer, against the bare statements."""
    floor, floor_cpu = place.bare(*statements)
    used = cpu_seconds()
    with writer.writing() as looked:
        plan, planned = place.plan(request)
    with writer.writing() as waits:
        publish = place.apply(plan)
    cpu, ratio, rate = cpu_seconds() - used, publish / max(floor, 1e-4), rows / publish
    figures = (
        f'floor {floor:.3f} s ({floor_cpu:.2f} CPU), plan {planned:.3f} s, publish {publish:.3f} s ({cpu:.2f} CPU of both)'
    )
    print(f'  {what:<26} {figures}, ratio {ratio:.1f}, {rate:,.0f} rows/s', flush=True)
    print(f'  {"while it is planned":>26} {told(looked)}\n  {"while it is published":>26} {told(waits)}', flush=True)


def adoption(place: Place, entities: int, writer: Beside) -> None:
    """A field added again and again, with a writer and an idle process beside."""
    figures: dict[str, list[float]] = {name: [] for name in ('plan', 'publish', 'cpu', 'everywhere', 'lag', 'wait')}
    bare = (place.bare(f'ALTER TABLE x_e1 ADD COLUMN bare_{n} INTEGER')[0] for n in range(ROUNDS))
    floor = statistics.median(bare) * 1000
    for number in range(ROUNDS):
        with writer.writing() as waits:
            begun = place.clock.now()
            spent = place.publish(a_field('e1', f'late{number}'))
            version = place.catalogs.current().number
            followed = followed_at(place.database, version, 2)
        spans = (followed - begun).total_seconds(), (followed - place.made_at(version)).total_seconds()
        for name, seconds in zip(figures, (*spent, *spans, max(waits)), strict=True):
            figures[name].append(seconds * 1000)
    plan, publish, cpu, whole, lag, _ = (statistics.median(each) for each in figures.values())
    allowed = BUDGETS[entities] * 1000
    taken = f'plan {plan:.0f} ms, publish {publish:.0f} ms ({cpu:.0f} CPU)'
    print(
        f'  a field, {entities:>3} entities     floor {floor:.1f} ms, {taken}; '
        f'in all processes {whole:.0f} ms (allowed {allowed:.0f}), ratio {whole / floor:.0f}\n'
        f'  {"":<26} behind the version row: median {lag:.0f} ms, latest {max(figures["lag"]):.0f} ms (allowed 2000); '
        f'longest wait of a writer {max(figures["wait"]):.0f} ms (allowed 150)',
        flush=True,
    )


def swaps(place: Place) -> None:
    sizes = []
    for number in range(PUBLISHES):
        place.publish({'entities': {'e2': {'properties': {'f3': {'x-label': {'en': f'Label {number}'}}}}}})
        if number % 10 == 9:
            gc.collect()
            sizes.append(float(psutil.Process().memory_info().rss) / 2**20)
    print(f'  memory over {PUBLISHES} publishes    ' + ' '.join(f'{size:.0f}' for size in sizes) + ' MB', flush=True)


def measure(url: str, rows: int, entities: int) -> None:
    place = Place(url, rows, entities)
    print(f'{place.database.dialect}, {rows} rows, {entities} entities of {FIELDS} fields', flush=True)
    beside = [start(url, 'worker'), start(url, 'web')]
    adoption(place, entities, beside[1])
    if entities == min(BUDGETS):
        changes(place, rows, beside[1])
        swaps(place)
    for each in beside:
        each.end()
    place.database.dispose()


def main() -> None:
    load_all()
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    engines = sys.argv[2:] or ['sqlite', 'postgresql']
    sizes = [(rows if entities == min(BUDGETS) else 1000, entities) for entities in BUDGETS]
    if 'sqlite' in engines:
        with tempfile.TemporaryDirectory() as folder:
            for given, entities in sizes:
                measure(f'sqlite:///{Path(folder) / f"{entities}.sqlite"}', given, entities)
    if 'postgresql' in engines:
        with suppress(KeyboardInterrupt), serve(find_binaries()) as server:  # type: ignore[arg-type]
            for given, entities in sizes:
                measure(server.fresh(), given, entities)


if __name__ == '__main__':
    main()
