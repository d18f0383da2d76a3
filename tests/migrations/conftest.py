"""Databases for the publisher's tests: SQLite for every test, PostgreSQL beside it from one server of the session."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from schema.base.database import Database


@pytest.fixture(scope='session')
def own_postgres() -> sa.URL:
    """The address of a PostgreSQL server, named by TRELLIS_TEST_POSTGRES."""
    if not (given := os.environ.get('TRELLIS_TEST_POSTGRES')):
        pytest.skip('TRELLIS_TEST_POSTGRES names no server')
    return sa.make_url(given).set(drivername='postgresql+psycopg')


@pytest.fixture(params=['sqlite', 'postgresql'])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of each engine."""
    if request.param == 'sqlite':
        database = Database(f'sqlite:///{tmp_path / "trellis.db"}')
        yield database
        database.dispose()
        return
    server = request.getfixturevalue('own_postgres')
    name = f't_{uuid.uuid4().hex[:12]}'
    engine = sa.create_engine(server, isolation_level='AUTOCOMMIT')
    with engine.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE {name}'))
    database = Database(server.set(database=name).render_as_string(hide_password=False))
    yield database
    database.dispose()
    with engine.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE {name} WITH (FORCE)'))
    engine.dispose()
