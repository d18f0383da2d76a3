"""Filters of a list: quick ones, the editor of the whole language, what it foretells, what is wrong where; tags of many."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from modules.ops.gunicorn_conf import limit_request_line
from modules.records.model import ListQuery
from modules.web.pages.quick_filters import holds, toggled
from tests.lists.test_views import make_view, post, rows_of
from tests.support.site import Site
from tests.web.pages import token_of

HTMX = {'HX-Request': 'true'}


def test_a_value_switches_on_and_off_beside_what_else_is_asked() -> None:
    related = {'any_related': {'entity': 'task', 'field': 'contact'}}
    first = toggled(related, {'field': 'status', 'op': 'in', 'value': ['new']})
    both = toggled(first, {'field': 'status', 'op': 'in', 'value': ['old']})
    span = toggled(both, {'field': 'created_at', 'op': 'within', 'value': {'this': 'day'}})
    other = toggled(span, {'field': 'created_at', 'op': 'within', 'value': {'this': 'week'}})

    assert both == {'all': [related, {'field': 'status', 'op': 'in', 'value': ['new', 'old']}]}
    assert holds(both, {'field': 'status', 'op': 'in', 'value': ['old']})
    assert other is not None and [part.get('value') for part in other['all'][2:]] == [{'this': 'week'}]
    assert toggled(
        toggled(both, {'field': 'status', 'op': 'in', 'value': ['old']}), {'field': 'status', 'op': 'in', 'value': ['new']}
    ) == {'all': [related]}
    assert (
        toggled({'field': 'owner', 'op': 'eq', 'value': {'me': True}}, {'field': 'owner', 'op': 'eq', 'value': {'me': True}})
        is None
    )


def test_the_menu_of_a_column_sorts_filters_and_tells_what_is_on(sqlite_site: Site) -> None:
    client = sqlite_site.client('manager')
    sqlite_site.create('manager', 'contact', full_name='Đặng Yến', tags=['VIP'])
    on = json.dumps({'all': [{'field': 'tags', 'op': 'has_any', 'value': ['VIP']}]})
    menu = client.get('/contact/column', query_string={'key': 'tags', 'filter': on, 'sort': 'full_name'}).text
    dated = client.get('/contact/column?key=created_at').text
    refused = sqlite_site.client('rep').get('/product/column?key=cost')

    off = re.search(r'href="([^"]+)" class="is-on"', menu)
    assert off is not None and 'filter' not in parse_qs(urlsplit(off[1].replace('&amp;', '&')).query)
    assert 'This month' in dated and 'Sort falling' in dated
    assert refused.status_code == 400
    sorted_twice = client.get('/contact/', query_string={'sort': 'job_title,-full_name'}).text
    assert 'aria-sort="descending"' in sorted_twice and '<small>2</small>' in sorted_twice
    assert 'data-beside="/contact/?sort=job_title"' in sorted_twice.replace('%2C', ',')


def test_the_editor_foretells_related_sums_in_a_period_and_locates_what_is_wrong(site: Site) -> None:
    client = site.client('manager')
    big, small = (site.create('manager', 'company', name=name) for name in ('Gỗ Lớn', 'Gỗ Nhỏ'))
    for company, amount in ((big, '90000000'), (big, '30000000'), (small, '5000000')):
        site.create('manager', 'opportunity', title='Bàn ghế', company=company, amount={'amount': amount, 'currency': 'VND'})
    summed = {'sum_related': {'entity': 'opportunity', 'field': 'company'}, 'of': 'amount', 'op': 'gte', 'value': 100000000,
              'where': {'all': [{'field': 'created_at', 'op': 'within', 'value': {'this': 'year'}}]}}  # fmt: skip
    wrong = {'all': [summed, {'any': [{'field': 'nothing', 'op': 'eq', 'value': 1}]}]}

    told = _asked(client, '/company/filter/foresee', summed)
    located = _asked(client, '/company/filter/foresee', wrong)
    used = _asked(client, '/company/filter/use', {'all': [summed]}, carried='sort=name')
    kept = _asked(client, '/company/filter/use', wrong)
    page = client.get(used.headers['HX-Redirect'])
    faces = site.client('rep').get('/product/filter/faces/product').json

    assert '<b>1 company</b>' in told.text and 'total amount of opportunity' in told.text
    assert 'data-wrong="/all/1/any/0/field"' in located.text
    assert rows_of(page.text) == ['Gỗ Lớn'] and 'sort=name' in used.headers['HX-Redirect']
    assert kept.status_code == 422 and 'nothing' in kept.text and 'data-condition' in kept.text
    assert 'cost' not in {each['key'] for each in faces['fields']}
    assert client.get('/company/filter/faces/nothing').status_code == 404


def test_a_filter_fits_into_every_address_of_its_list_or_is_told_to_be_too_long(sqlite_site: Site) -> None:
    client, title = sqlite_site.client('manager'), 'Gỗ Việt Á Châu 2026'
    sqlite_site.create('manager', 'company', name=title)
    tests = [{'field': 'name', 'op': 'not_in', 'value': [f'Công ty Cổ phần Đồ gỗ {number}']} for number in range(40)]

    def used(many: int) -> Any:
        return _asked(client, '/company/filter/use', {'all': tests[:many]})

    longest = next(many for many in range(40, 0, -1) if used(many).status_code == 204)
    page = client.get(used(longest).headers['HX-Redirect'])
    addresses = re.findall(r'(?:href|hx-get|data-[a-z-]+-url)="([^"]*)"', page.text)
    refused = _asked(client, '/company/filter/foresee', {'all': tests})

    assert longest > 10
    assert title in page.text
    assert max(map(len, addresses)) < limit_request_line - len('POST  HTTP/1.1')
    assert 'These are more conditions than an address can hold.' in refused.text


def _asked(client: Any, path: str, condition: dict[str, Any], **more: str) -> Any:
    token = token_of(client.get('/company/').text)
    form = {'filter': json.dumps(condition), **more}
    return client.post(path, data=form, headers={**HTMX, 'X-CSRFToken': token})


def test_tags_are_given_to_everything_a_view_shows_and_taken_back(site: Site) -> None:
    client = site.client('manager')
    for name, tags in (('Yến', ['VIP', 'Cũ']), ('Yến Nhi', None), ('Hiển', ['Cũ'])):
        site.create('manager', 'contact', full_name=name, tags=tags)
    uid = make_view(client)
    shown = client.get(f'/contact/?view={uid}').text
    hidden = re.search(r'data-pick-whole><input type="hidden" name="filter" value="([^"]*)"', shown)
    assert hidden is not None
    target = {'kind': 'tag', 'all': '1', 'filter': hidden[1].replace('&#34;', '"')}
    dialog = post(client, '/contact/many/ask', **target)

    done = post(client, '/contact/many', **target, tags_field='tags', tags_add='Tri ân 2026, vip', tags_remove='cũ')
    after = _tags(site)
    undo = re.search(r'data-undo-url="([^"]+)"', client.get('/contact/?view=all').text)
    assert undo is not None
    post(client, undo[1])

    assert 'Tag 2 contacts' in dialog.text and 'name="tags_add"' in dialog.text
    assert done.status_code == 303
    assert after == {'Yến': ('VIP', 'Tri ân 2026'), 'Yến Nhi': ('Tri ân 2026', 'vip'), 'Hiển': ('Cũ',)}
    assert _tags(site) == {'Yến': ('VIP', 'Cũ'), 'Yến Nhi': None, 'Hiển': ('Cũ',)}
    empty = client.post('/contact/many', data={**target, 'csrf_token': token_of(shown)}, headers=HTMX)
    assert empty.status_code == 422


def _tags(site: Site) -> dict[str, Any]:
    with site.runtime.reader(site.actor('manager')) as reader:
        records = reader.list_page('contact', ListQuery()).records
    return {record.title: record.values['tags'] for record in records}
