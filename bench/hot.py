"""Measures a field added to a system at work: `python -m bench.hot [entities] [engine …]`.

Two web servers, a worker and 8 people at the API. Told are the time from the request for a plan until the new field has been
written through both servers, against the bare DDL and against the same without people, and the longest and the usual answer
that anybody met, against those of the same traffic without a publish.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.publish import BUDGETS, document
from schema.base.database import Database
from schema.texts import load_all
from tests.support.postgres import find_binaries, serve
from tests.support.running import Client, Installation, Traffic
from tests.support.site import make_site
from tests.support.waiting import free_port

PEOPLE, ROUNDS, QUIET_SECONDS = 8, 7, 5


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


class Busy:
    """The installation of one engine while it runs."""

    def __init__(self, trellis: Installation, addresses: list[str], database: Database) -> None:
        token = trellis.token('admin')
        self.database = database
        self.admins = [Client(each, token) for each in addresses]
        rep = trellis.token('rep')
        maker = Client(addresses[0], rep)
        self.uids = [str(maker.need('POST', '/contact/', {'full_name': f'Person {n}'})['id']) for n in range(PEOPLE)]
        self.people = [Timed(addresses[n % len(addresses)], rep) for n in range(PEOPLE)]

    def pad(self, entities: int) -> None:
        missing = entities - len(self.admins[0].need('GET', '/schema/')['entities'])
        self._publish({'entities': {f'e{n}': document(n) for n in range(missing)}})

    def _publish(self, request: dict[str, Any]) -> None:
        plan = self.admins[0].need('POST', '/schema/plan', request)
        self.admins[0].need('POST', '/schema/apply', {'plan_id': plan['plan_id']}, (200, 202))

    def add_field(self, key: str) -> float:
        """Milliseconds until the field was written through every server."""
        begun = time.perf_counter()
        self._publish({'entities': {'contact': {'properties': {key: {'x-type': 'integer', 'x-label': {'en': 'More'}}}}}})
        for admin in self.admins:
            while admin.send('PUT', f'/contact/{self.uids[0]}', {key: 1}, (200, 400, 422)).get('result') is None:
                time.sleep(0.002)
            admin.connection.close()
        return (time.perf_counter() - begun) * 1000

    @contextmanager
    def traffic(self) -> Iterator[None]:
        """People at work; their answers of the block alone are kept."""
        traffic = Traffic(list(self.people), self.uids)
        with traffic.flowing():
            for each in self.people:
                each.taken.clear()
            yield
        assert traffic.failures == []

    def answers(self) -> str:
        taken = sorted(each for person in self.people for each in person.taken)
        late, count = taken[int(len(taken) * 0.99)], len(taken)
        return (
            f'median {statistics.median(taken):.0f} ms, 99 % within {late:.0f}, longest {taken[-1]:.0f} ms of {count} answers'
        )


@contextmanager
def running(url: str, folder: Path) -> Iterator[Busy]:
    make_site(url, folder / 'site').runtime.close()
    environ = {
        'TRELLIS_DATABASE_URL': url,
        'TRELLIS_REDIS_URL': 'redis://127.0.0.1:1/0',
        'TRELLIS_SECRET_KEY': 'bench-key-' * 4,
    }
    trellis = Installation(folder / 'home', free_port(), environ)
    database = Database(url)
    with ExitStack() as stack:
        addresses = [stack.enter_context(trellis.web(free_port())) for _ in range(2)]
        stack.enter_context(trellis.part('worker'))
        yield Busy(trellis, addresses, database)
    database.dispose()


def measure(url: str, folder: Path, entities: int) -> None:
    with running(url, folder) as busy:
        busy.pad(entities)
        bare = statistics.median(_bare(busy.database, number) for number in range(ROUNDS))
        alone = statistics.median(busy.add_field(f'alone{number}') for number in range(ROUNDS))
        with busy.traffic():
            time.sleep(QUIET_SECONDS)
        quiet = busy.answers()
        with busy.traffic():
            spans = [busy.add_field(f'more{number}') for number in range(ROUNDS)]
        allowed = BUDGETS[entities] * 1000
        beside = f'median {statistics.median(spans):.0f} ms, latest {max(spans):.0f} ms (allowed {allowed:.0f})'
        print(f'{busy.database.dialect}, {entities} entities, until a field is written through both servers')
        print(f'  bare DDL {bare:.1f} ms; alone {alone:.0f} ms; beside {PEOPLE} people {beside}')
        print(f'  answers without a publish  {quiet}\n  answers with {ROUNDS} publishes   {busy.answers()}', flush=True)


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
