"""Measures searches among contacts by their index: `python -m bench.search [rows] [rounds]`, else a million rows.

Names are made of Vietnamese ones as people bear them: a third is called Nguyễn. For each engine it prints how long the index
took to build and what a row costs to write with and without it, and then, for each search, medians in milliseconds of the
floor (the bare statement over the same index, page and bounded count, by one who knows what is rare), of ours (a page of 25
with its total, through the query layer) and of a whole request of the REST API with a token, their ratio, and how many
records were told. The sides take turns. With `explain` the statements of each search are printed with their plans.
PostgreSQL is the one that TRELLIS_BENCH_DATABASE_URL names (an empty database), else one of the tests' own.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy import event

from bench.rest import call
from migrations.indexing import ensure_indexes
from migrations.site import Site as Place
from migrations.steps.indexes import drop_index
from modules.people.tokens import create_token
from modules.records.model import ListQuery
from modules.records.needles import needles_of
from schema.base.text import fold
from schema.search_index import as_clause, as_match, search_index_of
from tests.support.postgres import find_binaries, serve
from tests.support.site import Site, make_site

FAMILIES = ('Nguyễn',) * 34 + ('Trần',) * 12 + ('Lê',) * 9 + ('Phạm',) * 7 + (
    'Hoàng', 'Huỳnh', 'Phan', 'Vũ', 'Võ', 'Đặng', 'Bùi', 'Đỗ', 'Hồ', 'Ngô', 'Dương', 'Lý', 'Đinh', 'Mai', 'Trịnh', 'Đoàn',
    'Lương', 'Tô', 'Tạ', 'Hà', 'Cao', 'Châu', 'Quách', 'Thạch', 'Vương',
)  # fmt: skip
MIDDLES = ('Văn', 'Thị', 'Hữu', 'Đức', 'Minh', 'Ngọc', 'Quang', 'Thanh', 'Xuân', 'Hoài', 'Bảo', 'Gia', 'Kim', 'Mỹ',
           'Thu', 'Công')  # fmt: skip
GIVEN = (
    'An', 'Anh', 'Bình', 'Châu', 'Chi', 'Cường', 'Dung', 'Dũng', 'Duy', 'Đạt', 'Giang', 'Hà', 'Hải', 'Hạnh', 'Hiền', 'Hiếu',
    'Hoa', 'Hòa', 'Huệ', 'Hùng', 'Hương', 'Khánh', 'Khoa', 'Lan', 'Linh', 'Loan', 'Long', 'Mai', 'Nam', 'Nga', 'Ngân', 'Nhung',
    'Oanh', 'Phúc', 'Phương', 'Quân', 'Quỳnh', 'Sơn', 'Tâm', 'Thảo', 'Thắng', 'Thủy', 'Trang', 'Trí', 'Trung', 'Tú', 'Tuấn',
    'Uyên', 'Vân', 'Việt', 'Vinh', 'Yến',
)  # fmt: skip
RARE, EVERY = 'Khuê Xuyến', 20_011
"""A name that one record of so many has."""
SIZE, WARM = 25, 3
COLUMNS = ('full_name', 'email', 'phone', 'owner')
SEARCHES: Mapping[str, str] = {
    'prefix, common': 'ngu', 'prefix of one letter': 'y', 'prefix of two, rare': 'xu', 'contains, rare': 'xuyen',
    'contains, one in fifty': 'quynh', 'contains, common': 'nguyen', 'inside a word': 'guye', 'phone': '0912 345 678',
    'end of a phone': '345678', 'two words': 'khue nguyen', 'two common words': 'thi nguyen', 'e-mail': 'khach99999@vidu',
    'digits that repeat': '033333', 'a name and such digits': 'nguyen 033333', 'two digits in turn': 'thi 1212',
    'nobody': 'zwxq', 'nobody, common parts': 'nguyenhoang',
}  # fmt: skip
CONTAINS = ('xuyen', 'quynh', 'nguyen')
"""Looked for with the filter `contains` of the name as well."""
Run = Callable[[], Any]


def fill(site: Site, rows: int) -> float:
    """Contacts and the database's statistics, then the index; answers the seconds that it took."""
    database, catalog, clock = site.runtime.database, site.runtime.catalogs.current(), site.runtime.clock
    contact = catalog.entity('contact')
    index = search_index_of(contact.table)
    assert index is not None
    drop_index(Place(database, catalog, catalog, clock), str(index.name))
    words = sa.Table('bench_words', sa.MetaData(), *(sa.Column(name, sa.Text) for name in ('kind', 'shown', 'folded')),
                     sa.Column('n', sa.Integer))  # fmt: skip
    owners = [site.actor(name).user_id for name in ('manager', 'leader', 'rep2', 'rep')]
    with database.session() as session:
        words.create(session.connection())
        session.execute(words.insert(), [
            {'kind': kind, 'n': n, 'shown': each, 'folded': fold(each)}
            for kind, chosen in (('f', FAMILIES), ('m', MIDDLES), ('g', GIVEN)) for n, each in enumerate(chosen)
        ])  # fmt: skip
        session.execute(sa.text(_filling(site, rows, database.dialect == 'postgresql')), {
            'now': clock.now() if database.dialect == 'postgresql' else clock.now().strftime('%Y-%m-%d %H:%M:%S.%f'),
            'rare': f' {RARE}', 'folded': f' {fold(RARE)}', 'first': owners[0], 'second': owners[1], 'third': owners[2],
            'rep': owners[3],
        })  # fmt: skip
        words.drop(session.connection())
    analyse(site)
    started = time.perf_counter()
    ensure_indexes(database, catalog, clock)
    seconds = time.perf_counter() - started
    analyse(site)
    return seconds


def _filling(site: Site, rows: int, postgres: bool) -> str:
    contact = site.runtime.catalogs.current().entity('contact')
    name, email, phone = (contact.fields[key].definition.column for key in ('full_name', 'email', 'phone'))
    numbers = f'generate_series(1, {rows}) AS s(n)' if postgres else 's'
    counting = '' if postgres else f'WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows})'
    long = '::bigint' if postgres else ''
    rare = f'CASE WHEN s.n % {EVERY} = 7 THEN'
    shown, folded = (f"f.{form} || ' ' || m.{form} || ' ' || g.{form}" for form in ('shown', 'folded'))
    eight = "lpad(((s.n * 7919::bigint) % 100000000)::text, 8, '0')" if postgres else "printf('%08d', s.n * 7919 % 100000000)"
    return (
        f'INSERT INTO {contact.table.name} (uid, {name}, {name}__fold, {email}, {email}__fold, {phone}, owner_id, created_at,'
        f" changed_at, revision) {counting} SELECT 's' || s.n, {shown} || {rare} :rare ELSE '' END,"
        f" {folded} || {rare} :folded ELSE '' END, 'khach' || s.n || '@vidu.vn', 'khach' || s.n || '@vidu.vn',"
        f" '+849' || {eight}, CASE WHEN s.n % 100 = 0 THEN :rep WHEN s.n % 3 = 0 THEN :first WHEN s.n % 3 = 1 THEN :second"
        f' ELSE :third END, :now, :now, 1 FROM {numbers}'
        f" JOIN bench_words f ON f.kind = 'f' AND f.n = s.n * 7919{long} % 1009 % {len(FAMILIES)}"
        f" JOIN bench_words m ON m.kind = 'm' AND m.n = s.n * 104729{long} % 10007 % {len(MIDDLES)}"
        f" JOIN bench_words g ON g.kind = 'g' AND g.n = s.n * 1299709{long} % 100003 % {len(GIVEN)}"
    )


def analyse(site: Site) -> None:
    """As PostgreSQL does by itself; SQLite knows nothing of its tables in use either."""
    if site.runtime.database.is_sqlite:
        return
    with site.runtime.database.write_engine.connect().execution_options(isolation_level='AUTOCOMMIT') as connection:
        connection.execute(sa.text('VACUUM ANALYZE'))


def ours(site: Site, who: str, more: Mapping[str, Any]) -> Run:
    """A page with its total by the query layer."""
    actor, catalog = site.actor(who), site.runtime.catalogs.current()

    def run() -> Any:
        with site.runtime.reader(actor, catalog) as reader:
            return reader.list_page('contact', ListQuery(columns=COLUMNS, size=SIZE, **more))

    return run


def bare(site: Site, more: Mapping[str, Any]) -> Run:
    """The quicker of two: ids by the index and their rows, or a walk in the order of ids; and a count to the same bound."""
    entity = site.runtime.catalogs.current().entity('contact')
    table, database = entity.table, site.runtime.database
    index, needles = search_index_of(table), needles_of(entity, ListQuery(**more))
    assert index is not None
    name, fits = index.name, as_clause(needles, index.document(database.read_engine.dialect))
    ids = sa.select(table.c.id).where(fits).order_by((table.c.id + 0).desc())
    walk: Any = sa.select(table.c.id).where(fits).order_by(table.c.id.desc())
    if database.is_sqlite:
        found = f'SELECT rowid AS id FROM {name} WHERE {name} MATCH :match ORDER BY rowid DESC'
        ids = walk = sa.text(found).bindparams(match=as_match(needles)).columns(sa.column('id', sa.Integer))
    columns = [table.c[each] for each in ('id', 'uid', 'full_name', 'email', 'phone', 'owner_id')]

    def page(chosen: Any) -> sa.Select[Any]:
        near = sa.select(chosen.subquery('found').c.id).limit(SIZE + 1).subquery()
        return sa.select(*columns).join(near, near.c.id == table.c.id).order_by(table.c.id.desc())

    def number(chosen: Any) -> sa.Select[Any]:
        return sa.select(sa.func.count()).select_from(sa.select(chosen.subquery('found').c.id).limit(1001).subquery())

    def run(chosen: Any) -> float:
        started = time.perf_counter()
        with database.reading() as connection:
            connection.execute(page(chosen)).all()
            connection.execute(number(chosen)).scalar_one()
        return time.perf_counter() - started

    quicker = min((ids, walk), key=lambda chosen: min(run(chosen), run(chosen)))
    return lambda: run(quicker)


def request(site: Site, token: str, more: Mapping[str, Any]) -> Run:
    asked = {'search': more['search']} if 'search' in more else {'filter': json.dumps(more['filter'])}
    query = urlencode({'page_size': SIZE, 'keys': 'none', 'columns': ','.join(COLUMNS), **asked})
    return lambda: call(site.app, 'GET', f'/api/v1/contact/?{query}', None, token)()


def measure(runs: Mapping[str, Run], rounds: int) -> dict[str, float]:
    """Medians in milliseconds; the runs take turns."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds + WARM):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            taken[name].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(each[WARM:]) for name, each in taken.items()}


def asked() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, text in SEARCHES.items():
        yield f'{name}: {text}', {'search': text}
    for text in CONTAINS:
        yield f'name contains {text}', {'filter': {'field': 'full_name', 'op': 'contains', 'value': text}}


def report(site: Site, label: str, rows: int, rounds: int, *, explain: bool) -> None:
    started = time.perf_counter()
    seconds = fill(site, rows)
    print(f'\n{label}, {rows:,} contacts (made in {time.perf_counter() - started:.0f} s, index built in {seconds:.1f} s)')
    print(f'{"ms":42}{"floor":>8}{"ours":>8}{"ratio":>7}{"GET":>8}{"rep":>8}  told')
    with site.runtime.database.session() as session:
        token = create_token(session, site.actor('manager').user_id or 0, 'bench', site.runtime.clock.now())
    for name, more in asked():
        runs = {
            'floor': bare(site, more), 'ours': ours(site, 'manager', more), 'GET': request(site, token, more),
            'rep': ours(site, 'rep', more),
        }  # fmt: skip
        told, found = runs['ours']().total, measure(runs, rounds)
        count = f'{told.value:,}' if told.exact else f'more than {told.value:,}'
        ratio = found['ours'] / found['floor']
        line = ''.join(f'{found[each]:8.1f}' for each in ('GET', 'rep'))
        print(f'{name:42}{found["floor"]:8.1f}{found["ours"]:8.1f}{ratio:7.1f}{line}  {count}', flush=True)
        if explain:
            plans(site, ours(site, 'manager', more))


def plans(site: Site, run: Run) -> None:
    engine, seen = site.runtime.database.read_engine, list[tuple[str, Any]]()

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if 'x_contact' in statement:
            seen.append((statement, parameters))

    event.listen(engine, 'before_cursor_execute', note)
    run()
    event.remove(engine, 'before_cursor_execute', note)
    how = 'EXPLAIN QUERY PLAN ' if site.runtime.database.is_sqlite else 'EXPLAIN (ANALYZE, TIMING OFF) '
    with engine.connect() as connection:
        for statement, parameters in seen:
            print('   ', ' '.join(statement.split())[:400])
            for row in connection.exec_driver_sql(how + statement, parameters):
                print('        ', row[-1])


@contextmanager
def sites() -> Iterator[tuple[str, Callable[[Path], Site]]]:
    """SQLite in a folder, and a PostgreSQL that keeps what it is told, as it is in use."""
    given = os.environ.get('TRELLIS_BENCH_DATABASE_URL')
    binaries = find_binaries()
    if given or binaries is None:
        yield given or '', lambda folder: make_site(given or '', folder)
        return
    with serve(binaries, shared_buffers='512MB', autovacuum='on', maintenance_work_mem='256MB') as server:
        yield 'PostgreSQL', lambda folder: make_site(server.fresh(), folder)


def main() -> None:
    numbers = [int(each) for each in sys.argv[1:] if each.isdigit()]
    rows, rounds = (numbers + [1_000_000, 9][len(numbers) :])[:2]
    engines = [each for each in ('sqlite', 'postgresql') if each in sys.argv] or ['sqlite', 'postgresql']
    explain = 'explain' in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        if 'sqlite' in engines:
            home = Path(folder) / 'sqlite'
            home.mkdir()
            report(make_site(f'sqlite:///{home / "bench.sqlite"}', home), 'SQLite', rows, rounds, explain=explain)
        if 'postgresql' in engines:
            with sites() as (label, make):
                home = Path(folder) / 'postgresql'
                home.mkdir()
                report(make(home), label, rows, rounds, explain=explain)


if __name__ == '__main__':
    main()
