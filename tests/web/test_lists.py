"""Lists over HTTP: what is shown, what bad addresses answer, how many statements a page costs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from modules.records.model import ListQuery
from tests.support.site import Site
from tests.web.pages import hidden, token_of

MOST_STATEMENTS = 6


@contextmanager
def statements(site: Site) -> Iterator[list[str]]:
    """SQL that the site's engines run meanwhile; transaction control is not counted."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith(('SELECT', 'WITH')):
            seen.append(statement)

    engines = {site.runtime.database.read_engine, site.runtime.database.write_engine}
    for engine in engines:
        sa.event.listen(engine, 'before_cursor_execute', note)
    yield seen
    for engine in engines:
        sa.event.remove(engine, 'before_cursor_execute', note)


def add_contacts(site: Site, count: int) -> None:
    company = site.create('manager', 'company', name=f'Gỗ Việt {count}')
    for number in range(count):
        site.create('manager', 'contact', full_name=f'Đặng Yến {count}-{number}', company=company)


def test_a_list_shows_its_records_with_their_columns(site: Site) -> None:
    add_contacts(site, 2)

    page = site.client('manager').get('/contact/')

    assert page.status_code == 200
    assert 'Đặng Yến 2-1' in page.text and 'Gỗ Việt 2' in page.text


def test_a_list_costs_the_same_few_statements_for_three_records_and_for_thirty(sqlite_site: Site) -> None:
    client = sqlite_site.client('manager')
    add_contacts(sqlite_site, 3)
    client.get('/contact/')
    with statements(sqlite_site) as few:
        client.get('/contact/')
    add_contacts(sqlite_site, 30)
    with statements(sqlite_site) as many:
        client.get('/contact/')

    assert len(many) == len(few) <= MOST_STATEMENTS, '\n'.join(many)


def test_the_first_page_costs_as_many_statements_with_records_as_with_more(sqlite_site: Site) -> None:
    client = sqlite_site.client('manager')
    add_contacts(sqlite_site, 3)
    client.get('/')
    with statements(sqlite_site) as few:
        client.get('/')
    add_contacts(sqlite_site, 20)
    with statements(sqlite_site) as many:
        client.get('/')

    assert len(few) == len(many) <= 17, '\n'.join(many)


@pytest.mark.parametrize(
    ('address', 'status'),
    [
        ('/contact/?page=abc', 400), ('/contact/?page=-1', 400), ('/contact/?page=0', 400), ('/contact/?size=100000', 400),
        ('/contact/?cols=nothing', 400), ('/contact/?sort=nothing', 400), ('/contact/?filter=%7B', 400),
        ('/contact/?filter=%5B%5D', 400), ('/contact/?after=rubbish', 400), ('/unicorn/', 404), ('/contact/board', 302),
        ('/contact/00000000-0000-7000-8000-000000000000', 404), ('/contact/filter?field=nothing&op=nothing', 200),
    ],
)  # fmt: skip
def test_a_bad_address_is_refused_with_a_page_that_helps(sqlite_site: Site, address: str, status: int) -> None:
    answer = sqlite_site.client('manager').get(address)

    assert answer.status_code == status
    assert 'Traceback' not in answer.text


def test_a_filter_on_an_unknown_field_is_refused(sqlite_site: Site) -> None:
    document = json.dumps({'all': [{'field': 'nothing', 'op': 'eq', 'value': 1}]})

    answer = sqlite_site.client('manager').get('/contact/', query_string={'filter': document})

    assert answer.status_code in {400, 422}


def test_a_condition_reads_as_a_sentence_and_can_be_taken_out(sqlite_site: Site) -> None:
    client = sqlite_site.client('manager')
    dialog = client.get('/contact/filter?sort=-full_name&cols=full_name,email').text
    carried = hidden(dialog, 'carried').replace('&amp;', '&')
    asked = {'field': 'full_name', 'op': 'contains', 'value': 'Yến', 'carried': carried}
    added = client.get('/contact/filter/add', query_string=asked)

    page = client.get(added.location)

    assert added.status_code == 302 and 'sort=-full_name' in added.location and 'cols=full_name%2Cemail' in added.location
    assert 'contains' in page.text and '<b>Yến</b>' in page.text and 'Remove this condition' in page.text


def test_columns_are_shown_in_the_order_chosen_and_remembered(sqlite_site: Site) -> None:
    add_contacts(sqlite_site, 1)
    client = sqlite_site.client('manager')
    token = token_of(client.get('/contact/').text)
    wanted = {'cols': ['full_name', 'email', 'phone'], 'csrf_token': token}
    client.post('/views/contact/columns', data=wanted)

    page = client.get('/contact/').text

    head = page[page.index('<thead>') : page.index('</thead>')]
    assert head.index('E-mail') < head.index('Phone')
    assert 'Company' not in head


def test_picked_records_go_to_the_recycle_bin_together_and_come_back(site: Site) -> None:
    add_contacts(site, 2)
    client = site.client('manager')
    with site.runtime.reader(site.actor('manager')) as reader:
        from_list = [record.uid for record in reader.list_page('contact', ListQuery()).records]
    token = token_of(client.get('/contact/').text)

    gone = client.post('/contact/delete', data={'uid': from_list, 'csrf_token': token})
    bin_page = client.get('/contact/?bin=1&size=1').text
    following = re.findall(r'href="([^"]+)" aria-label="Next page"', bin_page)[0].replace('&amp;', '&')
    bin_page += client.get(following).text
    client.post('/contact/restore', data={'uids': ','.join(from_list), 'csrf_token': token})

    assert gone.status_code == 303
    assert 'Đặng Yến 2-0' in bin_page and 'Đặng Yến 2-1' in bin_page
    assert 'Đặng Yến 2-0' in client.get('/contact/').text


def test_choices_are_found_without_accents(site: Site) -> None:
    add_contacts(site, 1)

    found = site.client('manager').get('/contact/choices?q=dang yen').get_json()

    assert [each['label'] for each in found['results']] == ['Đặng Yến 1-0']


def test_search_from_anywhere_finds_a_record_of_any_kind(site: Site) -> None:
    add_contacts(site, 1)

    rows = site.client('manager').get('/search/?q=go viet', headers={'HX-Request': 'true'}).text

    assert '<b>Gỗ</b> <b>Việt</b> 1' in rows and '<html' not in rows
