"""Every way out of the system: a linked record out of reach, and lines or links that a role may not read, show nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from modules.exports.service import open_export
from modules.records.model import ListQuery
from schema.base.errors import BadRequest, Invalid
from tests.collections.conftest import change, deal, person, publish, read
from tests.support.site import Site

SECRET, PRODUCT = 'Nguyễn Bí Mật', 'Máy tính bí mật'


def ways(site: Site, uid: str, who: str) -> Iterator[tuple[str, str]]:
    """What a person gets of an opportunity, by every way there is."""
    client = site.client(who)
    pages = {
        'page': f'/opportunity/{uid}', 'form': f'/opportunity/{uid}/edit', 'list': '/opportunity/?cols=title,people,items',
        'timeline': f'/opportunity/{uid}/timeline', 'default list': '/opportunity/?cols=default',
        'api': f'/api/v1/opportunity/{uid}', 'api list': '/api/v1/opportunity/?q=' + quote('(columns:!(title,people,items))'),
    }  # fmt: skip
    for name, path in pages.items():
        answer = client.get(path)
        yield name, json.dumps(answer.get_json(), ensure_ascii=False) if answer.is_json else answer.get_data(as_text=True)
    if site.runtime.policy(site.actor(who)).scope('export', 'opportunity') != 'none':
        with open_export(site.runtime, site.actor(who), 'opportunity', ListQuery()) as export:
            yield 'export', b''.join(export.csv_parts()).decode('utf-8-sig')


def test_a_linked_record_out_of_reach_shows_nowhere(light: Site) -> None:
    theirs, mine = person(light, SECRET, 'rep2'), person(light, 'Mine', 'rep')
    uid = deal(light, 'rep', people=[mine], items=[{'title': 'A'}])
    change(light, 'admin', uid, people=[mine, theirs])

    shown = [way for way, found in ways(light, uid, 'admin') if SECRET in found]
    assert shown == ['page', 'form', 'list', 'timeline', 'api', 'api list', 'export']
    for way, found in (*ways(light, uid, 'leader'), *ways(light, uid, 'rep')):
        assert SECRET not in found, way
        assert theirs not in found, way
        assert 'Mine' in found or way in ('default list', 'timeline'), way
    assert read(light, 'rep', uid)['people'] == [{'uid': mine, 'label': 'Mine'}, {'hidden': True}]


def test_a_title_that_a_role_may_not_read_is_no_label(light: Site) -> None:
    product = light.create('admin', 'product', name=PRODUCT)
    uid = deal(light, 'rep', items=[{'title': 'A', 'product': product}])
    publish(light, roles={'rep': {'fields': {'product': {'name': 'none'}}}})

    for way, found in ways(light, uid, 'rep'):
        assert PRODUCT not in found, way
    assert read(light, 'rep', uid)['items'][0]['product'] == {'uid': product, 'label': '…'}


def test_lines_and_links_that_a_role_may_not_read_show_nowhere_and_cannot_be_asked_for(light: Site) -> None:
    mine = person(light, 'Người Được Nối', 'rep')
    uid = deal(light, 'rep', people=[mine], items=[{'title': 'Hàng hóa kín'}])
    publish(light, roles={'rep': {'fields': {'opportunity': {'people': 'none', 'items': 'none'}}}})

    for way, found in ways(light, uid, 'rep'):
        assert 'Người Được Nối' not in found, way
        assert 'Hàng hóa kín' not in found, way
    face = light.client('rep').get('/api/v1/schema/opportunity').get_json()['properties']
    assert {'people', 'items'}.isdisjoint(face)
    with light.runtime.reader(light.actor('rep')) as reader:
        for document in (
            {'field': 'people', 'op': 'is_empty'}, {'any_related': {'links': 'people'}},
            {'any_related': {'lines': 'items'}, 'where': {'field': 'title', 'op': 'eq', 'value': 'x'}},
        ):  # fmt: skip
            with pytest.raises(BadRequest) as refused:
                reader.list_page('opportunity', ListQuery(filter=document))
            assert [each.code for each in refused.value.findings] == ['REC-E036'], json.dumps(document)
    for wire in ({'people': []}, {'items': []}):
        with pytest.raises(Invalid) as unknown:
            change(light, 'rep', uid, **wire)
        assert [each.code for each in unknown.value.findings] == ['REC-E017']


def test_what_a_role_may_only_read_is_not_written(light: Site) -> None:
    uid = deal(light, 'rep', items=[{'title': 'A'}])
    publish(light, roles={'rep': {'fields': {'opportunity': {'items': 'read'}}}})

    with pytest.raises(Invalid) as refused:
        change(light, 'rep', uid, items=[])

    assert [(each.code, each.pointer) for each in refused.value.findings] == [('REC-E018', '/items')]
    page = light.client('rep').get(f'/opportunity/{uid}/edit').get_data(as_text=True)
    assert 'data-lines' not in page


def test_a_list_reads_no_links_or_lines_unless_they_are_asked_for(light: Site) -> None:
    deal(light, people=[person(light, 'An')], items=[{'title': 'A'}])

    with light.runtime.reader(light.actor('admin')) as reader:
        plain = reader.list_page('opportunity', ListQuery()).records[0].wire()
        asked = reader.list_page('opportunity', ListQuery(columns=('title', 'people'))).records[0].wire()

    assert {'people', 'items'}.isdisjoint(plain)
    assert [each['label'] for each in asked['people']] == ['An']
