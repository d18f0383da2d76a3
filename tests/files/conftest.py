"""A site on each engine whose contacts hold contracts and a photograph, and leads a file that sales people may not see."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from modules.people.tokens import create_token
from tests.support.databases import ENGINES, Databases
from tests.support.site import Site, copied_site

PDF = b'%PDF-1.4\n1 0 obj\n<<>>\nendobj\n'
ACCEPTED = ['.pdf', '.txt', '.html', '.svg', 'image/*']
FIELDS = {
    'contact': {
        'contracts': {'x-type': 'file', 'x-many': True, 'x-accept': ACCEPTED, 'x-max-size': 1},
        'photo': {'x-type': 'image'},
    },
    'lead': {'secret': {'x-type': 'file'}},
}  # fmt: skip


@dataclass
class Cabinet:
    """People at the API with tokens, and what they do with files."""

    site: Site
    _tokens: dict[str, str] = field(default_factory=dict)

    def send(self, who: str, method: str, path: str, **options: Any) -> TestResponse:
        if who not in self._tokens:
            with self.site.runtime.database.session() as session:
                user_id = self.site.actor(who).user_id or 0
                self._tokens[who] = create_token(session, user_id, 'tests', self.site.runtime.clock.now())
        client = self.site.app.test_client()
        return client.open(
            path, method=method, headers={'Authorization': f'Bearer {self._tokens[who]}'}, buffered=True, **options
        )

    def upload(self, who: str, name: str, content: bytes, **fields: str) -> TestResponse:
        sent = FileStorage(io.BytesIO(content), name)
        boundary, body = encode_multipart({**fields, 'file': sent})  # the client's own way leaves temporary files open
        kind = f'multipart/form-data; boundary="{boundary}"'
        return self.send(who, 'POST', '/api/v1/files/', data=body, content_type=kind)

    def uploaded(self, who: str, name: str = 'Hợp đồng.pdf', content: bytes = PDF) -> str:
        answer = self.upload(who, name, content)
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()['uid'])

    def contact(self, who: str, **wire: Any) -> str:
        return self.site.create(who, 'contact', full_name='Nguyễn Văn An', **wire)

    def holding(self, who: str, name: str = 'Hợp đồng.pdf', content: bytes = PDF) -> tuple[str, str]:
        """`(record, file)`: a contact of the person that holds an upload of theirs."""
        uid = self.uploaded(who, name, content)
        return self.contact(who, contracts=[uid]), uid

    def statuses(self, who: str, uid: str) -> tuple[int, int, int]:
        """What describing, downloading and the small picture answer."""
        paths = (f'/api/v1/files/{uid}', f'/files/{uid}', f'/files/{uid}/thumbnail')
        found = [self.send(who, 'GET', path).status_code for path in paths]
        return found[0], found[1], found[2]

    def content(self, who: str, uid: str, *, small: bool = False) -> TestResponse:
        """Through the address that pages carry."""
        link = self.send(who, 'GET', f'/files/{uid}' + ('/thumbnail' if small else ''))
        assert link.status_code == 303, link.text
        return self.send(who, 'GET', link.headers['Location'])

    def codes(self, answer: TestResponse) -> list[str]:
        return [each['code'] for each in answer.get_json()['errors']]


def fill(site: Site) -> None:
    publisher, admin = site.runtime.publisher, site.actor('admin')
    hidden = {'fields': {'lead': {'secret': 'none'}}}
    request = {'entities': {key: {'properties': part} for key, part in FIELDS.items()}, 'roles': {'rep': hidden}}
    publisher.apply(publisher.plan(request, admin).plan_id, admin)


@pytest.fixture(scope='module', params=ENGINES)
def cabinet(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cabinet]:
    folder = tmp_path_factory.mktemp('files')
    with copied_site(databases, request.param, folder / 'home') as site:
        fill(site)
        yield Cabinet(site)


@pytest.fixture(scope='module')
def one_cabinet(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cabinet]:
    """On SQLite alone, for what does not depend on the engine."""
    with copied_site(databases, 'sqlite', tmp_path_factory.mktemp('files') / 'home') as site:
        fill(site)
        yield Cabinet(site)
