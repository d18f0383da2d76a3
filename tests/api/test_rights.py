"""The same rights over REST as everywhere: role by action, records out of reach, fields that are hidden."""

from __future__ import annotations

import uuid
from urllib.parse import quote

import pytest

from tests.api.conftest import World, codes

PEOPLE = ('admin', 'manager', 'leader', 'rep', 'rep2')


@pytest.fixture(scope='module')
def theirs(world: World) -> str:
    """A contact that belongs to rep, who stands in North under leader."""
    made = world.as_('rep').post('/contact/', {'full_name': 'Của Rep', 'email': f'{uuid.uuid4().hex}@rep.vn'})
    return str(made.get_json()['id'])


@pytest.mark.parametrize(
    ('who', 'status'), [('admin', 200), ('manager', 200), ('leader', 200), ('rep', 200), ('rep2', 404)]
)  # fmt: skip
def test_who_reaches_a_reps_record(world: World, theirs: str, who: str, status: int) -> None:
    person = world.as_(who)

    assert person.get(f'/contact/{theirs}').status_code == status
    assert person.put(f'/contact/{theirs}', {'job_title': who}).status_code == status
    assert (theirs in person.get('/contact/?page_size=200').get_json()['ids']) is (status == 200)
    assert person.delete(f'/contact/{theirs}').status_code == status
    assert person.post(f'/contact/{theirs}/restore').status_code == status
    if status == 404:
        assert world.as_('rep').get(f'/contact/{theirs}').status_code == 200


@pytest.mark.parametrize('who', PEOPLE)
def test_products_are_changed_only_by_those_who_may(world: World, who: str) -> None:
    uid = world.as_('admin').post('/product/', {'name': f'Tấm {uuid.uuid4().hex}'}).get_json()['id']
    person, may = world.as_(who), who in {'admin', 'manager'}

    assert person.get(f'/product/{uid}').status_code == 200
    changed = person.put(f'/product/{uid}', {'name': f'Khác {uuid.uuid4().hex}'})
    made = person.post('/product/', {'name': f'Mới {uuid.uuid4().hex}'})

    assert (changed.status_code, made.status_code) == ((200, 201) if may else (403, 403))
    if not may:
        assert ('PRM-E001', '') in codes(made)


def test_rows_in_bulk_need_the_right_to_import(world: World) -> None:
    rows = [{'full_name': 'Một'}]

    assert ('PRM-E001', '') in codes(world.as_('rep').post('/contact/_bulk', rows))
    assert world.as_('admin').post('/contact/_bulk', rows).status_code == 201


def test_a_hidden_field_is_neither_shown_nor_asked_for_nor_written(world: World) -> None:
    name = f'Giá {uuid.uuid4().hex}'
    uid = world.as_('admin').post('/product/', {'name': name, 'cost': '1000'}).get_json()['id']
    rep, admin = world.as_('rep'), world.as_('admin')

    assert 'cost' not in rep.get(f'/product/{uid}').get_json()['result']
    assert 'cost' not in rep.get('/product/').get_data(as_text=True)
    assert 'cost' not in rep.get('/schema/product').get_data(as_text=True)
    assert 'cost' not in rep.get('/product/_info').get_data(as_text=True)
    assert '"cost"' not in rep.get('/_openapi').get_data(as_text=True)
    assert admin.get(f'/product/{uid}').get_json()['result']['cost'] == {'amount': '1000', 'currency': 'VND'}
    condition = quote('{"field": "cost", "op": "gt", "value": 1}')
    for query, pointer in (
        ('columns=cost', '/columns/0'), ('order_column=cost', '/order_column'), (f'filter={condition}', '/filter'),
        ('q=(filters:!((col:cost,opr:gt,value:1)))', '/filters/0/col'),
    ):  # fmt: skip
        refused = rep.get(f'/product/?{query}')
        assert (refused.status_code, codes(refused)) == (400, [('REC-E036', pointer)]), query
        assert "mean 'cost'" not in refused.get_data(as_text=True)
        assert admin.get(f'/product/?{query}').status_code == 200


def test_a_link_to_a_record_out_of_reach_shows_that_it_is_there_and_no_more(world: World) -> None:
    company = world.as_('rep2').post('/company/', {'name': f'Kín {uuid.uuid4().hex}'}).get_json()['id']
    made = world.as_('admin').post('/contact/', {'full_name': 'Hở', 'company': company, 'owner': 'rep'}).get_json()['id']
    rep = world.as_('rep')

    assert rep.get(f'/contact/{made}').get_json()['result']['company'] == {'hidden': True}
    assert rep.get('/contact/?page_size=200&search=Hở').get_json()['result'][0]['company'] == {'hidden': True}
    assert ('REC-E027', '/company') in codes(rep.post('/contact/', {'full_name': 'A', 'company': company}))
    assert rep.put(f'/contact/{made}', {'company': {'hidden': True}, 'job_title': 'B'}).status_code == 200
    assert world.as_('admin').get(f'/contact/{made}').get_json()['result']['company']['uid'] == company


@pytest.mark.parametrize('who', [each for each in PEOPLE if each != 'admin'])
def test_the_structure_is_changed_by_admins_alone(world: World, who: str) -> None:
    person = world.as_(who)

    for method, path in (
        ('POST', '/schema/plan'), ('POST', '/schema/apply'), ('POST', '/schema/rollback'), ('GET', '/schema/versions'),
        ('GET', '/schema/contact?for=definition'),
    ):  # fmt: skip
        refused = person.send(method, path, json={})
        assert (refused.status_code, codes(refused)) == (403, [('PRM-E002', '')])
    assert '/api/v1/schema/plan' not in person.get('/_openapi').get_json()['paths']
