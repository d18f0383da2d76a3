"""Measures what record scopes and field rights add to lists: `python -m bench.rights [rows] [rounds] [sqlite|postgresql]`, else
a million rows on both.

Prints for each engine two tables of scopes and lists of 25: whole GET requests of the REST API with a token, and the query
layer alone. The first line is somebody who sees all, in milliseconds (medians); below stands what a scope costs as a ratio of
that, and in milliseconds. `fields hidden` sees all records and not all fields. The next pages begin where somebody who owns a
thousandth of all records has their last one. The scopes take turns, so that a busy machine slows all.

`home=FOLDER` keeps what it fills there for the next time; `explain` prints the statements of each list with their plans.
PostgreSQL is the one that TRELLIS_BENCH_DATABASE_URL names (an empty database), else one of the tests' own with more memory.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import event

from bench._scoped import SCOPES, person_of, site_of
from bench.rest import call
from modules.people.tokens import create_token
from modules.records.model import ListQuery, Sort
from permissions.actors import load_actor
from schema.base.actor import Actor
from tests.support.site import Site

SIZE, DEEP, WARM = 25, 40, 12
COLUMNS = ('full_name', 'status', 'owner')
CHOSEN = {'all': [{'field': 'status', 'op': 'eq', 'value': 'new'}]}
SORT = (Sort('full_name'),)
LISTS: Mapping[str, dict[str, Any]] = {
    'page and total': {}, 'next page': {'cursor': '', 'counted': False},
    'sorted': {'sort': SORT, 'counted': False}, 'sorted, next': {'sort': SORT, 'cursor': '', 'counted': False},
    'filtered': {'filter': CHOSEN, 'counted': False}, 'filtered, total': {'filter': CHOSEN},
}  # fmt: skip
"""Lists as the query layer knows them; the total of what is sorted is that of the list."""
SERVED: Mapping[str, dict[str, str]] = {
    'page and total': {}, 'next page': {'cursor': ''}, 'sorted': {'order_column': 'full_name'},
    'sorted, next': {'order_column': 'full_name', 'cursor': ''}, 'filtered, total': {'filter': json.dumps(CHOSEN)},
}  # fmt: skip
"""The same as requests, which count with the first page."""
Run = Callable[[], Any]


class Bench:
    def __init__(self, site: Site, rows: int) -> None:
        self.site, self.catalog = site, site.runtime.catalogs.current()
        self.deep = max(2, DEEP * rows // 1_000_000)
        now = site.runtime.clock.now()
        with site.runtime.database.session() as session:
            self.actors = {name: self._actor(session, name) for name in SCOPES}
            self.tokens = {name: create_token(session, person_of(name), 'bench', now) for name in SCOPES}

    def _actor(self, session: Any, name: str) -> Actor:
        actor = load_actor(session.connection(), person_of(name))
        assert actor is not None
        return actor

    def page(self, name: str, **more: Any) -> Any:
        """One page by the query layer."""
        with self.site.runtime.reader(self.actors[name], self.catalog) as reader:
            return reader.list_page('contact', ListQuery(**{'columns': COLUMNS, 'size': SIZE, **more}))

    def query(self, name: str, what: str) -> Callable[[], Run]:
        asked = dict(LISTS[what])
        if 'cursor' in asked:
            asked['cursor'] = self.cursor(name, asked.get('sort', ()))
        return lambda: lambda: self.page(name, **asked)

    def request(self, name: str, what: str) -> Callable[[], Run]:
        arguments = {'page_size': str(SIZE), 'keys': 'none', 'columns': ','.join(COLUMNS), **SERVED[what]}
        if 'cursor' in arguments:
            arguments['cursor'] = self.cursor(name, SORT if 'order_column' in arguments else ())
        path = f'/api/v1/contact/?{urlencode(arguments)}'
        return lambda: call(self.site.app, 'GET', path, None, self.tokens[name])

    def cursor(self, name: str, sort: tuple[Sort, ...]) -> str:
        """Where the deep page of somebody's list begins."""
        return str(self.page(name, sort=sort, counted=False, number=self.deep - 1).next)

    def measure(self, rounds: int, make: Callable[[str], Callable[[], Run]]) -> dict[str, float]:
        """Medians in milliseconds by scope."""
        prepared = {name: make(name) for name in SCOPES}
        taken: dict[str, list[float]] = {name: [] for name in SCOPES}
        for _ in range(rounds + WARM):
            for name, prepare in prepared.items():
                run = prepare()
                start = time.perf_counter()
                run()
                taken[name].append((time.perf_counter() - start) * 1000)
        return {name: statistics.median(each[WARM:]) for name, each in taken.items()}

    def explain(self, what: str) -> None:
        """The statements of one page of each scope with their plans."""
        engine, seen = self.site.runtime.database.read_engine, list[tuple[str, Any]]()

        def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
            if statement.lstrip().startswith(('SELECT', 'WITH')):
                seen.append((statement, parameters))

        for name in SCOPES:
            run = self.query(name, what)()
            run()
            seen.clear()
            event.listen(engine, 'before_cursor_execute', note)
            run()
            event.remove(engine, 'before_cursor_execute', note)
            explain = {'postgresql': 'EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) '}.get(engine.dialect.name, 'EXPLAIN QUERY PLAN ')
            with engine.connect() as connection:
                for statement, parameters in list(seen):
                    print(f'--- {name}: {statement[statement.index("FROM") :]}')
                    for row in connection.exec_driver_sql(explain + statement, parameters):
                        print('   ', row[-1])


def table(title: str, figures: Mapping[str, Mapping[str, float]]) -> None:
    """Scopes from above to below, lists from left to right."""
    print(f'\n{title}\n{"":18}' + ''.join(f'{what:>20}' for what in figures))
    for name in SCOPES:
        cells = [
            f'{found[name]:.2f} ms' if name == 'all' else f'{found[name] / found["all"]:.2f} {f"({found[name]:.2f} ms)":>12}'
            for found in figures.values()
        ]
        print(f'{name:18}' + ''.join(f'{cell:>20}' for cell in cells), flush=True)


def report(engine: str, rows: int, rounds: int, home: Path | None, *, explain: bool) -> None:
    start = time.perf_counter()
    with site_of(engine, rows, home) as site:
        print(f'\n{engine}: {rows:,} rows, ready in {time.perf_counter() - start:.0f} s', flush=True)
        bench = Bench(site, rows)
        for what in LISTS if explain else ():
            print(f'====== {what}')
            bench.explain(what)
        served = {what: bench.measure(rounds, lambda name, what=what: bench.request(name, what)) for what in SERVED}  # type: ignore[misc]
        table(f'{engine}: whole requests', served)
        asked = {what: bench.measure(rounds, lambda name, what=what: bench.query(name, what)) for what in LISTS}  # type: ignore[misc]
        table(f'{engine}: the query layer alone', asked)


def main() -> None:
    words = sys.argv[1:]
    numbers = [int(each) for each in words if each.isdigit()]
    rows, rounds = (*numbers, *(1_000_000, 40)[len(numbers) :])
    home = next((Path(each.removeprefix('home=')) for each in words if each.startswith('home=')), None)
    for engine in [each for each in ('sqlite', 'postgresql') if each in words] or ['sqlite', 'postgresql']:
        report(engine, rows, rounds, home, explain='explain' in words)


if __name__ == '__main__':
    main()
