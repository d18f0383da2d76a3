"""Rules and layouts by role as pages and the API show them."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from tests.rules.test_store import create, firm
from tests.support.site import Site
from tests.web.pages import token_of


def fieldset(page: str, key: str) -> str:
    found = re.search(rf'<fieldset[^>]*data-ruled="{key}"[^>]*>', page)
    assert found, f'{key} has no rules on the page'
    return found[0]


def payload(page: str) -> dict[str, Any]:
    found = re.search(r'data-rules="([^"]*)"', page)
    assert found
    rules: dict[str, Any] = json.loads(html.unescape(found[1]))
    return rules


def test_a_form_is_drawn_as_the_record_stands(ruled: Site) -> None:
    client = ruled.client('admin')
    won = create(ruled, stage='won', discount='5', amount='2000', excuse='Khách quen')

    fresh, page = client.get('/pact/new').text, client.get(f'/pact/{won}/edit').text

    assert 'hidden disabled' in fieldset(fresh, 'reason')
    assert 'disabled' not in fieldset(fresh, 'discount')
    assert '<option value="big" hidden disabled' in fresh
    assert fieldset(page, 'discount').endswith(' disabled>')
    assert '<option value="big">' in page
    assert 'data-required-mark>' in page.split('data-field="excuse"')[1].split('</label>')[0]
    assert 'data-required-mark hidden>' in fresh.split('data-field="excuse"')[1].split('</label>')[0]
    assert payload(page)['locked'] == ['discount']
    assert payload(page)['fields']['reason']['visible'] == {'key': 'stage', 'kind': 'one', 'op': 'eq', 'value': ['lost']}


def test_a_form_sent_without_scripts_is_drawn_again_as_it_then_stands(ruled: Site) -> None:
    client = ruled.client('admin')
    token = token_of(client.get('/pact/new').text)

    answer = client.post('/pact/new', data={'csrf_token': token, 'title': 'Ký', 'stage': 'lost', 'code': 'typed'})

    assert answer.status_code == 422
    assert 'hidden' not in fieldset(answer.text, 'reason')
    assert 'Reason must be filled in.' in answer.text
    assert 'value="typed"' in answer.text


def test_what_the_browser_cannot_tell_is_asked_of_the_server(ruled: Site) -> None:
    client = ruled.client('admin')
    won = create(ruled, stage='won')
    token = token_of(client.get('/pact/new').text)

    def ask(**data: str) -> Any:
        return client.post('/pact/rules', data={'csrf_token': token, **data}).json

    assert ask(stage='lost')['reason'] == {'visible': True, 'required': True, 'locked': False, 'options': None}
    assert ask(stage='open', **{'amount.amount': '500', 'amount.currency': 'VND'})['size']['options'] == ['big']
    assert [ask(discount=percent)['due_on']['required'] for percent in ('20', '22')] == [False, True]
    assert payload(client.get('/pact/new').text)['asks']['due_on'] == ['discount', 'fee']
    assert ask(record=won, stage='won')['discount']['locked'] is True
    assert ask(record=won, stage='open')['discount']['locked'] is False
    assert (
        client.post('/pact/rules', data={'csrf_token': token, 'record': '00000000-0000-7000-8000-000000000000'}).status_code
        == 404
    )


def test_a_select_offers_only_what_the_filter_lets_through(ruled: Site) -> None:
    client = ruled.client('admin')
    here, there = firm(ruled), firm(ruled)
    lan = ruled.create('admin', 'agent', name='Lan lọc', firm=here)
    nga = ruled.create('admin', 'agent', name='Nga lọc', firm=there)
    stored = create(ruled, firm=there)

    def offered(**more: str) -> set[str]:
        answer = client.get('/agent/choices', query_string={'q': 'lọc', **more})
        return {each['uid'] for each in answer.json['results']}

    assert offered() == {lan, nga}
    assert offered(**{'for': 'pact.agent', 'record.firm': here}) == {lan}
    assert offered(**{'for': 'pact.agent', 'record.firm': ''}) == {lan, nga}
    assert offered(**{'for': 'pact.agent', 'record': stored}) == {nga}
    assert offered(**{'for': 'pact.crew', 'record.firm': here}) == {lan}
    assert offered(**{'for': 'pact.about', 'record.firm': here}) == {lan}
    page = client.get('/pact/new').text
    assert '/agent/choices?for=pact.agent' in page
    assert '/agent/choices?for=pact.crew" data-record-fields="firm"' in page
    kinds = page.split('name="about.target"')[1].split('</select>')
    assert ('data-url="/agent/choices?for=pact.about"' in kinds[0], 'data-url="/firm/choices"' in kinds[0]) == (True, True)
    assert 'data-record-fields="firm"' in kinds[1]


def test_api_import_and_form_refuse_alike(ruled: Site) -> None:
    client = ruled.client('admin')
    token = token_of(client.get('/pact/new').text)

    sent = client.post('/pact/new', data={'csrf_token': token, 'title': 'x', 'amount.amount': '-1', 'amount.currency': 'VND'})
    api = client.post('/api/v1/pact/', json={'title': 'x', 'amount': '-1'}, headers={'X-CSRFToken': token})

    assert (sent.status_code, api.status_code) == (422, 422)
    assert [(each['code'], each['pointer']) for each in api.json['errors']] == [('REC-E143', '/amount')]
    assert 'The amount may not be negative.' in sent.text
    assert api.json['errors'][0]['detail'] == 'The amount may not be negative.'


def test_a_role_has_its_own_list_cards_quick_create_form_tabs_and_related_lists(ruled: Site) -> None:
    uid = create(ruled, title='Thẻ riêng', code='K-1', amount='5')
    manager, rep = ruled.client('manager'), ruled.client('rep')

    common, own = manager.get('/pact/new').text, rep.get('/pact/new').text
    assert 'role="tablist" data-tabs' not in common
    assert [each in own for each in ('id="f-tab-main"', 'id="f-panel-money"', 'is-trio')] == [True] * 3
    assert ('name="excuse"' in common, 'name="excuse"' in own) == (True, False)
    assert ('name="due_on"' in common, 'name="due_on"' in own) == (True, True)
    heads = [re.findall(r'data-column="(\w+)"|sort=(\w+)', client.get('/pact/').text) for client in (manager, rep)]
    assert heads[0] != heads[1]
    cards, quick = ([client.get(f'/pact/{page}').text for client in (manager, rep)] for page in ('board', 'quick'))
    assert ['K-1' in each for each in cards] == [False, True]
    assert [('name="amount.amount"' in each, 'name="code"' in each) for each in quick] == [(True, False), (False, True)]
    page = rep.get(f'/pact/{uid}').text
    assert 'id="facts-tab-main"' in page
    assert ('/errand/quick' in page, '/errand/quick' in manager.get(f'/pact/{uid}').text) == (False, True)
    assert sorted(rep.get(f'/api/v1/pact/{uid}').json['result']) == sorted(manager.get(f'/api/v1/pact/{uid}').json['result'])
