"""Fixtures for every test: real servers, both databases, a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = [
    'tests.support.postgres',
    'tests.support.databases',
    'tests.support.servers',
    'tests.support.browser',
    'tests.support.site',
]


@pytest.fixture(params=['sqlite', 'postgresql'])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of the test's own, once on each engine."""
    if request.param == 'sqlite':
        return f'sqlite:///{tmp_path / "trellis.sqlite"}'
    return str(request.getfixturevalue('postgres_url'))
