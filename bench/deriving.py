"""Measures saves with formulas, rollups and rules against a bare insert: `python -m bench.deriving [records] [engine …]`.

The floor inserts the same finished row and its history row with two statements in one transaction. Ours is the whole store:
rights, reading, rules, duplicates, history, events; once on an entity without anything derived, once with a validation rule,
once with three formulas (one behind a link) and two rollups on the linked record as well. Medians of single saves in the same
run, with the CPU that one save takes here and in the database server, and rows a second of batches of 300.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from bench._beside import cpu_seconds
from modules.records.preparing import Change
from modules.records.tables import record_history
from schema.base.actor import system_actor
from schema.base.ids import new_uid
from schema.base.money import Money
from schema.deriving import graph_of
from schema.deriving.values import compute
from tests.support.postgres import find_binaries, serve
from tests.support.site import Site, make_site

BATCH, ROUNDS = 300, 5
ACTOR = system_actor('bench')
PLAIN: dict[str, Any] = {
    'title': {'x-type': 'text'}, 'quantity': {'x-type': 'integer'}, 'price': {'x-type': 'money', 'x-currency': 'VND'},
    'sold_on': {'x-type': 'date'}, **{f'extra_{number}': {'x-type': 'text'} for number in range(12)},
}  # fmt: skip
RULE = {
    'key': 'positive', 'refuse_when': {'field': 'quantity', 'op': 'lt', 'value': 0},
    'message': {'en': 'The quantity may not be negative.', 'vi': 'Số lượng không được âm.'},
}  # fmt: skip
FORMULAS: dict[str, Any] = {
    'net': {'x-type': 'formula', 'x-result': 'money', 'x-formula': 'quantity * price'},
    'gross': {'x-type': 'formula', 'x-result': 'money', 'x-formula': 'net * (1 + coalesce(firm.rate, 0) / 100)'},
    'name': {'x-type': 'formula', 'x-result': 'text', 'x-formula': "join(' · ', firm.name, title)"},
}


def rollup(entity: str, function: str, **more: str) -> dict[str, Any]:
    return {'x-type': 'rollup', 'x-rollup': {'entity': entity, 'field': 'firm', 'function': function, **more}}


def publish(site: Site) -> None:
    link = {'firm': {'x-type': 'link', 'x-target': 'firm'}}
    rolled = {'sales': rollup('derived_sale', 'count'), 'total': rollup('derived_sale', 'sum', of='net')}
    entities = {
        'firm': {'properties': {'name': {'x-type': 'text'}, 'rate': {'x-type': 'decimal'}, **rolled}},
        'plain_sale': {'properties': {**PLAIN, **link}},
        'ruled_sale': {'properties': {**PLAIN, **link}, 'x-rules': [RULE]},
        'derived_sale': {'properties': {**PLAIN, **link, **FORMULAS}, 'x-rules': [RULE]},
    }
    plan = site.runtime.publisher.plan({'entities': entities}, ACTOR)
    site.runtime.publisher.apply(plan.plan_id, ACTOR)


def wire(number: int, firm: str) -> dict[str, Any]:
    price = {'amount': str(number % 500), 'currency': 'VND'}
    return {'title': f'Đơn {number}', 'quantity': number % 9, 'price': price, 'sold_on': '2026-11-20', 'firm': firm}


def median(work: Callable[[int], object], count: int) -> tuple[float, float]:
    """Milliseconds of one call, and milliseconds of CPU."""
    taken, used = [], cpu_seconds()
    for number in range(count):
        started = time.perf_counter()
        work(number)
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken), (cpu_seconds() - used) / count * 1000


def bare(site: Site, firm_id: int) -> Callable[[int], object]:
    table = site.runtime.catalogs.current().entity('plain_sale').table
    now = site.runtime.clock.now()

    def insert(number: int) -> None:
        uid = new_uid()
        row = {
            'uid': uid, 'revision': 1, 'created_at': now, 'changed_at': now, 'title': f'Đơn {number}', 'quantity': number % 9,
            'title__fold': f'don {number}', 'price': number, 'price__currency': 'VND', 'firm': firm_id,
        }  # fmt: skip
        kept = {
            'entity_ref': 'x', 'record_uid': uid, 'revision': 1, 'kind': 'created', 'changes': {}, 'actor_name': 'bench',
            'at': now, 'version': 1,
        }  # fmt: skip
        with site.runtime.database.writing() as connection:
            connection.execute(table.insert().values(row))
            connection.execute(record_history.insert().values(kept))

    return insert


def batches(site: Site, entity_key: str, firms: list[str]) -> float:
    """Records a second."""
    entity = site.runtime.catalogs.current().entity(entity_key)
    taken = []
    for _ in range(ROUNDS):
        changes = [Change(entity, new_uid(), wire(number, firms[number % len(firms)])) for number in range(BATCH)]
        started = time.perf_counter()
        site.runtime.write(ACTOR, lambda store, changes=changes: store.create_many(entity_key, changes))
        taken.append(time.perf_counter() - started)
    return BATCH / statistics.median(taken)


def one_formula(site: Site) -> float:
    """Microseconds of computing one formula, values read and rounded."""
    plan = graph_of(site.runtime.catalogs.current()).plan('derived_sale', 'net')
    values = {'quantity': 7, 'price': Money(Decimal(250), 'VND')}
    started = time.perf_counter()
    for _ in range(20_000):
        compute(plan, values)  # type: ignore[arg-type]
    return (time.perf_counter() - started) / 20_000 * 1e6


def measure(site: Site, count: int) -> None:
    publish(site)
    saved = [
        site.runtime.write(ACTOR, lambda store, number=number: store.create('firm', {'name': f'Hãng {number}', 'rate': '8'}))
        for number in range(20)
    ]
    firms = [each.uid for each in saved]
    print(f'  one formula           {one_formula(site):8.1f} µs')
    floor, floor_cpu = median(bare(site, saved[0].id), count)
    print(f'  bare insert           {floor:8.2f} ms  {floor_cpu:6.2f} CPU')
    first = 0.0
    for key in ('plain_sale', 'ruled_sale', 'derived_sale'):
        took, cpu = median(partial(save, site, key, firms), count)
        first = first or took
        times = f'{took / floor:5.1f} × bare ({cpu / floor_cpu:.1f} of CPU)  {took / first:5.2f} × plain'
        print(f'  {key:<20}  {took:8.2f} ms  {cpu:6.2f} CPU  {times}  {batches(site, key, firms):8.0f} rows/s', flush=True)


def save(site: Site, entity: str, firms: list[str], number: int) -> None:
    site.runtime.write(ACTOR, lambda store: store.create(entity, wire(number, firms[number % 20])))


def run(url: str, folder: Path, count: int) -> None:
    site = make_site(url, folder)
    print(site.runtime.database.dialect, flush=True)
    measure(site, count)
    site.runtime.close()


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    engines = sys.argv[2:] or ['sqlite', 'postgresql']
    with tempfile.TemporaryDirectory() as folder:
        if 'sqlite' in engines:
            run(f'sqlite:///{folder}/bench.sqlite', Path(folder) / 'sqlite', count)
        if 'postgresql' in engines:
            with suppress(KeyboardInterrupt), serve(find_binaries()) as server:  # type: ignore[arg-type]
                run(server.fresh(), Path(folder) / 'postgresql', count)


if __name__ == '__main__':
    main()
