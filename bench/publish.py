"""Measures publishing against the bare statements it stands on: `python -m bench.publish [rows] [engine …]`.

For each engine: seconds of planning and of publishing one field, one index and one type change on an entity with so many rows
(default 1,000,000), the floor (the bare DDL, or one bare UPDATE), and the longest that a writer beside it had to wait; then the
compile time of 10, 50 and 200 entities, how late an idle process follows, and what 60 publishes leave in memory.
"""

from __future__ import annotations

import gc
import multiprocessing
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import sqlalchemy as sa

from migrations.service import Publisher
from migrations.system.upgrade import upgrade_system
from migrations.tables import process_heartbeat
from modules.ops.presence import Presence
from schema.base.actor import system_actor
from schema.base.clock import SystemClock
from schema.base.database import Database, share_fence
from schema.catalog import compile_catalog
from schema.catalogs import Catalogs
from schema.loading import settle
from schema.texts import load_all
from schema.versions import SchemaVersion, read_state, schema_version
from tests.support.postgres import find_binaries, serve

ACTOR = system_actor('bench')
ENTITIES, FIELDS, PUBLISHES = 20, 20, 60
FILL = {
    'sqlite': 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows) INSERT INTO x_e0 (uid,'
    " created_at, changed_at, f0, f0__fold, f1, f1__fold) SELECT printf('%036d', i), '2026-01-01 00:00:00.000000',"
    " '2026-01-01 00:00:00.000000', 'Person ' || i, 'person ' || i, i, i FROM n",
    'postgresql': "INSERT INTO x_e0 (uid, created_at, changed_at, f0, f0__fold, f1, f1__fold) SELECT lpad(i::text, 36, '0'),"
    " now() - interval '1 day', now() - interval '1 day', 'Person ' || i, 'person ' || i, i::text, i::text"
    ' FROM generate_series(1, :rows) AS n(i)',
}


def document(number: int, fields: int = FIELDS) -> dict[str, Any]:
    kinds = ('text', 'text', 'integer', 'date', 'decimal', 'boolean')
    parts = {f'f{each}': {'x-type': kinds[each % len(kinds)], 'x-label': {'en': f'Field {each}'}} for each in range(fields)}
    return {'x-label': {'en': f'Entity {number}'}, 'x-title-field': 'f0', 'properties': parts}


class Place:
    """A publisher over `ENTITIES` entities, the first with rows."""

    def __init__(self, url: str, rows: int) -> None:
        self.database, self.clock = Database(url), SystemClock()
        upgrade_system(self.database, table_modules=('permissions.tables',))
        self.catalogs = Catalogs(self.database)
        self.publisher = Publisher(self.database, self.catalogs, self.clock)
        role = {'x-label': {'en': 'Admin'}, 'admin': True, 'studio': True, 'grants': {}}
        self.publish({'entities': {f'e{number}': document(number) for number in range(ENTITIES)}, 'roles': {'admin': role}})
        with self.database.writing() as connection:
            connection.execute(sa.text(FILL[self.database.dialect]), {'rows': rows})
        with self.database.write_engine.connect().execution_options(isolation_level='AUTOCOMMIT') as connection:
            connection.execute(sa.text('ANALYZE'))

    def publish(self, request: dict[str, Any]) -> tuple[float, float]:
        """Seconds of the plan and of the publish."""
        begun = time.perf_counter()
        plan = self.publisher.plan(request, ACTOR)
        planned = time.perf_counter()
        self.publisher.apply(plan.plan_id, ACTOR)
        return planned - begun, time.perf_counter() - planned

    def bare(self, *statements: str) -> float:
        begun = time.perf_counter()
        for statement in statements:
            with self.database.writing() as connection:
                connection.execute(sa.text(statement))
        return time.perf_counter() - begun

    def save(self, catalog: Any, row: int) -> Any:
        """One write as the store makes it; the catalog to go on with."""
        with self.database.session() as session:
            share_fence(session)
            state = read_state(session)
            if state is None or catalog.number < state.min_writer:
                catalog = self.catalogs.current()
            entity = catalog.entity('e0')
            field = entity.fields['f1']
            value = field.to_columns(str(row) if field.type.key == 'text' else row)
            session.execute(
                entity.table.update().where(entity.table.c.id == row).values({**value, 'changed_at': self.clock.now()})
            )
        return catalog

    @contextmanager
    def writing(self) -> Iterator[list[float]]:
        """A writer that never rests; the seconds of each of its writes."""
        waits: list[float] = []
        stop = threading.Event()

        def work() -> None:
            catalog, row = self.catalogs.current(), 0
            while not stop.is_set():
                row = row % 1000 + 1
                begun = time.perf_counter()
                catalog = self.save(catalog, row)
                waits.append(time.perf_counter() - begun)
                stop.wait(0.002)

        writer = threading.Thread(target=work)
        writer.start()
        try:
            yield waits
        finally:
            stop.set()
            writer.join()


def told(what: str, floor: float, ours: tuple[float, float], waits: list[float]) -> None:
    plan, publish = ours
    ratio, longest, middle = publish / max(floor, 1e-4), max(waits) * 1000, statistics.median(waits) * 1000
    print(f'  {what:<28} floor {floor:.3f} s, plan {plan:.3f} s, publish {publish:.3f} s, ratio {ratio:.1f}', flush=True)
    print(f'  {"":<28} longest wait of a writer {longest:.0f} ms, median {middle:.1f} ms of {len(waits)} writes', flush=True)


def changes(place: Place) -> None:
    quick = [
        ('add a field', {'entities': {'e0': {'properties': {'extra': {'x-type': 'integer', 'x-label': {'en': 'Extra'}}}}}},
         ['ALTER TABLE x_e0 ADD COLUMN bare_extra INTEGER']),
        ('build an index', {'entities': {'e0': {'x-indexes': [['f2']]}}}, ['CREATE INDEX bare_index ON x_e0 (f2)']),
        ('text becomes whole number', {'entities': {'e0': {'properties': {'f1': {'x-type': 'integer'}}}}},
         ['ALTER TABLE x_e0 ADD COLUMN bare_number BIGINT', 'UPDATE x_e0 SET bare_number = CAST(f1 AS BIGINT)']),
    ]  # fmt: skip
    for what, request, statements in quick:
        floor = place.bare(*statements)
        with place.writing() as waits:
            ours = place.publish(request)
        told(what, floor, ours, waits)


def compiles() -> None:
    for count in (10, 50, 200):
        documents = settle({('entity', f'e{number}'): document(number) for number in range(count)}, {})
        times, before = [], memory()
        kept = []
        for number in range(3):
            begun = time.process_time()
            kept.append(compile_catalog(SchemaVersion(number, documents, str(number))))
            times.append(time.process_time() - begun)
        seconds, size = statistics.median(times), (memory() - before) / 3
        print(f'  compile {count:>3} entities: {seconds:.3f} s of CPU, {size:.1f} MB each', flush=True)
        del kept
        gc.collect()


def follow(url: str) -> None:
    """A process that only follows, as an idle server does; until it is terminated."""
    database = Database(url)
    Presence(SimpleNamespace(database=database, catalogs=Catalogs(database), clock=SystemClock()), 'web')._run()  # type: ignore[arg-type]


def adoption(place: Place, url: str) -> None:
    process = multiprocessing.get_context('spawn').Process(target=follow, args=(url,), daemon=True)
    process.start()
    lags = []
    for number in range(6):
        request = {'entities': {'e1': {'properties': {f'late{number}': {'x-type': 'integer', 'x-label': {'en': 'Late'}}}}}}
        place.publish(request)
        version = place.catalogs.current().number
        while (at := beat_at(place, version)) is None:
            time.sleep(0.02)
        with place.database.reading() as connection:
            made = connection.execute(sa.select(schema_version.c.created_at).where(schema_version.c.number == version))
            lags.append((at - made.scalar_one()).total_seconds())
    process.terminate()
    process.join()
    print(f'  an idle process follows      median {statistics.median(lags[1:]):.2f} s, latest {max(lags[1:]):.2f} s')


def beat_at(place: Place, version: int) -> Any:
    with place.database.reading() as connection:
        return connection.execute(sa.select(process_heartbeat.c.at).where(process_heartbeat.c.version >= version)).scalar()


def swaps(place: Place) -> None:
    sizes = []
    for number in range(PUBLISHES):
        label = {'en': f'Label {number}'}
        place.publish({'entities': {'e2': {'properties': {'f3': {'x-label': label}}}}})
        place.save(place.catalogs.current(), 1)
        if number % 10 == 9:
            gc.collect()
            sizes.append(memory())
    print(f'  memory over {PUBLISHES} publishes     ' + ' '.join(f'{size:.0f}' for size in sizes) + ' MB')


def memory() -> float:
    return float(psutil.Process().memory_info().rss) / 2**20


def measure(url: str, rows: int) -> None:
    place = Place(url, rows)
    print(f'{place.database.dialect}, {rows} rows, {ENTITIES} entities of {FIELDS} fields', flush=True)
    changes(place)
    adoption(place, url)
    swaps(place)
    place.database.dispose()


def main() -> None:
    load_all()
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    engines = sys.argv[2:] or ['sqlite', 'postgresql']
    if 'sqlite' in engines:
        with tempfile.TemporaryDirectory() as folder:
            measure(f'sqlite:///{Path(folder) / "bench.sqlite"}', rows)
    if 'postgresql' in engines:
        with suppress(KeyboardInterrupt), serve(find_binaries()) as server:  # type: ignore[arg-type]
            measure(server.fresh(), rows)
    compiles()


if __name__ == '__main__':
    main()
