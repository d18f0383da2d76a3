"""A whole Trellis for tests: runtime with the sales pack and its people, web application, signed-in clients."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.test import TestResponse

from app import make_runtime
from modules.ops.settings import Settings
from modules.packs.first_start import prepare_runtime
from modules.people.demo import ensure_demo_people
from modules.people.sessions import SESSION_KEY, open_session
from modules.runtime import Runtime
from modules.web.application import make_flask
from permissions.actors import load_actor
from permissions.tables import ab_user
from schema.base.actor import Actor
from schema.catalog import Catalog
from tests.support.databases import ENGINES, Databases

PASSWORD = 'correct horse battery'
NO_REDIS = 'redis://127.0.0.1:1/0'
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


class CompiledTemplates(BytecodeCache):
    """Templates compiled by one application of this process serve the next: that would be most of its first page."""

    def __init__(self) -> None:
        self._code: dict[str, tuple[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        checksum, code = self._code.get(bucket.key, ('', b''))
        if checksum == bucket.checksum:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.checksum, bucket.bytecode_to_string()


COMPILED = CompiledTemplates()


class WholeAnswers(FlaskClient):
    """Reads every answer to its end and closes it: a download that nobody reads would keep its contexts and its connection."""

    def open(self, *arguments: Any, buffered: bool = True, **options: Any) -> TestResponse:
        return super().open(*arguments, buffered=buffered, **options)


@dataclass
class Site:
    """One installation. `app` is made when first asked for."""

    runtime: Runtime
    home: Path
    _apps: list[Flask] = field(default_factory=list)

    @property
    def app(self) -> Flask:
        if not self._apps:
            app = make_flask(self.runtime)
            app.jinja_env.bytecode_cache = COMPILED
            app.test_client_class = WholeAnswers
            self._apps.append(app)
        return self._apps[0]

    def actor(self, username: str) -> Actor:
        """The demonstration person: admin, manager, leader, rep (North, led by leader), rep2 (South)."""
        with self.runtime.database.reading() as connection:
            user_id = connection.execute(ab_user.select().where(ab_user.c.username == username)).one().id
            actor = load_actor(connection, user_id)
        assert actor is not None
        return actor

    def client(self, username: str | None = None, *, locale: str = 'en') -> FlaskClient:
        """A client with the person's session; None is a stranger."""
        client = self.app.test_client()
        with client.session_transaction() as session:
            session['locale'] = locale
            if username is not None:
                user_id = self.actor(username).user_id or 0
                session['_user_id'], session['_fresh'] = str(user_id), True
                with self.runtime.database.writing() as connection:
                    session[SESSION_KEY] = open_session(connection, user_id, self.runtime.clock.now())
        return client

    def create(self, username: str, entity: str, **wire: object) -> str:
        """A record made by a person; its uid."""
        return self.runtime.write(self.actor(username), lambda store: store.create(entity, wire)).uid


def open_site(database_url: str, home: Path, redis_url: str = NO_REDIS) -> Site:
    """A site over a database as it is."""
    settings = Settings.from_environment(
        {**{key: value for key, value in os.environ.items() if not key.startswith('TRELLIS_')}, 'TRELLIS_HOME': str(home),
         'TRELLIS_DATABASE_URL': database_url, 'TRELLIS_REDIS_URL': redis_url, 'TRELLIS_ADMIN_PASSWORD': PASSWORD,
         'TRELLIS_SECRET_KEY': 'a-secret-key-for-tests-only'}
    )  # fmt: skip
    return Site(make_runtime(settings), home)


def make_site(database_url: str, home: Path, redis_url: str = NO_REDIS) -> Site:
    """A new site with the sales pack and the demonstration people but no records."""
    made = open_site(database_url, home, redis_url)
    runtime = made.runtime
    prepare_runtime(runtime, demo=False, say=lambda line: None)
    with runtime.database.session() as session:
        ensure_demo_people(session, PASSWORD, runtime.clock.now())
    return made


def _fill(database_url: str, home: Path) -> None:
    make_site(database_url, home).runtime.close()


@dataclass(frozen=True)
class Template:
    """A site that is made once a session and copied for each test. `fill(url, home)` leaves no connection open."""

    name: str
    fill: Callable[[str, Path], None]


SALES = Template('site', _fill)
COMPILED_SCHEMAS: dict[tuple[str, str], Catalog] = {}
"""The catalog of each template on each engine."""


def warm(runtime: Runtime, template: Template = SALES) -> Runtime:
    """Let a runtime over a copy go on with what was compiled of its template: that would be half of its first request."""
    catalogs, name = runtime.catalogs, (template.name, runtime.database.dialect)
    catalogs.newest = COMPILED_SCHEMAS.get(name)
    COMPILED_SCHEMAS[name] = catalogs.current()
    return runtime


@contextmanager
def copied_site_url(databases: Databases, engine: str, folder: Path, template: Template = SALES) -> Iterator[str]:
    """The database of a finished site. `folder` takes what making the first one leaves behind."""
    with databases.copied(engine, template.name, lambda url: template.fill(url, folder / 'template-home')) as url:
        yield url


@contextmanager
def copied_site(
    databases: Databases, engine: str, home: Path, template: Template = SALES, *, redis_url: str = NO_REDIS
) -> Iterator[Site]:  # fmt: skip
    """A finished site of one's own on an engine, for as long as one wants."""
    with copied_site_url(databases, engine, home.parent, template) as url:
        made = open_site(url, home, redis_url)
        warm(made.runtime, template)
        yield made
        made.runtime.close()


@pytest.fixture
def sqlite_site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """A site on SQLite alone, for what does not depend on the engine."""
    with copied_site(databases, 'sqlite', tmp_path / 'home') as made:
        yield made


@pytest.fixture
def postgres_site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """A site on PostgreSQL alone."""
    with copied_site(databases, 'postgresql', tmp_path / 'home') as made:
        yield made


@pytest.fixture(params=ENGINES)
def site(request: pytest.FixtureRequest) -> Site:
    """A site, once on each engine."""
    found: Site = request.getfixturevalue('sqlite_site' if request.param == 'sqlite' else 'postgres_site')
    return found
