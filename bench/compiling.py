"""Measures compiling a schema version: `python -m bench.compiling`.

For 10, 50 and 200 entities of 20 fields: CPU and memory of the whole, of the next version after one field was added, and the
floor: bare SQLAlchemy tables with the same columns and mapped classes. Medians; no database is opened.
"""

from __future__ import annotations

import copy
import gc
import statistics
import time
from collections.abc import Callable
from typing import Any

import psutil
import sqlalchemy as sa
from sqlalchemy.orm import registry

from bench.publish import document
from schema.catalog import Catalog
from schema.compiling import compile_catalog
from schema.loading import settle
from schema.texts import load_all
from schema.versions import SchemaVersion

ROUNDS = 5


def measure(work: Callable[[int], Any]) -> tuple[float, float]:
    """Milliseconds of CPU and megabytes of one call."""
    gc.collect()
    before, kept, times = psutil.Process().memory_info().rss, [], []
    for number in range(ROUNDS):
        begun = time.process_time()
        kept.append(work(number))
        times.append((time.process_time() - begun) * 1000)
    size = (psutil.Process().memory_info().rss - before) / 2**20 / ROUNDS
    return statistics.median(times), size


def bare(catalog: Catalog) -> Callable[[int], Any]:
    """Columns, tables and classes with SQLAlchemy alone."""

    def work(_number: int) -> Any:
        mapper = registry()
        for table in catalog.tables.values():
            columns = [sa.Column(each.name, each.type, primary_key=each.primary_key) for each in table.columns]
            mapper.map_imperatively(type(table.name, (), {}), sa.Table(table.name, mapper.metadata, *columns))
        mapper.configure()
        return mapper

    return work


def main() -> None:
    load_all()
    for count in (10, 50, 200):
        documents = settle({('entity', f'e{number}'): document(number) for number in range(count)}, {})
        first = compile_catalog(SchemaVersion(0, documents, '0'))
        changed = copy.deepcopy(documents)
        changed['entity', 'e1']['properties']['more'] = {'x-type': 'integer', 'x-label': {'en': 'More'}}
        changed = settle(changed, documents)
        floor, floor_size = measure(bare(first))
        whole, whole_size = measure(lambda n, given=documents: compile_catalog(SchemaVersion(n, given, str(n))))
        after, after_size = measure(
            lambda n, given=changed, former=first: compile_catalog(SchemaVersion(n, given, str(n)), former)
        )
        print(f'{count:>3} entities  floor {floor:7.1f} ms {floor_size:5.1f} MB')
        print(f'       whole         {whole:7.1f} ms {whole_size:5.1f} MB  {whole / floor:5.2f} × floor')
        print(f'       next version  {after:7.1f} ms {after_size:5.1f} MB  {after / floor:5.2f} × floor', flush=True)
        gc.collect()


if __name__ == '__main__':
    main()
