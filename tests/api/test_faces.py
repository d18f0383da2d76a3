"""Every record of the demonstration fits the document that the API serves for its entity, say validators that are not ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from modules.packs.first_start import prepare_runtime
from tests.support.site import Site, open_site

ENTITIES = ('raw_lead', 'lead', 'company', 'contact', 'opportunity', 'activity', 'appointment', 'task', 'product')


@pytest.fixture(scope='module')
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The sales pack with its demonstration records."""
    home = tmp_path_factory.mktemp('demo')
    site = open_site(f'sqlite:///{home / "demo.sqlite"}', home)
    prepare_runtime(site.runtime, demo=True, say=lambda line: None)
    yield site
    site.runtime.close()


def records(client: FlaskClient, entity: str) -> Iterator[dict[str, Any]]:
    """All that the person sees, page by page."""
    cursor = ''
    while True:
        answer = client.get(f'/api/v1/{entity}/?q=(page_size:200{cursor})').json
        yield from answer['result']
        if not answer.get('next'):
            return
        cursor = f",cursor:'{answer['next']}'"


@pytest.mark.parametrize('person', ['admin', 'rep'])
def test_other_validators_accept_every_record_of_the_demonstration(demo: Site, person: str) -> None:
    client = demo.client(person)
    seen = {}
    for entity in ENTITIES:
        face = client.get(f'/api/v1/schema/{entity}?for=read').json
        Draft202012Validator.check_schema(face)
        ours, other = Draft202012Validator(face), jsonschema_rs.Draft202012Validator(face, validate_formats=True)
        found = list(records(client, entity))
        assert [(each['uid'], error.message) for each in found[::10] for error in ours.iter_errors(each)] == []
        assert [(each['uid'], error.message) for each in found for error in other.iter_errors(each)] == []
        seen[entity] = len(found)

    assert set(ENTITIES) == set(demo.runtime.catalogs.current().entities)
    assert all(seen[entity] > 0 for entity in ('contact', 'opportunity', 'task', 'appointment'))
    assert person != 'admin' or sum(seen.values()) > 2500


def test_a_validator_refuses_what_no_record_is(demo: Site) -> None:
    client = demo.client('admin')
    face = client.get('/api/v1/schema/contact?for=read').json
    record = next(records(client, 'contact'))

    other = jsonschema_rs.Draft202012Validator(face, validate_formats=True)

    assert other.is_valid(record)
    assert not other.is_valid({**record, 'nonsense': 1})
    assert not other.is_valid({**record, 'birthday': 'tomorrow'})
