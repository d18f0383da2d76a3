"""The schema as it is served: documents that hold for what the API answers and takes; planning and applying over REST."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from modules.packs.demo import demo_records
from tests.api.conftest import World, codes
from tests.support.held_plans import hold_plans
from tests.support.site import Site
from tests.support.waiting import wait_for

ENTITIES = ('raw_lead', 'lead', 'company', 'contact', 'opportunity', 'activity', 'appointment', 'task', 'product')
COLLECTIONS = ('participants', 'guests')  # lists hold them when they are asked for
PEOPLE = ('admin', 'manager', 'leader', 'rep', 'rep2')


@pytest.fixture(scope='module')
def told(world: World) -> World:
    """The site with a part of the demonstration's records, written through the store."""
    for who in PEOPLE:
        world.as_(who)
    uids: dict[str, dict[str, str]] = {}
    kept: dict[str, int] = {}
    for record in demo_records(7, datetime(2026, 11, 20, 3, 0, tzinfo=UTC), PEOPLE):
        if kept.get(record.entity, 0) >= 30:
            continue
        wire = _linked(dict(record.wire), uids)
        if wire is None:
            continue
        made = world.as_('admin').post(f'/{record.entity}/', {**wire, 'owner': record.owner})
        if made.status_code == 201:
            uids[record.key] = {'entity': record.entity, 'uid': made.get_json()['id']}
            kept[record.entity] = kept.get(record.entity, 0) + 1
    assert set(kept) == set(ENTITIES), kept
    return world


def _linked(wire: dict[str, Any], uids: dict[str, dict[str, str]]) -> dict[str, Any] | None:
    """Links of the story name other records by key; None when one of those was not kept."""
    for key, value in wire.items():
        if isinstance(value, dict) and '$ref' in value:
            if value['$ref'] not in uids:
                return None
            wire[key] = uids[value['$ref']]
    return wire


@pytest.mark.parametrize('who', ['admin', 'rep'])
@pytest.mark.parametrize('entity', ENTITIES)
def test_every_answered_record_fits_the_served_document(told: World, entity: str, who: str) -> None:
    person = told.as_(who)
    document = person.get(f'/schema/{entity}').get_json()
    validator = Draft202012Validator(document, format_checker=Draft202012Validator.FORMAT_CHECKER)

    records = person.get(f'/{entity}/?page_size=200').get_json()['result']

    validator_for(document).check_schema(document)
    assert who != 'admin' or len(records) >= 10
    assert [error.message for record in records for error in validator.iter_errors(record)] == []
    left_out = {'deleted_at', *(COLLECTIONS if entity == 'appointment' else ())}
    assert all(set(record) == set(document['properties']) - left_out for record in records)
    assert not validator.is_valid({'uid': 'x'})


@pytest.mark.parametrize('entity', ENTITIES)
def test_what_was_answered_fits_the_contract_for_input(told: World, entity: str) -> None:
    admin = told.as_('admin')
    validator = Draft202012Validator(admin.get(f'/schema/{entity}?for=write').get_json())
    known = set(validator.schema['properties'])

    for record in admin.get(f'/{entity}/?page_size=200').get_json()['result']:
        sent = {key: value for key, value in record.items() if key in known and value is not None}
        assert [error.message for error in validator.iter_errors(sent)] == []


def test_the_contract_for_input_names_what_must_be_sent(told: World) -> None:
    contract = told.as_('rep').get('/schema/contact?for=write').get_json()

    assert contract['required'] == ['full_name']
    assert 'created_at' not in contract['properties']
    assert not Draft202012Validator(contract).is_valid({'full_name': 'A', 'status': 'odd'})


def test_the_index_names_what_the_person_may_see(told: World) -> None:
    index = told.as_('rep').get('/schema/').get_json()

    assert index['version'] == 1
    assert {each['key'] for each in index['entities']} == set(ENTITIES)


def test_openapi_is_a_document_of_its_dialect_and_holds_the_faces(told: World) -> None:
    document = told.as_('admin').get('/_openapi').get_json()

    assert document['openapi'] == '3.1.0'
    assert {f'/api/v1/{key}/' for key in ENTITIES} | {'/api/v1/schema/plan'} <= set(document['paths'])
    for schema in document['components']['schemas'].values():
        Draft202012Validator.check_schema(schema)
    assert _broken_references(document, document) == []


def _broken_references(node: Any, document: dict[str, Any]) -> list[str]:
    if isinstance(node, list):
        return [each for part in node for each in _broken_references(part, document)]
    if not isinstance(node, dict):
        return []
    broken = [each for part in node.values() for each in _broken_references(part, document)]
    target: Any = document
    for step in str(node.get('$ref', '')).split('/')[1:]:
        target = target.get(step) if isinstance(target, dict) else None
    return [*broken, node['$ref']] if target is None else broken


FIELD = {
    'entities': {
        'contact': {'properties': {'shoe_size': {'x-type': 'integer', 'x-label': {'en': 'Shoe size', 'vi': 'Cỡ giày'}}}}
    }
}


@pytest.fixture
def own(site: Site) -> World:
    return World(site)


def test_a_field_is_planned_applied_written_and_rolled_back_over_rest(own: World) -> None:
    admin, rep = own.as_('admin'), own.as_('rep')

    plan = admin.post('/schema/plan', FIELD).get_json()
    applied = admin.post('/schema/apply', {'plan_id': plan['plan_id']})
    made = rep.post('/contact/', {'full_name': 'Chân To', 'shoe_size': 45})

    assert (plan['base_version'], plan['findings']) == (1, [])
    assert (applied.status_code, applied.get_json()['version']) == (200, 2)
    assert made.get_json()['result']['shoe_size'] == 45
    assert made.headers['X-Schema-Version'] == '2'
    assert 'shoe_size' in rep.get('/schema/contact').get_json()['properties']
    assert [each['version'] for each in admin.get('/schema/versions').get_json()['result']] == [2, 1]
    assert admin.get(f'/schema/publishes/{applied.get_json()["id"]}').get_json()['state'] == 'done'
    again = admin.post('/schema/apply', {'plan_id': plan['plan_id']})
    assert again.status_code == 409

    back = admin.post('/schema/rollback', {'version': 1}, headers={'Prefer': 'wait=19; odd, respond-async'}).get_json()
    assert admin.post('/schema/apply', {'plan_id': back['plan_id']}).status_code == 200
    assert 'shoe_size' not in rep.get(f'/contact/{made.get_json()["id"]}').get_json()['result']


def test_a_plan_that_takes_long_is_not_waited_for_and_tells_how_far_it_looked(
    own: World, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    admin, go_on = own.as_('admin'), hold_plans(monkeypatch)
    asked = {'Prefer': 'respond-async'}
    begun = admin.post('/schema/plan', FIELD, headers=asked)
    wrong = admin.post('/schema/plan', {'entities': {'contact': {'properties': {'x': {'x-type': 'odd'}}}}}, headers=asked)
    unneeded = admin.post('/schema/rollback', {'version': 1}, headers={'prefer': 'wait=0'})
    places = [each.headers['Location'].removeprefix('/api/v1') for each in (begun, wrong, unneeded)]

    assert [each.status_code for each in (begun, wrong, unneeded)] == [202] * 3
    assert begun.get_json()['state'] == 'running' and begun.get_json()['plan_id'] is None
    wait_for(lambda: [admin.get(place).get_json()['seen'] for place in places] == [4] * 3, 'plans to tell how far they came')
    go_on.set()
    wait_for(lambda: all(admin.get(place).get_json()['state'] != 'running' for place in places), 'the plans to be over')
    done, failed, same = (admin.get(place) for place in places)
    plan = admin.get(done.headers['Location'].removeprefix('/api/v1')).get_json()
    assert done.get_json()['plan_id'] == plan['plan_id']
    assert [each['code'] for each in failed.get_json()['findings']] == ['SCH-E030']
    assert [each['code'] for each in same.get_json()['findings']] == ['MIG-E006']
    assert own.as_('rep').get(places[0]).status_code == 403
    assert admin.post('/schema/apply', {'plan_id': plan['plan_id']}).status_code == 200


@pytest.mark.parametrize(
    ('path', 'body', 'status'),
    [
        ('plan', {'entities': {'contact': {'properties': {'x': {'x-type': 'curency'}}}}}, 422), ('plan', {'entitys': {}}, 400),
        ('plan', {'entities': []}, 400), ('plan', {'remove': ['/entities/nope']}, 400), ('plan', [], 400),
        ('plan', {'entities': {'contact': {'x-order': 1e308}}}, 422), ('apply', {}, 400), ('apply', {'plan_id': 5}, 400),
        ('apply', {'plan_id': 'x'}, 404), ('rollback', {'version': 'one'}, 400), ('rollback', {'version': 77}, 404),
        ('rollback', {'version': 10**30}, 404), ('rollback', {'version': 1, 'include': ['all']}, 400),
    ],
)  # fmt: skip
def test_requests_that_no_plan_can_come_from(told: World, path: str, body: Any, status: int) -> None:
    refused = told.as_('admin').post(f'/schema/{path}', body)

    assert refused.status_code == status, refused.get_data(as_text=True)
    assert codes(refused)
