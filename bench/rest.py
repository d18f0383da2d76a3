"""Measures the REST API against a bare driver behind bare WSGI doing the same work: `python -m bench.rest [rows]`.

Prints, for each engine, the medians in milliseconds of wall and CPU time of this process: floor, ours, their ratio, and the
number of our statements. Both look the API token up, read the same columns and answer JSON; ours also applies rights, labels
links, keeps history and looks for duplicates. PostgreSQL is the one that TRELLIS_BENCH_DATABASE_URL names (an empty database),
else one of the tests' own.
"""

from __future__ import annotations

import base64
import cProfile
import json
import os
import pstats
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import event
from werkzeug.test import EnvironBuilder

from modules.people.tokens import create_token
from schema.base.ids import new_uid
from tests.support.postgres import find_binaries, serve
from tests.support.site import Site, make_site

ROUNDS, WARM = 60, 8
FAR = 50_000
NAMES = ('An', 'Bình', 'Châu', 'Dung', 'Đức', 'Giang', 'Hà', 'Hải', 'Hạnh', 'Khánh', 'Lan', 'Linh', 'Long', 'Ngọc', 'Phúc')
Request = Callable[[int], tuple[str, str, Any]]
Bare = Callable[[Any, int], Any]


def fill(site: Site, rows: int) -> list[str]:
    """Contacts and a hundredth as many companies, straight into the tables. Returns the contacts' uids."""
    catalog, admin = site.runtime.catalogs.current(), site.actor('admin')
    contact, company = catalog.entity('contact'), catalog.entity('company')
    draw, start = Random(7), site.runtime.clock.now() - timedelta(days=400)

    def row(entity: Any, number: int, **values: Any) -> dict[str, Any]:
        at = start + timedelta(seconds=number)
        whole = {'uid': new_uid(), 'owner_id': admin.user_id, 'created_at': at, 'changed_at': at,
                 'created_by_id': admin.user_id, 'changed_by_id': admin.user_id}  # fmt: skip
        for key, value in values.items():
            whole.update(entity.fields[key].to_columns(value))
        return whole

    firms = max(rows // 100, 1)
    uids: list[str] = []
    with site.runtime.database.session() as session:
        session.execute(company.table.insert(), [row(company, each, name=f'Công ty {each}') for each in range(firms)])
        for first in range(0, rows, 5000):
            made = [
                row(contact, each, full_name=f'Nguyễn {draw.choice(NAMES)} {draw.choice(NAMES)} {each}',
                    email=f'khach{each}@vidu.vn', phone=f'+849{each:08d}', job_title='Nhân viên')
                | {contact.fields['company'].definition.column: each % firms + 1}
                for each in range(first, min(first + 5000, rows))
            ]  # fmt: skip
            session.execute(contact.table.insert(), made)
            uids += [each['uid'] for each in made]
    with site.runtime.database.write_engine.connect().execution_options(isolation_level='AUTOCOMMIT') as connection:
        connection.execute(sa.text('ANALYZE'))
    return uids


def bare_app(connect: Callable[[], Any], mark: str, body: Bare) -> Callable[..., list[bytes]]:
    """WSGI without a framework: the token, one statement of work, JSON."""
    connection = connect()
    owner = f'SELECT t.user_id FROM api_token t JOIN ab_user u ON u.id = t.user_id WHERE t.hash = {mark} AND u.active'
    count = iter(range(10**9))

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        token = environ['HTTP_AUTHORIZATION'].removeprefix('Bearer ')
        cursor = connection.cursor()
        assert cursor.execute(owner, (sha256(token.encode()).hexdigest(),)).fetchone()
        if (length := int(environ.get('CONTENT_LENGTH') or 0)) > 0:
            json.loads(environ['wsgi.input'].read(length))
        answer = json.dumps(body(cursor, next(count)), default=str).encode()
        connection.commit()
        start_response('200 OK', [('Content-Type', 'application/json'), ('Content-Length', str(len(answer)))])
        return [answer]

    return application


def call(application: Any, method: str, path: str, body: Any, token: str) -> Callable[[], None]:
    """One prepared request; building it is not measured."""
    environ = EnvironBuilder(path=path, method=method, json=body, headers={'Authorization': f'Bearer {token}'}).get_environ()

    def run() -> None:
        status: list[str] = []
        parts = application(environ, lambda line, headers, exc=None: status.append(line))
        text = b''.join(parts)
        if hasattr(parts, 'close'):
            parts.close()
        if not status[0].startswith('2'):
            raise RuntimeError(f'{method} {path}: {status[0]} {text[:400]!r}')

    return run


def measure(prepare: Callable[[int], Callable[[], None]]) -> tuple[float, float]:
    """Medians of wall and CPU milliseconds."""
    wall, cpu = [], []
    for number in range(ROUNDS + WARM):
        run = prepare(number)
        started, used = time.perf_counter(), time.process_time()
        run()
        if number >= WARM:
            cpu.append((time.process_time() - used) * 1000)
            wall.append((time.perf_counter() - started) * 1000)
    return statistics.median(wall), statistics.median(cpu)


def works(site: Site, uids: list[str], mark: str, deep: str) -> dict[str, tuple[Request, Bare]]:
    """`{name: (our request, the floor's work)}`."""
    table = site.runtime.catalogs.current().entity('contact').table.name
    columns = 'uid, revision, full_name, email, phone, job_title, company, owner_id, created_at, changed_at'
    page = f'SELECT {columns} FROM {table} WHERE deleted_at IS NULL'
    middle, far = len(uids) // 2, min(len(uids) // 2, FAR)
    insert = (f'INSERT INTO {table} (uid, full_name, full_name__fold, email, email__fold, owner_id, created_at, changed_at) '
              f'VALUES ({", ".join([mark] * 5)}, 1, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)')  # fmt: skip

    def email(number: int) -> str:
        return f'khach{(number * 997) % len(uids)}@vidu.vn'

    def fresh(number: int) -> dict[str, str]:
        return {'full_name': f'Mới {number}', 'email': f'moi{number}@vidu.vn', 'phone': f'09{number + 10**7:08d}'}

    def create(cursor: Any, number: int) -> Any:
        cursor.execute(insert, (new_uid(), 'Mới', 'moi', f'b{number}@vidu.vn', f'b{number}@vidu.vn'))
        return 'OK'

    def change(cursor: Any, number: int) -> Any:
        cursor.execute(f'UPDATE {table} SET job_title = {mark} WHERE uid = {mark}', (f'Bậc {number}', uids[number]))
        return 'OK'

    listing = '/api/v1/contact/?page_size=25&keys=none'
    return {
        'list, 25 newest': (
            lambda _n: ('GET', listing, None),
            lambda cursor, _n: cursor.execute(f'{page} ORDER BY id DESC LIMIT 25').fetchall(),
        ),
        'read one': (
            lambda n: ('GET', f'/api/v1/contact/{uids[n * 31 % len(uids)]}?keys=none', None),
            lambda cursor, n: cursor.execute(f'{page} AND uid = {mark}', (uids[n * 31 % len(uids)],)).fetchone(),
        ),
        'create': (
            lambda n: ('POST', '/api/v1/contact/', fresh(n)),
            create,
        ),
        'change one field': (
            lambda n: ('PUT', f'/api/v1/contact/{uids[middle + n]}', {'job_title': f'Bậc {n}'}),
            change,
        ),
        'filter on e-mail': (
            lambda n: ('GET', f'{listing}&q=(filters:!((col:email,opr:eq,value:%27{email(n)}%27)))', None),
            lambda cursor, n: cursor.execute(f'{page} AND email__fold = {mark}', (email(n),)).fetchall(),
        ),
        'deep page by cursor': (
            lambda _n: ('GET', f'{listing}&cursor={deep}', None),
            lambda cursor, _n: cursor.execute(f'{page} AND id < {mark} ORDER BY id DESC LIMIT 25', (middle,)).fetchall(),
        ),
        f'page at row {far}': (
            lambda _n: ('GET', f'{listing}&page={far // 25}', None),
            lambda cursor, _n: cursor.execute(f'{page} ORDER BY id DESC LIMIT 25 OFFSET {far}').fetchall(),
        ),
        'the same, by name': (
            lambda _n: ('GET', f'{listing}&order_column=full_name&page={far // 25}', None),
            lambda cursor, _n: cursor.execute(f'{page} ORDER BY full_name__fold, id DESC LIMIT 25 OFFSET {far}').fetchall(),
        ),
    }  # fmt: skip


def run(site: Site, connect: Callable[[], Any], mark: str, rows: int) -> None:
    uids = fill(site, rows)
    actor = site.actor('admin')
    with site.runtime.database.session() as session:
        token = create_token(session, actor.user_id or 0, 'bench', site.runtime.clock.now())
    app = site.app
    deep = _cursor(rows // 2)
    print(f'{site.runtime.database.dialect}, {rows} contacts; milliseconds: wall (CPU of this process)')
    for name, (ours, bare) in works(site, uids, mark, deep).items():
        plain = bare_app(connect, mark, bare)
        floor = measure(lambda number, plain=plain, ours=ours: call(plain, *ours(number), token))  # type: ignore[misc]
        mine = measure(lambda number, ours=ours: call(app, *ours(number), token))  # type: ignore[misc]
        with counted(site) as seen:
            call(app, *ours(ROUNDS + WARM), token)()
        shown = ''.join(f'{wall:8.2f} ({cpu:5.2f})' for wall, cpu in (floor, mine))
        print(f'{name:22}{shown}{mine[0] / floor[0]:8.1f} x{len(seen):4} SQL')
    if '--profile' in sys.argv:
        profile(site, token, uids)


def _cursor(row_id: int) -> str:
    plain = json.dumps([[], [], row_id], separators=(',', ':')).encode()
    return base64.urlsafe_b64encode(plain).decode().rstrip('=')


@contextmanager
def counted(site: Site) -> Iterator[list[str]]:
    seen: list[str] = []
    engines = {site.runtime.database.read_engine, site.runtime.database.write_engine}

    def note(*given: Any) -> None:
        if given[2].split()[0] in {'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'WITH'}:
            seen.append(given[2])

    for engine in engines:
        event.listen(engine, 'before_cursor_execute', note)
    yield seen
    for engine in engines:
        event.remove(engine, 'before_cursor_execute', note)


def profile(site: Site, token: str, uids: list[str]) -> None:
    """Where the time of single reads and of changes goes."""
    app = site.app
    for title, requests in {
        'read one': [('GET', f'/api/v1/contact/{uid}?keys=none', None) for uid in uids[:300]],
        'list': [('GET', '/api/v1/contact/?page_size=25&keys=none', None)] * 200,
        'change': [('PUT', f'/api/v1/contact/{uid}', {'job_title': 'Hồ sơ'}) for uid in uids[:200]],
    }.items():
        calls = [call(app, *each, token) for each in requests]
        profiler = cProfile.Profile()
        profiler.enable()
        for each in calls:
            each()
        profiler.disable()
        print(title)
        pstats.Stats(profiler).sort_stats('cumulative').print_stats(70)


def main() -> None:
    rows = next((int(each) for each in sys.argv[1:] if each.isdigit()), 100_000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'trellis.sqlite'
        site = make_site(f'sqlite:///{path}', Path(folder) / 'home')
        run(site, lambda: sqlite3.connect(path), '?', rows)
        site.runtime.close()
    if named := os.environ.get('TRELLIS_BENCH_DATABASE_URL'):
        _on_postgres(named, rows)
    elif (binaries := find_binaries()) is not None:
        with serve(binaries) as server:
            _on_postgres(server.fresh(), rows)


def _on_postgres(url: str, rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        site = make_site(url, Path(folder) / 'home')
        run(site, lambda: psycopg.connect(url.replace('postgresql+psycopg', 'postgresql')), '%s', rows)
        site.runtime.close()


if __name__ == '__main__':
    main()
