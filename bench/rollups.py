"""Measures a save below a record that very many others count for: `python -m bench.rollups [children …]`.

One firm has a count with a condition, a sum, a smallest and a largest value over all its sales, and a sum over those that name
it among several, with a condition on a link. Each figure is the median of saves of one sale: a new one, a change of the amount,
the smallest going to the bin (which looks the next one up); and beside them the change when every value is counted anew, as it
is when a value cannot be told from what came and went.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import sqlalchemy as sa

from schema.base.actor import system_actor
from schema.base.ids import new_uid
from schema.deriving import graph_of, shifts
from schema.deriving.carrying import Carrier
from tests.support.postgres import find_binaries, serve
from tests.support.site import Site, make_site

ACTOR = system_actor('bench')
SAVES = 15
BIG = {'field': 'amount', 'op': 'gte', 'value': 500}


def rollup(function: str, **more: Any) -> dict[str, Any]:
    return {'x-type': 'rollup', 'x-rollup': {'entity': 'sale', 'field': 'firm', 'function': function, **more}}


def publish(site: Site) -> None:
    rolled = {
        'big': rollup('count', condition=BIG), 'total': rollup('sum', of='amount'), 'least': rollup('min', of='amount'),
        'most': rollup('max', of='amount'),
        'shared': rollup('sum', of='amount', field='partners', condition={'field': 'firm', 'op': 'is_not_empty'}),
    }  # fmt: skip
    entities = {
        'firm': {'properties': {'name': {'x-type': 'text'}, **rolled}},
        'sale': {'properties': {'title': {'x-type': 'text'}, 'amount': {'x-type': 'integer'},
                                'firm': {'x-type': 'link', 'x-target': 'firm'},
                                'partners': {'x-type': 'links', 'x-target': 'firm'}}},
    }  # fmt: skip
    plan = site.runtime.publisher.plan({'entities': entities}, ACTOR)
    site.runtime.publisher.apply(plan.plan_id, ACTOR)


def fill(site: Site, children: int) -> tuple[str, list[str]]:
    """A firm with so many sales, written past the store; its uid and the uids of the sales with the smallest amounts."""
    firm = site.runtime.write(ACTOR, lambda store: store.create('firm', {'name': 'Hải Âu'}))
    catalog, now = site.runtime.catalogs.current(), site.runtime.clock.now()
    table = catalog.entity('sale').table
    with site.runtime.database.writing() as connection:
        for start in range(0, children, 5_000):
            rows = [
                {'uid': new_uid(), 'revision': 1, 'created_at': now, 'changed_at': now, 'title': 'Đơn', 'title__fold': 'don',
                 'amount': number, 'firm': firm.id}
                for number in range(start, min(start + 5_000, children))
            ]  # fmt: skip
            connection.execute(table.insert(), rows)
        pairs = catalog.entity('sale').fields['partners'].table
        assert pairs is not None
        linked = sa.select(table.c.id, sa.literal(firm.id), sa.literal(0))
        connection.execute(pairs.insert().from_select(['source_id', 'target_id', 'position'], linked))
        graph = graph_of(catalog)
        carrier = Carrier(connection, graph)
        for plan in graph.order:
            carrier.need(plan, [firm.id])
        carrier.run()
        least = sa.select(table.c.uid).order_by(table.c.amount).limit(4 * SAVES)
        found = list(connection.execute(least).scalars())
    with site.runtime.database.write_engine.connect().execution_options(isolation_level='AUTOCOMMIT') as connection:
        connection.execute(sa.text('ANALYZE'))
    return firm.uid, found


def median(work: Callable[[int], object]) -> float:
    taken = []
    for number in range(SAVES):
        started = time.perf_counter()
        work(number)
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def measure(site: Site, children: int) -> None:
    firm, least = fill(site, children)
    write = site.runtime.write
    change = lambda number: write(ACTOR, lambda store: store.update('sale', least[-1], {'amount': 900 + number}))  # noqa: E731
    figures = {
        'create': median(lambda _: write(ACTOR, lambda store: store.create('sale', {'amount': 700, 'firm': firm}))),
        'change': median(change),
        'smallest goes': median(lambda number: write(ACTOR, lambda store: store.delete('sale', least[number]))),
    }
    with mock.patch.object(shifts, 'can_shift', return_value=False):
        figures['counted anew'] = median(lambda number: change(number + SAVES))
    print(f'  {children:>9,} children  ' + '  '.join(f'{name} {took:8.2f} ms' for name, took in figures.items()), flush=True)


def run(url: str, folder: Path, children: int) -> None:
    site = make_site(url, folder)
    publish(site)
    measure(site, children)
    site.runtime.close()


def main() -> None:
    sizes = [int(each) for each in sys.argv[1:]] or [10, 10_000, 400_000]
    with tempfile.TemporaryDirectory() as folder:
        print('sqlite')
        for children in sizes:
            run(f'sqlite:///{folder}/{children}.sqlite', Path(folder) / f'lite-{children}', children)
        with serve(find_binaries()) as server:  # type: ignore[arg-type]
            print('postgresql')
            for children in sizes:
                run(server.fresh(), Path(folder) / f'postgres-{children}', children)


if __name__ == '__main__':
    main()
