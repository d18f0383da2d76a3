"""One filled database per engine for the module, and a connection whose work is undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from schema.base.database import Database
from schema.texts import load_all
from tests.conditions import world


@pytest.fixture(scope='session', autouse=True)
def _texts() -> None:
    load_all()


@pytest.fixture(scope='package', params=['sqlite', 'postgresql'])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    server: Any = None
    if request.param == 'sqlite':
        folder: Path = tmp_path_factory.mktemp('conditions')
        url = f'sqlite:///{folder / "trellis.sqlite"}'
    else:
        server = request.getfixturevalue('postgres')
        url = server.fresh()
    made = Database(url)
    with made.writing() as connection:
        world.fill(connection)
    yield made
    made.dispose()
    if server is not None:
        server.drop(url)


@pytest.fixture
def connection(database: Database) -> Iterator[sa.Connection]:
    """A transaction that is rolled back."""
    with database.write_engine.connect() as opened:
        yield opened
        opened.rollback()
