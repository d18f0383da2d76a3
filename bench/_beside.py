"""Processes beside a publisher, for `bench.publish`: each follows the schema as a server does; some write without a rest."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import psutil
import sqlalchemy as sa

from migrations.tables import process_heartbeat
from modules.ops.presence import Presence
from schema.base.clock import SystemClock
from schema.base.database import Database, share_fence
from schema.catalog import Catalog
from schema.catalogs import Catalogs
from schema.texts import load_all
from schema.versions import read_state

REST_SECONDS = 0.002
ROWS = 1000
Waits = list[float]
"""Seconds of each write."""


@dataclass
class Beside:
    """Another process and the pipe to it."""

    process: Any
    pipe: multiprocessing.connection.Connection

    @contextmanager
    def writing(self) -> Iterator[Waits]:
        """It writes rows of the first entity, one after the other; the list is filled at the end of the block."""
        waits: Waits = []
        self.pipe.send('write')
        assert self.pipe.recv() == 'writing'
        try:
            yield waits
        finally:
            self.pipe.send('stop')
            waits += self.pipe.recv()

    def end(self) -> None:
        self.process.terminate()
        self.process.join()


def start(url: str, role: str) -> Beside:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context('spawn').Process(target=_run, args=(url, role, there), daemon=True)
    process.start()
    assert here.recv() == 'ready'
    return Beside(process, here)


def cpu_seconds() -> float:
    """CPU that this process has used, and a database server that it started. It depends less on other load than the clock."""
    used = time.process_time()
    for each in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if each.name().startswith('postgres'):
                times = each.cpu_times()
                used += times.user + times.system
    return used


def followed_at(database: Database, version: int, processes: int) -> Any:
    """The moment at which the last of so many processes said that it uses the version; waits for it."""
    beats = sa.select(process_heartbeat.c.at).where(process_heartbeat.c.version >= version)
    while True:
        with database.reading() as connection:
            found = list(connection.execute(beats).scalars())
        if len(found) >= processes:
            return max(found)
        time.sleep(0.01)


def _run(url: str, role: str, pipe: multiprocessing.connection.Connection) -> None:
    load_all()
    database, clock = Database(url), SystemClock()
    catalogs = Catalogs(database)
    catalogs.current()
    runtime: Any = SimpleNamespace(database=database, catalogs=catalogs, clock=clock)
    Presence(runtime, role).start()
    pipe.send('ready')
    while pipe.recv() == 'write':
        waits: Waits = []
        stop = threading.Event()
        writer = threading.Thread(target=_write, args=(runtime, stop, waits))
        writer.start()
        pipe.send('writing')
        pipe.recv()
        stop.set()
        writer.join()
        pipe.send(waits)


def _write(runtime: Any, stop: threading.Event, waits: Waits) -> None:
    row, catalog = 0, runtime.catalogs.current()
    while not stop.is_set():
        row = row % ROWS + 1
        begun = time.perf_counter()
        catalog = _save(runtime, runtime.catalogs.current(), row)
        waits.append(time.perf_counter() - begun)
        stop.wait(REST_SECONDS)
    assert catalog is not None


def _save(runtime: Any, catalog: Catalog, row: int) -> Catalog:
    """One write with the fence of the store; a stale writer goes on with the current catalog."""
    with runtime.database.session() as session:
        share_fence(session)
        state = read_state(session)
        if state is None or catalog.number < state.min_writer:
            catalog = runtime.catalogs.current()
        entity = catalog.entity('e0')
        field = entity.fields['f1']
        value = field.to_columns(str(row) if field.type.key == 'text' else row)
        values = {**value, 'changed_at': runtime.clock.now()}
        session.execute(entity.table.update().where(entity.table.c.id == row).values(values))
    return catalog
