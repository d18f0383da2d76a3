"""The read engine cannot write, on either database, and a connection cut while idle is replaced without an error."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from permissions.scoping import reader_session
from schema.base import database as database_module
from tests.support.site import Site


def test_reading_connection_of_postgresql_refuses_writes(postgres_site: Site) -> None:
    database = postgres_site.runtime.database
    for _ in range(2):  # also when the pool gives the connection again
        with database.reading() as connection, pytest.raises(DBAPIError, match='read-only transaction'):
            connection.execute(sa.text("UPDATE team SET name = 'x'"))


def test_reader_session_refuses_writes_by_the_database_too(postgres_site: Site) -> None:
    runtime = postgres_site.runtime
    catalog = runtime.catalogs.current()
    with reader_session(runtime.database, catalog, runtime.policy(postgres_site.actor('rep'))) as session:
        assert session.connection().exec_driver_sql('SHOW transaction_read_only').scalar() == 'on'


def test_connection_cut_while_idle_is_replaced(postgres_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, 'IDLE_SECONDS', 0.0)
    database = postgres_site.runtime.database
    with database.reading() as connection:
        number = connection.exec_driver_sql('SELECT pg_backend_pid()').scalar_one()
    with database.writing() as connection:
        assert connection.execute(sa.text('SELECT pg_terminate_backend(:pid)'), {'pid': number}).scalar_one()

    with database.reading() as connection:
        assert connection.exec_driver_sql('SELECT pg_backend_pid()').scalar_one() != number
