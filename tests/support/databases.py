"""Databases copied from templates: what is slow to make is made once a session, each test gets its own copy on each engine."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.postgres import PostgresServer

Fill = Callable[[str], None]
ENGINES = ('sqlite', 'postgresql')


class Databases:
    """`fill(url)` makes a template the first time its name is asked for; it must leave no connection open."""

    def __init__(self, folder: Path, postgres: Callable[[], PostgresServer]) -> None:
        self._folder = folder
        self._postgres = postgres
        self._count = 0

    @contextmanager
    def copied(self, engine: str, name: str, fill: Fill) -> Iterator[str]:
        """The URL of a copy on the engine, 'sqlite' or 'postgresql'; it goes away after the block."""
        if engine == 'sqlite':
            yield from self._copied_file(name, fill)
        else:
            server = self._postgres()
            url = server.fresh(server.template(name, fill))
            yield url
            server.drop(url)

    def _copied_file(self, name: str, fill: Fill) -> Iterator[str]:
        template = self._folder / f'{name}.sqlite'
        if not template.exists():
            unfinished = template.with_suffix('.unfinished')
            fill(f'sqlite:///{unfinished}')
            unfinished.rename(template)
        self._count += 1
        folder = self._folder / str(self._count)
        folder.mkdir()
        shutil.copyfile(template, folder / 'trellis.sqlite')
        yield f'sqlite:///{folder / "trellis.sqlite"}'
        shutil.rmtree(folder)


@pytest.fixture(scope='session')
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """The session's templates; PostgreSQL starts when it is first needed."""
    return Databases(tmp_path_factory.mktemp('databases'), lambda: request.getfixturevalue('postgres'))
