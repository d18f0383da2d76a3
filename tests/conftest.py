"""Fixtures for every test: real servers, both databases, a browser; and how tests are shared out between processes."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers
from werkzeug.security import generate_password_hash

from permissions import accounts
from tests.support.statements import share_statements

gc.disable()  # until all is loaded: nothing of it goes away, and to look through it meanwhile would take a quarter of the time
# A red run must be about the change, so `make test` draws the same examples every time; `make soak` draws many new ones.
settings.register_profile('fast', derandomize=True, deadline=None)
settings.register_profile('soak', max_examples=2000, deadline=None)
settings.load_profile('fast')
LONG = (
    '/story/', '/ops/test_up.py', '/ops/test_supervisor.py', '/workflows/', '/studio/', '/web/test_accessibility.py',
    '/web/test_browser.py', '/migrations/test_recovery.py', '/migrations/test_hot.py', '/migrations/test_killed.py',
    '/rights/test_matrix.py', '/record/', '/calendar/', '/offline/',
)  # fmt: skip

pytest_plugins = [
    'tests.support.postgres',
    'tests.support.databases',
    'tests.support.servers',
    'tests.support.browser',
    'tests.support.site',
    'tests.support.sign_in_services',
]


def pytest_configure(config: pytest.Config) -> None:
    """Only the processes that run tests are measured, not the servers that tests start."""
    if hasattr(config, 'workerinput') or not config.getoption('numprocesses', None):
        os.environ.pop('COVERAGE_PROCESS_CONFIG', None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that no process sits with one of them at the end while the others have nothing left.

    And the same examples after every change: Hypothesis would read all that is loaded for constants to try, seconds long.
    """
    if settings.get_current_profile_name() == 'fast':
        providers._get_local_constants = lambda: providers._local_constants
    items.sort(key=lambda item: not any(part in item.path.as_posix() for part in LONG))


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: to look through it again and again for garbage would take a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1000)
    gc.enable()


@pytest.fixture(scope='session', autouse=True)
def quick_passwords() -> Iterator[None]:
    """To hash a password takes a tenth of a second on purpose; the processes that tests start do so, this one need not."""

    def quick(password: str, method: str, salt_length: int) -> str:
        return generate_password_hash(password, f'{method}:1024:8:1', salt_length)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(accounts, 'generate_password_hash', quick)
        yield


@pytest.fixture(scope='session', autouse=True)
def shared_statements() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        share_statements(patched)
        yield


@pytest.fixture(params=['sqlite', 'postgresql'])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of the test's own, once on each engine."""
    if request.param == 'sqlite':
        return f'sqlite:///{tmp_path / "trellis.sqlite"}'
    return str(request.getfixturevalue('postgres_url'))
