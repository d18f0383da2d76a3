"""Rules of the fields of a line: what is asked of a record is asked of each of its lines, at its place, on both databases."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from tests.rules.test_store import Codes, create, firm, refused, update
from tests.support.site import Site
from tests.web.pages import token_of

GOODS = {'name': 'Bàn', 'kind': 'goods', 'note': 'gỗ'}


def parts(site: Site, uid: str) -> list[dict[str, Any]]:
    with site.runtime.reader(site.actor('admin')) as reader:
        found: list[dict[str, Any]] = reader.get('pact', uid, ('parts',)).wire()['parts']
    return found


def of_new(site: Site, *lines: dict[str, Any]) -> Codes:
    return refused(create, site, parts=list(lines))


def test_fields_of_a_line_are_asked_for_shown_and_locked_by_their_line(ruled: Site) -> None:
    assert of_new(ruled, GOODS, {'name': 'Ghế', 'kind': 'goods'}) == [('REC-E001', '/parts/1/note')]
    assert of_new(ruled, {**GOODS, 'amount': 101}) == [('REC-E001', '/parts/0/reason')]
    assert of_new(ruled, {'name': 'Ghế', 'kind': 'bulk', 'amount': 9}) == [('REC-E140', '/parts/0/kind')]
    high, low = firm(ruled, level=9), firm(ruled, level=1)
    uid = create(ruled, parts=[{'name': 'Ghế'}, {'name': 'Kệ', 'price': 5, 'firm': high}])  # not shown, not asked for
    chair, shelf = parts(ruled, uid)

    assert refused(update, ruled, uid, parts={'change': [{'uid': chair['uid'], 'kind': 'goods'}]}) == [
        ('REC-E001', '/parts/change/0/note')
    ]
    locked = {'change': [{'uid': chair['uid'], 'amount': 3}, {'uid': shelf['uid'], 'price': 6}]}
    assert refused(update, ruled, uid, parts=locked) == [('REC-E142', '/parts/change/1/price')]
    update(ruled, uid, parts={'change': [{'uid': shelf['uid'], 'price': 6, 'firm': low}]})

    assert [line['price'] for line in parts(ruled, uid)] == [None, 6]


def test_a_line_stays_as_it_was_until_what_its_rule_reads_is_changed(ruled: Site) -> None:
    uid = create(ruled, parts=[{**GOODS, 'amount': 100}, {'name': 'Ghế'}])
    first, second = parts(ruled, uid)

    update(ruled, uid, parts=[{'uid': second['uid'], 'amount': 1}, {'uid': first['uid']}])
    assert refused(update, ruled, uid, parts=[{'uid': first['uid'], 'amount': 500}]) == [('REC-E001', '/parts/0/reason')]
    update(ruled, uid, title='Ký lại')

    assert [line['name'] for line in parts(ruled, uid)] == ['Ghế', 'Bàn']


def test_a_link_in_a_line_meets_the_filter_over_its_own_row(ruled: Site) -> None:
    here, there = firm(ruled), firm(ruled)
    lan = ruled.create('admin', 'agent', name='Lan dòng', firm=here)
    nga = ruled.create('admin', 'agent', name='Nga dòng', firm=there)

    assert of_new(ruled, {'name': 'A', 'firm': here, 'agent': nga}) == [('REC-E141', '/parts/0/agent')]
    assert len(parts(ruled, create(ruled, parts=[{'name': 'A', 'firm': here, 'agent': lan}, {'name': 'B', 'agent': nga}]))) == 2
    client = ruled.client('admin')

    def offered(**typed: str) -> set[str]:
        query = {'for': 'pact.parts.agent', 'q': 'dòng', **{f'record.{name}': value for name, value in typed.items()}}
        return {each['uid'] for each in client.get('/agent/choices', query_string=query).get_json()['results']}

    assert offered(firm=here) == {lan}
    assert offered() == {lan, nga}


def test_rules_of_a_line_look_at_the_record_that_holds_it(ruled: Site) -> None:
    create(ruled, parts=[{'name': 'A', 'amount': 6}])
    lost: dict[str, Any] = {'stage': 'lost', 'reason': 'Giá'}
    assert refused(create, ruled, **lost, parts=[{'name': 'A', 'amount': 6}, {'name': 'B', 'amount': 5}]) == [
        ('REC-E001', '/parts/0/proof')
    ]
    uid = create(ruled, parts=[{'name': 'B', 'amount': 5}, {'name': 'A', 'amount': 6}])
    small, big = parts(ruled, uid)

    assert refused(update, ruled, uid, **lost) == [('REC-E001', '/parts/1/proof')]
    assert refused(update, ruled, uid, **lost, parts={'change': [{'uid': small['uid'], 'name': 'C'}]}) == [
        ('REC-E001', '/parts/1/proof')
    ]
    update(ruled, uid, **lost, parts={'change': [{'uid': big['uid'], 'proof': 'Biên bản'}]})
    update(ruled, uid, title='Khác')
    assert refused(update, ruled, uid, parts={'change': [{'uid': big['uid'], 'proof': None}]}) == [
        ('REC-E001', '/parts/change/0/proof')
    ]


def test_a_cell_is_locked_by_what_stands_behind_a_link_of_the_record(ruled: Site) -> None:
    seven = firm(ruled, level=7)
    uid = create(ruled, firm=seven, parts=[{'name': 'A', 'seal': 'x'}])
    (line,) = parts(ruled, uid)

    change = {'change': [{'uid': line['uid'], 'seal': 'y'}]}
    assert refused(update, ruled, uid, parts=change) == [('REC-E142', '/parts/change/0/seal')]
    update(ruled, uid, firm=firm(ruled, level=1), parts=change)


def test_a_link_in_a_line_is_chosen_by_the_record_around_it(ruled: Site) -> None:
    here, there = firm(ruled), firm(ruled)
    lan = ruled.create('admin', 'agent', name='Lan quanh', firm=here)
    nga = ruled.create('admin', 'agent', name='Nga quanh', firm=there)

    assert refused(create, ruled, firm=here, parts=[{'name': 'A', 'guide': nga}]) == [('REC-E141', '/parts/0/guide')]
    uid = create(ruled, firm=here, parts=[{'name': 'A', 'guide': lan}])
    assert refused(update, ruled, uid, firm=there) == [('REC-E141', '/parts/0/guide')]
    client = ruled.client('admin')

    def offered(**query: str) -> set[str]:
        asked = {'for': 'pact.parts.guide', 'q': 'quanh', **query}
        return {each['uid'] for each in client.get('/agent/choices', query_string=asked).get_json()['results']}

    assert offered(**{'record.parent.firm': there}) == {nga}
    assert offered(record=uid) == {lan}
    assert offered() == {lan, nga}


def test_a_new_line_begins_with_the_person_who_adds_it(ruled: Site) -> None:
    uid = create(ruled, parts=[{'name': 'A'}, {'name': 'B', 'keeper': 'rep'}, {'name': 'C', 'keeper': None}])

    keepers = [line['keeper'] and line['keeper']['uid'] for line in parts(ruled, uid)]
    assert keepers == ['admin', 'rep', None]


def test_a_form_carries_the_rules_of_rows_and_shows_what_was_refused_beside_its_cell(ruled: Site) -> None:
    client = ruled.client('admin')
    page = client.get('/pact/new').text
    found = re.search(r'data-row-rules="([^"]*)"', page)
    assert found

    rules = json.loads(html.unescape(found[1]))
    sent = {
        'csrf_token': token_of(page), 'title': 'Ký', 'parts': ['', 'n1'], 'parts.n1.name': 'Bàn', 'parts.n1.kind': 'goods',
        'parts.n1.note': '',
    }  # fmt: skip
    answer = client.post('/pact/new', data=sent)

    assert rules['fields']['note'] == {'visible': {'key': 'kind', 'kind': 'one', 'op': 'eq', 'value': ['goods']}}
    assert rules['fields']['price'] == {'locked': {'ask': True}}
    assert set(rules['fields']) == {'kind', 'note', 'reason', 'price', 'proof', 'seal'}
    stage = {'key': 'parent.stage', 'kind': 'one', 'op': 'eq', 'value': ['lost']}
    assert rules['fields']['proof']['required']['all'][0] == stage
    assert (rules['kinds']['parent.stage'], rules['values']['parent.stage']) == ('one', None)
    rows = page.split('data-lines="parts"')[1]
    assert ('data-record-fields="firm"' in rows, 'data-record-fields="parent.firm"' in rows) == (True, True)
    assert answer.status_code == 422
    assert 'Note must be filled in.' in answer.text.split('data-lines="parts"')[1]
