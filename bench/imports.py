"""Measures an import of contacts through every check: `python -m bench.imports [rows [there]] [sqlite|postgresql]`.

Prints the floor (executemany of the finished rows), ours, the ratio, rows per CPU second, memory growth
and, on SQLite, interactive saves beside it. `there` contacts are stored before, so that indexes are large.
Uses SQLite in a temporary folder, and PostgreSQL as `bench.search` does; with `sqlite` or `postgresql` that one alone.
"""

from __future__ import annotations

import csv
import resource
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from random import Random

import sqlalchemy as sa

from bench.search import fill, sites
from modules.imports import keeping
from modules.runtime import Runtime
from schema.base.actor import Actor, system_actor
from schema.base.ids import new_uid
from tests.support.site import Site, make_site

WORDS = ('An', 'Bình', 'Châu', 'Dung', 'Đức', 'Giang', 'Hà', 'Hải', 'Hạnh', 'Khánh', 'Lan', 'Linh', 'Long', 'Ngọc', 'Phúc')
HEADING = [
    'Danh xưng', 'Họ tên', 'Chức vụ', 'Công ty', 'Email', 'Điện thoại', 'Di động', 'Ngày sinh', 'Địa chỉ', 'Nguồn',
    'Tình trạng', 'Không liên hệ', 'Mô tả', 'Người phụ trách',
]  # fmt: skip


def write_file(path: Path, rows: int, start: int = 0) -> Path:
    draw = Random(7)
    with path.open('w', encoding='utf-8', newline='') as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADING)
        for number in range(start, start + rows):
            name = f'Nguyễn {draw.choice(WORDS)} {draw.choice(WORDS)} {number}'
            writer.writerow([
                'Anh', name, 'Kế toán', f'Công ty {number % 50}', f'p{number}@example.vn', f'0912{number:06}',
                f'+84 38 {number:07}',
                f'{number % 28 + 1:02}/0{number % 9 + 1}/19{number % 40 + 50}', f'{number} Lê Lợi', 'Hotline', 'Mới', 'không',
                'Gặp ở hội thảo', 'rep',
            ])  # fmt: skip
    return path


def bring(runtime: Runtime, actor: Actor, path: Path) -> float:
    kept = keeping.take_in(runtime, actor, 'contact', path, path.name, limit_bytes=None)
    started = time.perf_counter()
    done = keeping.run(runtime, actor, kept)
    seconds = time.perf_counter() - started
    if done.counts['create'] < 1:
        raise SystemExit(f'the import went wrong: {done.counts}')
    return seconds


def floor(site: Site, there: int) -> tuple[float, int]:
    """Insert what the import wrote behind so many rows into a twin of the table, by executemany in chunks of a thousand."""
    database, table = site.runtime.database, site.runtime.catalogs.current().entity('contact').table
    with database.reading() as connection:
        rows = [dict(row) for row in connection.execute(sa.select(table).where(table.c.id > there)).mappings()]
    columns = [sa.Column(each.name, each.type) for each in table.columns if each.name != 'id']
    bare = sa.Table('bench_floor', sa.MetaData(), sa.Column('id', sa.Integer, primary_key=True), *columns)
    with database.writing() as connection:
        bare.create(connection)
    for row in rows:
        row.pop('id')
    started = time.perf_counter()
    for start in range(0, len(rows), 1000):
        with database.writing() as connection:
            connection.execute(bare.insert(), rows[start : start + 1000])
    seconds = time.perf_counter() - started
    with database.writing() as connection:
        bare.drop(connection)
    return seconds, len(rows)


class Saver(threading.Thread):
    """A person who saves a record every 100 ms while the import runs."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self._site, self.stop, self.took = site, threading.Event(), []

    def run(self) -> None:
        actor = self._site.actor('rep2')
        while not self.stop.wait(0.1):
            started = time.perf_counter()
            self._site.runtime.write(actor, lambda store: store.create('task', {'title': f'Gọi {new_uid()}'}))
            self.took.append(time.perf_counter() - started)


def measure(label: str, site: Site, rows: int, there: int) -> None:
    actor, home = system_actor('bench'), site.home
    if there:
        fill(site, there)
    for number in range(50):
        site.create('rep', 'company', name=f'Công ty {number}', phone=f'02438{number:06}')
    bring(site.runtime, actor, write_file(home / 'warm.csv', 500, 10_000_000 - 500))
    path = write_file(home / 'rows.csv', rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    saver = Saver(site)
    saver.start()
    cpu = time.process_time()
    seconds = bring(site.runtime, actor, path)
    cpu = time.process_time() - cpu
    saver.stop.set()
    saver.join()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    bare, count = floor(site, there)
    saves = sorted(saver.took) or [0.0]
    p95 = saves[min(len(saves) - 1, int(len(saves) * 0.95))]
    floor_rate, own_rate = count / bare, rows / seconds
    print(
        f'{label}: floor {floor_rate:,.0f} rows/s · ours {own_rate:,.0f} rows/s ({rows / cpu:,.0f} a CPU second)'
        f' · ratio {floor_rate / own_rate:.1f} · memory +{grown:.0f} MB · {len(saves)} saves beside it:'
        f' median {statistics.median(saves) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms'
    )
    site.runtime.close()


def main() -> None:
    numbers = [int(each) for each in sys.argv[1:] if each.isdigit()]
    rows, there = (numbers + [20_000, 0][len(numbers) :])[:2]
    engines = [each for each in ('sqlite', 'postgresql') if each in sys.argv] or ['sqlite', 'postgresql']
    with tempfile.TemporaryDirectory() as folder:
        if 'sqlite' in engines:
            measure('sqlite', make_site(f'sqlite:///{folder}/trellis.sqlite', Path(folder) / 'home'), rows, there)
        if 'postgresql' in engines:
            with sites() as (_label, make):
                measure('postgresql', make(Path(folder) / 'home-pg'), rows, there)


if __name__ == '__main__':
    main()
