"""Forms as people fill them in: days, times and numbers in the spelling of their language, computed fields beside them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from modules.records.model import ListQuery
from tests.support.site import Site
from tests.web.pages import token_of


def headers(client: FlaskClient) -> dict[str, str]:
    return {'X-CSRFToken': token_of(client.get('/offline').text)}


def deal(site: Site, **wire: object) -> str:
    company = site.create('manager', 'company', name='Dệt may Phú Thịnh')
    return site.create('manager', 'opportunity', title='Nội thất tầng 12', company=company, **wire)


def stored(site: Site, entity: str, uid: str) -> dict[str, Any]:
    with site.runtime.reader(site.actor('manager')) as reader:
        return reader.get(entity, uid).wire()


def input_of(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{re.escape(name)}"[^>]*>', page)
    assert found, f'{name} is not on the page'
    return found[0]


@pytest.mark.parametrize(
    ('locale', 'day', 'amount', 'shown_day', 'shown_amount'),
    [
        ('vi', '1/2/26', '1.500.000', '01/02/2026', '1.500.000'),
        ('en', '1 Feb 2026', '1,500,000', '1 Feb 2026', '1,500,000'),
        ('vi', '010226', '1500000', '01/02/2026', '1.500.000'),
    ],
)
def test_days_and_money_are_typed_and_shown_in_the_spelling_of_the_reader(
    sqlite_site: Site, locale: str, day: str, amount: str, shown_day: str, shown_amount: str
) -> None:  # fmt: skip
    uid, client = deal(sqlite_site), sqlite_site.client('manager', locale=locale)
    form = {'expected_close_on': day, 'amount.amount': amount, 'amount.currency': 'VND'}

    saved = client.post(f'/opportunity/{uid}/edit', data=form, headers=headers(client))
    page = client.get(f'/opportunity/{uid}/edit').text

    assert saved.status_code == 303
    values = stored(sqlite_site, 'opportunity', uid)
    assert (values['expected_close_on'], values['amount']['amount']) == ('2026-02-01', '1500000')
    assert f'value="{shown_day}"' in input_of(page, 'expected_close_on')
    assert 'data-iso="2026-02-01"' in input_of(page, 'expected_close_on')
    assert f'value="{shown_amount}"' in input_of(page, 'amount.amount')


def test_words_for_days_are_those_of_the_persons_day_on_forms_cells_tasks_and_filters(sqlite_site: Site) -> None:
    site, uid, client = sqlite_site, deal(sqlite_site), sqlite_site.client('manager', locale='vi')
    token = headers(client)
    now = site.runtime.clock.now().astimezone(site.actor('manager').zone)

    client.post(f'/opportunity/{uid}/cell?field=expected_close_on', data={'expected_close_on': 'hôm nay'}, headers=token)
    typed = client.post(f'/opportunity/{uid}/edit', data={'draft': '1', 'expected_close_on': '+3'}, headers=token).text
    client.post(f'/opportunity/{uid}/log', data={'kind': '~task', 'title': 'Gọi lại', 'due': '22/11/2030 9h30'}, headers=token)
    asked = '/opportunity/filter/add?field=expected_close_on&op=eq&value=h%C3%B4m+nay'
    filtered = client.get(asked, headers={'HX-Request': 'true'})

    assert stored(site, 'opportunity', uid)['expected_close_on'] == f'{now:%Y-%m-%d}'
    assert 'value="+3"' in input_of(typed, 'expected_close_on')
    with site.runtime.reader(site.actor('manager')) as reader:
        (task,) = reader.list_page('task', ListQuery()).records
    assert task.wire()['due_at'] == '2030-11-22T02:30:00Z'
    assert f'{now:%Y-%m-%d}' in (filtered.headers.get('HX-Redirect') or filtered.headers.get('Location') or filtered.text)


def test_a_day_that_is_none_is_told_at_its_field_and_stays_as_it_was_typed(sqlite_site: Site) -> None:
    uid, client = deal(sqlite_site), sqlite_site.client('manager', locale='vi')
    form = {'expected_close_on': '32/1/2026', 'amount.amount': '1.5x', 'amount.currency': 'VND', 'competitor': 'Gỗ Việt'}

    refused = client.post(f'/opportunity/{uid}/edit', data=form, headers=headers(client))

    assert refused.status_code == 422
    assert 'value="32/1/2026"' in input_of(refused.text, 'expected_close_on')
    assert 'href="#f-expected_close_on"' in refused.text and '31/12/2026' in refused.text
    assert 'value="1.5x"' in input_of(refused.text, 'amount.amount')
    assert 'value="Gỗ Việt"' in input_of(refused.text, 'competitor')


def test_three_places_behind_the_mark_stay_a_fraction_in_vietnamese(sqlite_site: Site) -> None:
    site, admin = sqlite_site, sqlite_site.actor('admin')
    request = {'entities': {'product': {'properties': {
        'weight': {'x-type': 'decimal', 'x-scale': 3, 'x-label': {'en': 'Weight', 'vi': 'Cân nặng'}}}}}}  # fmt: skip
    site.runtime.publisher.apply(site.runtime.publisher.plan(request, admin).plan_id, admin)
    uid, client = site.create('admin', 'product', name='Ghế'), site.client('admin', locale='vi')

    client.post(f'/product/{uid}/edit', data={'weight': '1,125'}, headers=headers(client))
    page = client.get(f'/product/{uid}/edit').text
    client.post(f'/product/{uid}/edit', data={'weight': '1,125', 'name': 'Ghế gỗ'}, headers=headers(client))

    assert 'value="1,125"' in input_of(page, 'weight')
    assert stored(site, 'product', uid)['weight'] == '1.125'


def test_computed_fields_stand_in_the_form_and_are_foretold_while_it_is_filled_in(site: Site) -> None:
    uid = deal(site, amount={'amount': '1000000', 'currency': 'VND'}, stage='survey')
    client = site.client('manager', locale='vi')

    page = client.get(f'/opportunity/{uid}/edit').text
    asked = {'record': uid, 'amount.amount': '2.000.000', 'amount.currency': 'VND'}
    told = client.post('/opportunity/rules?computed=1', data=asked, headers=headers(client)).get_json()
    fresh = client.get('/opportunity/new').text

    assert 'data-operands="amount stage"' in page and 'name="weighted_amount"' not in page
    assert re.search(r'<output[^>]*data-computed="weighted_amount">.*?300\.000', page)
    assert told['weighted_amount'].replace('\xa0', ' ') == '600.000 ₫'
    assert stored(site, 'opportunity', uid)['amount']['amount'] == '1000000'
    assert re.search(r'<output[^>]*data-computed="weighted_amount"></output>', fresh)


@pytest.mark.parametrize(('day', 'title'), [('32/1/2026', 'Khảo sát'), ('1/2/26', '')])
def test_an_event_that_is_refused_keeps_its_day_as_it_was_typed(sqlite_site: Site, day: str, title: str) -> None:
    client = sqlite_site.client('manager', locale='vi')
    form = {'entity': 'appointment', 'title': title, 'day': day, 'from': '9h', 'to': '10h30'}

    refused = client.post('/calendar/new', data=form, headers={**headers(client), 'HX-Request': 'true'})
    saved = client.post(
        '/calendar/new', data={**form, 'day': '1/2/26', 'title': 'Họp'}, headers={**headers(client), 'HX-Request': 'true'}
    )

    assert refused.status_code == 422
    assert f'value="{day}"' in input_of(refused.text, 'day') and 'value="9h"' in input_of(refused.text, 'from')
    assert saved.status_code == 204
    with sqlite_site.runtime.reader(sqlite_site.actor('manager')) as reader:
        (event,) = reader.list_page('appointment', ListQuery()).records
    assert (event.wire()['starts_at'], event.wire()['ends_at']) == ('2026-02-01T02:00:00Z', '2026-02-01T03:30:00Z')
