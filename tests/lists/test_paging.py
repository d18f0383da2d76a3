"""Pages of a list by cursor: first, previous, next and last agree with the whole order, whatever it is."""

from __future__ import annotations

import json
import re

import pytest
from flask.testing import FlaskClient

from modules.records.model import ListQuery, Sort
from tests.lists.test_views import post, rows_of
from tests.support.site import Site
from tests.web.test_lists import statements

NAMES = ['Đỗ An', 'Bùi Bình', 'Đỗ An', 'Cao Chi', None, 'Ngô Dung', 'Bùi Bình']
ORDERS = (
    (),
    (Sort('job_title'),),
    (Sort('job_title', descending=True),),
    (Sort('job_title'), Sort('full_name', descending=True)),
)


@pytest.fixture
def filled(site: Site) -> Site:
    for number, title in enumerate(NAMES):
        site.create('manager', 'contact', full_name=f'Người {number % 3} {number}', job_title=title)
    return site


def test_walking_back_and_forth_meets_every_record_once_in_order(filled: Site) -> None:
    with filled.runtime.reader(filled.actor('manager')) as reader:
        for sort in ORDERS:
            whole = [record.uid for record in reader.list_page('contact', ListQuery(sort=sort)).records]
            forth, page = [], reader.list_page('contact', ListQuery(sort=sort, size=2))
            pages = [page]
            while page.next:
                page = reader.list_page('contact', ListQuery(sort=sort, size=2, cursor=page.next))
                pages.append(page)
            forth = [record.uid for each in pages for record in each.records]
            last = reader.list_page('contact', ListQuery(sort=sort, size=2, from_end=True))
            back, page = list(last.records), last
            while page.previous:
                page = reader.list_page('contact', ListQuery(sort=sort, size=2, before=page.previous))
                back = [*[each for each in page.records if each.uid not in {one.uid for one in back}], *back]

            assert forth == whole and [each.uid for each in back] == whole, sort
            assert last.next is None and [each.uid for each in last.records] == whole[-2:]
            assert pages[0].previous is None and pages[1].previous is not None


def links(page: str) -> dict[str, str]:
    """Addresses of the pager by name."""
    foot = page[page.index('t-pager') :]
    found = re.findall(r'href="([^"]+)" aria-label="(First|Previous|Next|Last) page"', foot)
    return {name: address.replace('&amp;', '&') for address, name in found}


def test_the_pager_of_a_filtered_and_sorted_list_goes_everywhere(filled: Site) -> None:
    client = filled.client('manager')
    post(client, '/views/contact/columns', cols=['full_name', 'job_title'])
    condition = json.dumps({'all': [{'field': 'full_name', 'op': 'contains', 'value': 'Người'}]})
    first = client.get('/contact/', query_string={'filter': condition, 'sort': 'job_title', 'size': 3}).text
    whole = rows_of(client.get('/contact/', query_string={'filter': condition, 'sort': 'job_title'}).text)

    second = client.get(links(first)['Next']).text
    last = client.get(links(first)['Last']).text
    before_last = client.get(links(last)['Previous']).text
    again = client.get(links(second)['First']).text

    assert 'hx-get="/contact/count?' in first and '1–3 of' in first and '4–6 of' in second
    assert [rows_of(page) for page in (first, second, last, before_last, again)] == [
        whole[:3], whole[3:6], whole[-3:], whole[-6:-3], whole[:3]
    ]  # fmt: skip
    assert set(links(first)) == {'Next', 'Last'} and set(links(last)) == {'First', 'Previous'}
    assert '>7<' in client.get('/contact/count', query_string={'filter': condition}).text


def test_a_list_with_views_filter_and_sort_costs_the_same_few_statements(sqlite_site: Site) -> None:
    client = sqlite_site.client('manager')
    for number in range(3):
        sqlite_site.create('manager', 'contact', full_name=f'Người {number}')
    address = {
        'filter': json.dumps({'all': [{'field': 'owner', 'op': 'eq', 'value': {'me': True}}]}),
        'sort': '-full_name',
        'size': 5,
    }
    client.get('/contact/', query_string=address)
    with statements(sqlite_site) as few:
        client.get('/contact/', query_string=address)
    for number in range(20):
        sqlite_site.create('manager', 'contact', full_name=f'Nữa {number}')
        make(client, number)
    with statements(sqlite_site) as many:
        client.get('/contact/', query_string=address)

    assert len(many) == len(few) <= 6, '\n'.join(many)
    assert not any('count(' in statement.lower() for statement in many)


def make(client: FlaskClient, number: int) -> None:
    post(client, '/views/contact', name=f'Cách xem {number}', audience='private', document='{}')
