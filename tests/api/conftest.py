"""A site for each engine, shared by the tests of a file, and people who speak to it with tokens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from modules.people.tokens import create_token
from tests.support.databases import ENGINES, Databases
from tests.support.site import Site, copied_site


@dataclass
class Person:
    """A client that signs every request with the person's API token."""

    username: str
    token: str
    client: FlaskClient

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.send('GET', path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> TestResponse:
        return self.send('POST', path, json=json, **options)

    def put(self, path: str, json: Any = None, **options: Any) -> TestResponse:
        return self.send('PUT', path, json=json, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        return self.send('DELETE', path, **options)

    def send(self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any) -> TestResponse:
        signed = {'Authorization': f'Bearer {self.token}', **(headers or {})}
        return self.client.open(f'/api/v1{path}', method=method, headers=signed, **options)


@dataclass
class World:
    site: Site
    _people: dict[str, Person] = field(default_factory=dict)

    def as_(self, username: str) -> Person:
        if username not in self._people:
            self._people[username] = Person(username, self.token(username), self.site.app.test_client())
        return self._people[username]

    def token(self, username: str) -> str:
        actor = self.site.actor(username)
        assert actor.user_id is not None
        with self.site.runtime.database.session() as session:
            return create_token(session, actor.user_id, 'tests', self.site.runtime.clock.now())

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """The statements of both engines, transaction brackets left out."""
        seen: list[str] = []
        database = self.site.runtime.database

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if statement.split()[0] not in {'BEGIN', 'COMMIT', 'ROLLBACK', 'SAVEPOINT', 'RELEASE'}:
                seen.append(statement)

        engines: set[sa.Engine] = {database.read_engine, database.write_engine}
        for engine in engines:
            event.listen(engine, 'before_cursor_execute', note)
        try:
            yield seen
        finally:
            for engine in engines:
                event.remove(engine, 'before_cursor_execute', note)


@pytest.fixture(scope='module', params=ENGINES)
def world(request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with copied_site(databases, request.param, tmp_path_factory.mktemp('site') / 'home') as site:
        yield World(site)


def codes(response: TestResponse) -> list[tuple[str, str]]:
    """`(code, pointer)` of every finding of a problem."""
    assert response.mimetype == 'application/problem+json', response.get_data(as_text=True)[:500]
    return [(each['code'], each['pointer']) for each in response.get_json()['errors']]
