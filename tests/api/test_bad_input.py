"""Whatever a client may send by mistake or malice: refused with 4xx and one located sentence, nothing half-written."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import quote

import pytest

from tests.api.conftest import World, codes

PLACEHOLDER = re.compile(r'\{[a-z]+\}')
DEEP = '[' * 3000 + ']' * 3000
ABSENT = '01890000-0000-7000-8000-000000000000'


def cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip('=')


LISTS = {
    'rison cut short': ('q=(page:', 'API-E006', '/q'),
    'rison that is a list': ('q=!(1,2)', 'API-E006', '/q'),
    'rison nested without end': (f'q={"!(" * 3000}', 'API-E006', '/q'),
    'rison with NUL': ("q=(search:'%00')", 'API-E003', '/q/search'),
    'a word for a page': ('q=(page:abc)', 'API-E008', '/page'),
    'a plain word for a page': ('page=abc', 'API-E008', '/page'),
    'a page below the first': ('q=(page:-1)', 'REC-E035', '/page'),
    'a page beyond reason': ('page=99999999999999999999999999', 'API-E008', '/page'),
    'a large page number': ('page=99999999999999', 'REC-E035', '/page'),
    'too large a page': ('page_size=201', 'REC-E038', '/page_size'),
    'an empty page': ('q=(page_size:0)', 'REC-E038', '/page_size'),
    'an unknown parameter': ('pagesize=2', 'API-E007', '/pagesize'),
    'an unknown name in q': ('q=(pages:1)', 'API-E007', '/pages'),
    'an unknown column': ('columns=full_name,nope', 'REC-E036', '/columns/1'),
    'columns that are no list': ('q=(columns:full_name)', 'API-E008', '/columns'),
    'an unknown order': ('order_column=nope', 'REC-E036', '/order_column'),
    'an order that cannot be': ('order_column=description', 'REC-E037', '/order_column'),
    'a strange direction': ('order_column=email&order_direction=up', 'API-E008', '/order_direction'),
    'an unknown filter column': ('q=(filters:!((col:nope,opr:eq,value:1)))', 'REC-E036', '/filters/0/col'),
    'an unknown operator': ('q=(filters:!((col:email,opr:like,value:a)))', 'API-E009', '/filters/0/opr'),
    'a value of the wrong kind': ('q=(filters:!((col:birthday,opr:eq,value:!t)))', 'SCH-E215', '/filters/0/value'),
    'a filter without column': ('q=(filters:!((opr:eq)))', 'REC-E036', '/filters/0/col'),
    'filters that are no list': ('q=(filters:(col:email))', 'API-E008', '/filters'),
    'a strange word in a filter': ('q=(filters:!((col:email,opr:eq,val:a)))', 'API-E007', '/filters/0/val'),
    'a condition that is no JSON': ('filter={', 'API-E006', '/filter'),
    'a condition of a list': ('filter=[]', 'API-E008', '/filter'),
    'a condition of nothing': ('filter={"x":1}', 'SCH-E200', '/filter'),
    'a condition without end': (f'filter={DEEP}', 'API-E006', '/filter'),
    'a cursor of nothing': ('cursor=zzz', 'REC-E039', '/cursor'),
    'a forged row number': (f'cursor={cursor([], [], 10**30)}', 'REC-E039', '/cursor'),
    'a forged sort value': (f'order_column=email&cursor={cursor(["x"], [["y"]], 1)}', 'REC-E039', '/cursor'),
    'a yes-or-no that is neither': ('deleted=maybe', 'API-E008', '/deleted'),
}


@pytest.mark.parametrize('case', LISTS)
def test_a_list_that_cannot_be_asked_for(world: World, case: str) -> None:
    query, code, pointer = LISTS[case]

    refused = world.as_('rep').get('/contact/?' + quote(query, safe="=&%,!:()'"))

    assert 400 <= refused.status_code < 500, refused.get_data(as_text=True)
    assert (code, pointer) in codes(refused)
    assert all(
        each['detail'] != each['code'] and not PLACEHOLDER.search(each['detail']) for each in refused.get_json()['errors']
    )


BODIES: dict[str, tuple[Any, int, str, str]] = {
    'nothing': (b'', 400, 'API-E001', ''),
    'half a document': (b'{"full_name": "A', 400, 'API-E001', ''),
    'other letters than UTF-8': ('{"full_name": "Đ"}'.encode('utf-16'), 400, 'API-E001', ''),
    'a list': ([{'full_name': 'A'}], 400, 'API-E002', ''),
    'a text': ('full_name', 400, 'API-E002', ''),
    'null': (b'null', 400, 'API-E002', ''),
    'NUL in a text': ({'full_name': 'A\x00B'}, 400, 'API-E003', '/full_name'),
    'NUL in a name': ({'full_name': 'A', 'a\x00': 1}, 400, 'API-E003', ''),
    'half a surrogate pair': (b'{"full_name": "\\ud800"}', 400, 'API-E003', '/full_name'),
    'a deep value': (f'{{"full_name": {DEEP}}}'.encode(), 400, 'API-E004', ''),
    'a deep but readable value': (b'{"full_name": ' + b'[' * 40 + b']' * 40 + b'}', 400, 'API-E004', '/full_name' + '/0' * 31),
    'a number of 5000 digits': (b'{"full_name": ' + b'9' * 5000 + b'}', 400, 'API-E005', ''),
    'not a number': (b'{"full_name": NaN}', 400, 'API-E005', ''),
    'an unknown field': ({'full_name': 'A', 'nope': 1}, 422, 'REC-E017', '/nope'),
    'a missing required field': ({'email': 'a@b.vn'}, 422, 'REC-E001', '/full_name'),
    'a number as a name': ({'full_name': 5}, 422, 'REC-E002', '/full_name'),
    'an object as a name': ({'full_name': {'a': 1}}, 422, 'REC-E002', '/full_name'),
    'an endless name': ({'full_name': 'x' * 100_000}, 422, 'REC-E003', '/full_name'),
    'a day that is none': ({'full_name': 'A', 'birthday': '2026-02-31'}, 422, 'REC-E010', '/birthday'),
    'a list as a day': ({'full_name': 'A', 'birthday': [1]}, 422, 'REC-E010', '/birthday'),
    'an unknown option': ({'full_name': 'A', 'status': 'odd'}, 422, 'REC-E014', '/status'),
    'an unknown linked record': ({'full_name': 'A', 'company': ABSENT}, 422, 'REC-E027', '/company'),
    'a link of nonsense': ({'full_name': 'A', 'company': {'uid': [1]}}, 422, 'REC-E025', '/company'),
    'an unknown owner': ({'full_name': 'A', 'owner': 'nobody'}, 422, 'REC-E027', '/owner'),
    'a number as uid': ({'full_name': 'A', 'uid': 5}, 422, 'REC-E025', '/uid'),
    'a uid of nonsense': ({'full_name': 'A', 'uid': 'x'}, 422, 'REC-E025', '/uid'),
    'a system field': ({'full_name': 'A', 'created_at': '2020-01-01T00:00:00Z'}, 422, 'REC-E018', '/created_at'),
}


@pytest.mark.parametrize('case', BODIES)
def test_a_body_that_cannot_be_stored(world: World, case: str) -> None:
    body, status, code, pointer = BODIES[case]
    rep, raw = world.as_('rep'), body if isinstance(body, bytes) else json.dumps(body).encode()
    before = rep.get('/contact/').get_json()['count']

    refused = rep.send('POST', '/contact/', data=raw, content_type='application/json')

    assert refused.status_code == status, refused.get_data(as_text=True)[:800]
    assert (code, pointer) in codes(refused)
    assert rep.get('/contact/').get_json()['count'] == before


def test_other_content_types_large_bodies_and_strange_headers(world: World) -> None:
    rep = world.as_('rep')

    assert codes(rep.send('POST', '/contact/', data='full_name=A')) == [('API-E415', '')]
    large = rep.send('POST', '/contact/', data=b'"' + b'x' * (10 * 1024 * 1024) + b'"', content_type='application/json')
    assert (large.status_code, codes(large)) == (413, [('API-E413', '')])
    assert codes(rep.post('/contact/', {'full_name': 'A'}, headers={'Idempotency-Key': ' '})) == [('API-E011', '')]
    uid = rep.post('/contact/', {'full_name': 'A'}).get_json()['id']
    for match in ('x', '"0"', '-1', '"99999999999999999999"'):
        assert codes(rep.put(f'/contact/{uid}', {'full_name': 'B'}, headers={'If-Match': match})) == [('API-E010', '')]
    for revision in ('1', -1, 1.5, True, 10**30, []):
        assert codes(rep.put(f'/contact/{uid}', {'full_name': 'B', 'revision': revision})) == [('API-E010', '/revision')]
    assert rep.get(f'/contact/{uid}').get_json()['result']['full_name'] == 'A'


def test_amounts_that_no_column_holds(world: World) -> None:
    admin, name = world.as_('admin'), 'Sản phẩm thử'

    for price in ('1e400', '"1e400"', '1e30', '{"amount": "x"}', '{"amount": 1, "currency": "XXX"}', '[1]', 'true', '"NaN"'):
        body = f'{{"name": "{name}", "price": {price}}}'
        refused = admin.send('POST', '/product/', data=body, content_type='application/json')
        assert (refused.status_code, {pointer for _, pointer in codes(refused)}) == (422, {'/price'}), price


@pytest.mark.parametrize(
    ('method', 'path', 'status'),
    [
        ('GET', '/nope/', 404), ('GET', '/contact/1', 404), ('GET', f'/contact/{ABSENT}', 404), ('GET', '/a/b/c', 404),
        ('PUT', f'/contact/{ABSENT}', 404), ('DELETE', f'/contact/{ABSENT}', 404), ('POST', f'/contact/{ABSENT}/restore', 404),
        ('PUT', '/contact/', 405), ('DELETE', '/contact/_info', 405), ('GET', '/schema/nope', 404),
        ('GET', '/schema/contact?for=all', 400), ('GET', '/schema/contact?form=read', 400),
        ('GET', '/schema/publishes/%00', 404), ('GET', '/schema/plans/x', 404),
    ],
)  # fmt: skip
def test_addresses_that_lead_nowhere(world: World, method: str, path: str, status: int) -> None:
    refused = world.as_('admin').send(method, path, json={})

    assert (refused.status_code, len(codes(refused))) == (status, 1), refused.get_data(as_text=True)


def test_bulk_refuses_what_is_no_list_of_records(world: World) -> None:
    admin = world.as_('admin')

    assert codes(admin.post('/contact/_bulk', {})) == [('API-E002', '')]
    assert codes(admin.post('/contact/_bulk', [])) == [('API-E012', '')]
    assert codes(admin.post('/contact/_bulk', [{}] * 1001)) == [('API-E012', '')]
    assert codes(admin.post('/contact/_bulk', [{'full_name': 'A'}, 5])) == [('API-E002', '/1')]
