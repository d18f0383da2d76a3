"""A throw-away installation with the present schema and no record of anybody's, in a database and a folder of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from migrations.service import publish_documents
from migrations.system.upgrade import upgrade_system
from modules.runtime import Runtime
from permissions.fab import sync_permissions
from schema.base.clock import SystemClock
from schema.checks import check_documents

PREFIX = 'trellis_certificate_'


@contextmanager
def throw_away(runtime: Runtime) -> Iterator[Runtime]:
    """A runtime like the given one, over an empty copy of its live schema; gone after the block.

    On PostgreSQL the copy is a database of its own on the same server, so that neither tables nor locks are shared; where the
    account may not make databases, it is a SQLite file, and `database.dialect` tells.
    """
    with TemporaryDirectory(prefix=PREFIX) as folder, _database(runtime, Path(folder)) as url:
        settings = replace(
            runtime.settings, home=Path(folder), database_url=url, files_url=(Path(folder) / 'files').as_uri(),
            redis_url=f'unix://{folder}/nobody.sock', embedded_redis=False, mail_url=None, secret_key=secrets.token_urlsafe(32),
        )  # fmt: skip
        clone = Runtime(settings, runtime.registries, clock=SystemClock(settings.timezone))
        try:
            upgrade_system(clone.database)
            publish_documents(
                clone.database, runtime.publisher.documents(), clone.clock, note='leak certificate',
                sync_permissions=sync_permissions, check=check_documents,
            )  # fmt: skip
            yield clone
        finally:
            clone.close()


@contextmanager
def _database(runtime: Runtime, folder: Path) -> Iterator[str]:
    here = f'sqlite:///{folder / "trellis.sqlite"}'
    if runtime.database.is_sqlite:
        yield here
        return
    name = PREFIX + secrets.token_hex(6)
    engine = sa.create_engine(runtime.database.url, isolation_level='AUTOCOMMIT', poolclass=sa.NullPool)
    try:
        made = _made(engine, name)
        yield runtime.database.url.set(database=name).render_as_string(hide_password=False) if made else here
        if made:
            with engine.connect() as connection:
                connection.execute(sa.text(f'DROP DATABASE IF EXISTS {name} WITH (FORCE)'))
    finally:
        engine.dispose()


def _made(engine: sa.Engine, name: str) -> bool:
    try:
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
    except DBAPIError:  # the account may not, or another process just uses the template: the other engine serves
        return False
    return True
