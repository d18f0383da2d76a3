"""Measures exports of contacts against csv.writer and XlsxWriter over the same rows: `python -m bench.exports [rows]`.

The floor reads finished rows with a plain select and writes them as they are. Uses SQLite in a temporary folder, and PostgreSQL
as well when TRELLIS_BENCH_DATABASE_URL names an empty database.
"""

from __future__ import annotations

import csv
import io
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from xlsxwriter import Workbook

from bench.imports import bring, write_file
from modules.exports.service import open_export
from modules.exports.writers import OPTIONS
from modules.records.model import ListQuery
from schema.base.actor import system_actor
from tests.support.site import Site, make_site


def plain_rows(site: Site) -> Any:
    """The stored rows of as many columns as ours, as text."""
    table = site.runtime.catalogs.current().entity('contact').table
    columns = [each for each in table.columns if not each.name.endswith(('__fold', '__yearly')) and each.name != 'deleted_at']
    with site.runtime.database.reading() as connection:
        result = connection.execution_options(yield_per=1000).execute(sa.select(*columns).order_by(table.c.id.desc()))
        for row in result:
            yield ['' if value is None else str(value) for value in row]


def floor_csv(site: Site) -> None:
    csv.writer(io.StringIO(newline='')).writerows(plain_rows(site))


def floor_xlsx(site: Site) -> None:
    with Workbook(io.BytesIO(), OPTIONS) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(plain_rows(site)):
            for column, text in enumerate(row):
                if text:
                    sheet.write_string(number, column, text)


def ours_csv(site: Site) -> None:
    with open_export(site.runtime, system_actor('bench'), 'contact', ListQuery()) as export:
        for _part in export.csv_parts():
            pass


def ours_xlsx(site: Site) -> None:
    with open_export(site.runtime, system_actor('bench'), 'contact', ListQuery()) as export:
        export.write_xlsx(io.BytesIO())


def cpu_seconds(work: Any, site: Site) -> float:
    """The median of three runs, in seconds of this process: other work on the machine moves it least."""
    taken = []
    for _run in range(3):
        started = time.process_time()
        work(site)
        taken.append(time.process_time() - started)
    return sorted(taken)[1]


def measure(label: str, url: str, home: Path, rows: int) -> None:
    site = make_site(url, home)
    for number in range(50):
        site.create('rep', 'company', name=f'Công ty {number}', phone=f'02438{number:06}')
    bring(site.runtime, system_actor('bench'), write_file(home / 'rows.csv', rows))
    for kind, bare, ours in (('csv', floor_csv, ours_csv), ('xlsx', floor_xlsx, ours_xlsx)):
        low, own = cpu_seconds(bare, site), cpu_seconds(ours, site)
        print(f'{label} {kind}: floor {rows / low:,.0f} rows/s · ours {rows / own:,.0f} rows/s · ratio {own / low:.2f}')
    site.runtime.close()


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as folder:
        measure('sqlite', f'sqlite:///{folder}/trellis.sqlite', Path(folder) / 'home', rows)
        if url := os.environ.get('TRELLIS_BENCH_DATABASE_URL'):
            measure('postgresql', url, Path(folder) / 'home-pg', rows)


if __name__ == '__main__':
    main()
