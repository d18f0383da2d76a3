"""Records over REST, in FAB's conventions: lists, one, create, change, delete, restore, bulk."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

import prison
import pytest

from tests.api.conftest import World, codes


def make(world: World, entity: str = 'contact', who: str = 'rep', **wire: Any) -> str:
    response = world.as_(who).post(f'/{entity}/', wire)
    assert response.status_code == 201, response.get_data(as_text=True)
    return str(response.get_json()['id'])


def listed(world: World, entity: str = 'contact', who: str = 'rep', **q: Any) -> dict[str, Any]:
    response = world.as_(who).get(f'/{entity}/?q={quote(prison.dumps(q))}')
    assert response.status_code == 200, response.get_data(as_text=True)
    return dict(response.get_json())


def test_a_created_record_is_answered_whole_with_its_address(world: World) -> None:
    made = world.as_('rep').post('/contact/', {'full_name': 'Đặng Thị Yến', 'phone': '0912 345 001', 'status': 'new'})

    body = made.get_json()
    assert made.status_code == 201
    assert made.headers['Location'] == f'/api/v1/contact/{body["id"]}'
    assert made.headers['X-Schema-Version'] == '1'
    assert {key: body['result'][key] for key in ('uid', 'revision', 'full_name', 'phone', 'status', 'email')} == {
        'uid': body['id'], 'revision': 1, 'full_name': 'Đặng Thị Yến', 'phone': '+84912345001', 'status': 'new', 'email': None,
    }  # fmt: skip
    assert body['result']['owner']['uid'] == 'rep'
    assert world.as_('rep').get(made.headers['Location'].removeprefix('/api/v1')).get_json()['result'] == body['result']


def test_a_list_has_fabs_shape_and_a_cursor(world: World) -> None:
    tag = f'nhóm{uuid.uuid4().hex[:8]}'
    made = [make(world, 'company', name=f'{tag} {number}') for number in range(5)]

    first = listed(world, 'company', search=tag, page_size=2, columns=['name'])
    second = listed(world, 'company', search=tag, page_size=2, columns=['name'], cursor=first['next'])
    third = listed(world, 'company', search=tag, page_size=2, columns=['name'], page=2)

    assert first['count'] == 5
    assert first['count_exact'] is True
    assert second['count'] is None
    assert [*first['ids'], *second['ids'], *third['ids']] == made[::-1]
    assert third['next'] is None
    assert set(first['result'][0]) == {'uid', 'revision', 'name'}
    assert first['list_columns'] == ['name'] == first['order_columns']
    assert first['label_columns'] == {'name': 'Company name'} or set(first['label_columns']) == {'name'}


def test_keys_choose_what_describes_the_list(world: World) -> None:
    plain = {'count', 'count_exact', 'next', 'ids', 'result'}

    assert set(listed(world, keys=['none'])) == plain
    assert set(listed(world, keys=['list_title'])) == plain | {'list_title'}


@pytest.mark.parametrize(
    ('col', 'opr', 'value'),
    [
        ('full_name', 'sw', 'Lọc'), ('full_name', 'ct', 'moc'), ('email', 'eq', 'LOC@Moc.vn'), ('email', 'neq', 'x@y.vn'),
        ('phone', 'eq', '0912 345 777'), ('birthday', 'gt', '1990-01-01'), ('birthday', 'lt', '1990-12-31'),
        ('status', 'in', ['new', 'buying']), ('owner', 'rel_o_m', 'rep'), ('full_name', 'nct', 'khác'),
        ('job_title', 'eq', None),
    ],
)  # fmt: skip
def test_fabs_filters_are_understood(world: World, col: str, opr: str, value: Any) -> None:
    uid = make(world, full_name='Lộc Mộc', email=f'loc{uuid.uuid4().hex}@moc.vn', phone='0912 345 777', birthday='1990-05-04')
    if col == 'email' and opr == 'eq':
        value = world.as_('rep').get(f'/contact/{uid}').get_json()['result']['email'].upper()

    found = listed(world, filters=[{'col': col, 'opr': opr, 'value': value}], page_size=200)

    assert uid in found['ids']


def test_a_condition_and_filters_must_both_hold(world: World) -> None:
    first = make(world, full_name='Điều Kiện Một', job_title='A')
    make(world, full_name='Điều Kiện Hai', job_title='A')

    found = listed(
        world, filters=[{'col': 'full_name', 'opr': 'ct', 'value': 'dieu kien'}],
        filter={'field': 'full_name', 'op': 'contains', 'value': 'mot'},
    )  # fmt: skip

    assert found['ids'] == [first]


def test_a_change_touches_only_what_was_sent(world: World) -> None:
    uid = make(world, full_name='Cũ', job_title='Giám đốc', email=f'{uuid.uuid4().hex}@cu.vn')
    before = world.as_('rep').get(f'/contact/{uid}').get_json()['result']

    after = world.as_('rep').put(f'/contact/{uid}', {'full_name': 'Mới'}).get_json()['result']

    assert {key: value for key, value in after.items() if before[key] != value}.keys() <= {
        'full_name',
        'revision',
        'changed_at',
    }
    assert (after['full_name'], after['revision']) == ('Mới', 2)


def test_what_was_read_can_be_sent_back_whole(world: World) -> None:
    uid = make(world, full_name='Vòng Tròn', company=make(world, 'company', name=f'Công ty {uuid.uuid4().hex}'))
    read = world.as_('rep').get(f'/contact/{uid}').get_json()['result']

    sent = world.as_('rep').put(f'/contact/{uid}', read)

    assert sent.status_code == 200
    assert sent.get_json()['result'] == read


@pytest.mark.parametrize('by', ['header', 'body'])
def test_only_a_sent_field_that_changed_meanwhile_conflicts(world: World, by: str) -> None:
    uid, rep = make(world, full_name='Gốc'), world.as_('rep')
    headers, base = ({'If-Match': '"1"'}, {}) if by == 'header' else ({}, {'revision': 1})
    assert rep.put(f'/contact/{uid}', {'full_name': 'Của tôi'}).status_code == 200

    refused = rep.put(f'/contact/{uid}', {'full_name': 'Của bạn', **base}, headers=headers)
    merged = rep.put(f'/contact/{uid}', {'job_title': 'Trưởng phòng', **base}, headers=headers)

    assert (refused.status_code, codes(refused)) == (409, [('REC-E019', '/full_name')])
    assert merged.get_json()['result']['full_name'] == 'Của tôi'
    assert merged.headers['ETag'] == '"3"'


def test_a_retried_create_makes_one_record(world: World) -> None:
    rep, key, uid = world.as_('rep'), uuid.uuid4().hex, str(uuid.uuid4())

    by_key = [rep.post('/contact/', {'full_name': 'Lặp'}, headers={'Idempotency-Key': key}).get_json()['id'] for _ in range(2)]
    by_uid = [rep.post('/contact/', {'full_name': 'Lặp', 'uid': uid}).get_json()['id'] for _ in range(2)]
    other = world.as_('rep2').post('/contact/', {'full_name': 'Lặp'}, headers={'Idempotency-Key': key}).get_json()['id']

    assert by_key[0] == by_key[1] != other
    assert by_uid == [uid, uid]


def test_a_deleted_record_lies_in_the_bin_until_it_is_restored(world: World) -> None:
    uid, rep = make(world, full_name='Xoá Tôi'), world.as_('rep')

    assert rep.delete(f'/contact/{uid}').get_json()['message'] == 'OK'

    assert rep.get(f'/contact/{uid}').status_code == 404
    assert uid in listed(world, deleted=True)['ids']
    assert 'deleted_at' in rep.get(f'/contact/{uid}?deleted=true').get_json()['result']
    assert rep.post(f'/contact/{uid}/restore').status_code == 200
    assert rep.get(f'/contact/{uid}').status_code == 200


def test_bulk_creates_all_rows_or_none_and_tells_every_fault(world: World) -> None:
    admin, name = world.as_('admin'), uuid.uuid4().hex

    made = admin.post('/contact/_bulk', [{'full_name': f'{name} {number}'} for number in range(3)])
    refused = admin.post('/contact/_bulk', [{'full_name': f'{name} x'}, {'email': 'no'}, {'full_name': 'y', 'status': 'odd'}])

    assert (made.status_code, made.get_json()['count']) == (201, 3)
    assert codes(refused) == [('REC-E007', '/1/email'), ('REC-E001', '/1/full_name'), ('REC-E014', '/2/status')]
    assert listed(world, who='admin', search=name)['count'] == 3


def test_info_tells_what_may_be_done_and_filled_in(world: World) -> None:
    info = world.as_('rep').get('/product/_info').get_json()

    assert info['add_columns'] == [] == info['edit_columns']
    assert set(info['permissions']) == {'can_list', 'can_show', 'can_get', 'can_info'}
    assert 'cost' not in info['filters']
    assert {'name': 'sw', 'operator': 'sw'} in info['filters']['name']
