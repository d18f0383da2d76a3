"""Measures claims from a pool: `python -m bench.pools [clients] [records]`.

So many clients claim at the same instant, each in a thread of its own; prints for each engine how long all of them took, how
many records were given and to how many different ones, and the median of a single claim alone. Fails when a record was given
twice. PostgreSQL is the one that TRELLIS_BENCH_DATABASE_URL names (an empty database), else one of the tests' own.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier, Thread

from modules.pools import claiming
from schema.base.errors import TrellisError
from tests.pools.conftest import make_pool, put_leads
from tests.support.postgres import find_binaries, serve
from tests.support.site import Site, make_site

CLIENTS, RECORDS, ALONE = 200, 100, 20


def at_once(site: Site, pool_uid: str, clients: int) -> tuple[float, list[str]]:
    """Seconds until the last client had its answer, and what was given."""
    actors, given = [site.actor(name) for name in ('rep', 'rep2')], list[str]()
    start = Barrier(clients + 1)

    def client(number: int) -> None:
        start.wait()
        try:
            given.append(claiming.claim(site.runtime, actors[number % 2], pool_uid).uid)
        except TrellisError:  # nothing left
            return

    threads = [Thread(target=client, args=(number,)) for number in range(clients)]
    for each in threads:
        each.start()
    start.wait()
    began = time.perf_counter()
    for each in threads:
        each.join()
    return time.perf_counter() - began, given


def alone(site: Site, pool_uid: str) -> float:
    """The median milliseconds of one claim with nobody beside."""
    actor, taken = site.actor('rep'), []
    for _ in range(ALONE):
        began = time.perf_counter()
        claiming.claim(site.runtime, actor, pool_uid)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def measure(engine: str, url: str, clients: int, records: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        site = make_site(url or f'sqlite:///{folder}/trellis.db', Path(folder) / 'home')
        pool, quiet = make_pool(site), make_pool(site, name='Một mình')
        put_leads(site, pool, records)
        put_leads(site, quiet, ALONE)
        single = alone(site, quiet.uid)
        seconds, given = at_once(site, pool.uid, clients)
        site.runtime.close()
    if len(set(given)) != len(given) or len(given) != min(clients, records):
        raise SystemExit(f'{engine}: {len(given)} claims gave {len(set(given))} records')
    print(
        f'{engine:<10} {clients} clients, {records} records: {seconds:6.2f} s, {len(given)} given once each;'
        f' one claim alone {single:5.1f} ms'
    )


@contextmanager
def postgres_url() -> Iterator[str]:
    if url := os.environ.get('TRELLIS_BENCH_DATABASE_URL'):
        yield url
        return
    if (binaries := find_binaries()) is None:
        raise SystemExit('no PostgreSQL here: name one in TRELLIS_BENCH_DATABASE_URL')
    with serve(binaries) as server:
        yield server.fresh()


def main() -> None:
    clients, records = (*(int(each) for each in sys.argv[1:3]), *(CLIENTS, RECORDS)[len(sys.argv[1:3]) :])
    measure('sqlite', '', clients, records)
    with postgres_url() as url:
        measure('postgresql', url, clients, records)


if __name__ == '__main__':
    main()
