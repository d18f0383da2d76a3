"""Stages as people meet them: what a stage asks for is told beforehand and asked for, moves by choice, other pipelines."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.record.test_timeline import HTMX, headers
from tests.support.site import Site

JSON = {'Accept': 'application/json'}
MONEY = {'amount': '190000000', 'currency': 'VND'}
GATE = {
    'all': [
        {'field': 'next_step', 'op': 'is_not_empty'},
        {'any': [{'field': 'company.phone', 'op': 'is_not_empty'}, {'field': 'company.email', 'op': 'is_not_empty'}]},
    ]
}


def publish(site: Site, change: Any) -> None:
    """Today's documents after `change(documents, stages of opportunities by key)`."""
    publisher, admin = site.runtime.publisher, site.actor('admin')
    documents = copy.deepcopy(dict(publisher.documents()))
    pipelines = documents['entity', 'opportunity']['x-pipelines']
    change(documents, {stage['key']: stage for pipeline in pipelines for stage in pipeline['stages']})
    publisher.apply(publisher.plan_documents(documents, admin, note='Stages').plan_id, admin)


def board_move(client: FlaskClient, uid: str, stage: str) -> TestResponse:
    return client.post(f'/opportunity/board/{uid}/move', data={'stage': stage}, headers={**headers(client), **JSON})


def step(page: str, stage: str) -> str:
    """One step of the stage path."""
    return next(each for each in re.findall(r'<li class="[^"]*">\s*<button.*?</li>', page, re.S) if f'value="{stage}"' in each)


def test_a_gate_is_told_beforehand_asked_for_and_passed(site: Site) -> None:
    def guard(documents: Mapping[Any, Any], stages: Mapping[str, Any]) -> None:
        stages['negotiate'].update(gate=GATE, gate_message={'en': 'Agree on a next step first.', 'vi': 'Hãy hẹn việc kế tiếp.'})
        stages['survey']['moves'] = ['negotiate', 'lost']
        stages['contract']['group'] = 'closing'
        deals = next(each for each in documents['entity', 'opportunity']['x-pipelines'] if each['key'] == 'deal')
        deals['groups'].append({'key': 'closing', 'label': {'en': 'Closing in', 'vi': 'Sắp chốt'}})
        documents['entity', 'opportunity']['properties']['competitor']['x-required-if'] = {
            'field': 'stage', 'op': 'eq', 'value': 'contract',
        }  # fmt: skip
        documents['role', 'rep']['fields']['opportunity'] = {'next_step': 'none'}

    publish(site, guard)
    company = site.create('manager', 'company', name='Dệt may Phú Thịnh')
    wire = {'title': 'Nội thất', 'company': company, 'stage': 'survey', 'amount': MONEY, 'expected_close_on': '2026-12-20'}
    uid = site.create('manager', 'opportunity', owner='rep', **wire)
    client, rep = site.client('manager'), site.client('rep')

    page, board = client.get(f'/opportunity/{uid}').text, client.get('/opportunity/board').text
    note = page.split('class="t-note mt-2"')[1].split('</div>')[0]
    assert '<b>Negotiating</b>' in note and 'Next step is filled in' in note and 'Agree on a next step first.' in note
    assert 'not from here' in step(page, 'quote') and 'type="submit"' not in step(page, 'quote')
    assert 'its condition is not fulfilled' in step(page, 'negotiate') and 'type="submit"' in step(page, 'negotiate')
    assert 'data-stage="survey" data-label="Survey" data-moves="negotiate lost"' in board
    assert re.findall(r'class="t-col-group">([^<]*)<', board) == ['Open', '', '', 'Closing in']

    refused = board_move(client, uid, 'negotiate')
    asked = client.get(refused.get_json()['dialog_url'], headers=HTMX).text
    barred = board_move(client, uid, 'quote').get_json()
    closed = rep.get(refused.get_json()['dialog_url'], headers=HTMX).text
    assert [each['code'] for each in refused.get_json()['errors']] == ['REC-E144']
    assert 'name="next_step"' in asked and 'name="phone"' not in asked and asked.count('not fulfilled') == 2
    assert [each['code'] for each in barred['errors']] == ['REC-E031'] and 'dialog_url' not in barred
    assert 'not open to you' in closed and 'Next step' not in closed and 'next_step' not in closed

    form = {'stage': 'negotiate', 'place': 'board', 'next_step': 'Hẹn <b>gặp</b>'}
    half = client.post(f'/opportunity/{uid}/move', data=form, headers=headers(client))
    site.runtime.write(site.actor('admin'), lambda store: store.update('company', company, {'email': 'a@phuthinh.example'}))
    moved = client.post(f'/opportunity/{uid}/move', data=form, headers=headers(client))
    told = json.loads(moved.headers['HX-Trigger'])
    assert half.status_code == 422 and 'value="Hẹn &lt;b&gt;gặp&lt;/b&gt;"' in half.text
    assert half.text.count('not fulfilled') == 1, 'what was typed counts while the rest is asked for'
    assert moved.status_code == 204 and told['card-moved'] == {'uid': uid}

    back = client.post(told['toast']['undo'], headers={**headers(client), **JSON}).get_json()
    card = client.get(f'/opportunity/board/{uid}/card').get_json()
    assert back['moved'] == uid and 'reload' not in back and card['stage'] == 'survey'

    client.post(f'/opportunity/{uid}/move', data=form, headers=headers(client))
    ruled = board_move(client, uid, 'contract').get_json()
    assert [(each['code'], each['pointer']) for each in ruled['errors']] == [('REC-E001', '/competitor')]
    assert 'name="competitor"' in client.get(ruled['dialog_url'], headers=HTMX).text
    spent = step(client.get(f'/opportunity/{uid}').text, 'survey')
    assert re.search(r'<small>0 minutes</small>', spent), spent


def test_a_record_goes_to_another_pipeline_by_choosing_a_stage_there(site: Site) -> None:
    company = site.create('manager', 'company', name='Dệt may Phú Thịnh')
    uid = site.create('manager', 'opportunity', title='Nội thất', company=company, stage='quote', amount=MONEY)
    client, path = site.client('manager'), f'/opportunity/{uid}/pipeline'

    board = client.get('/opportunity/board?pipeline=deal').text
    here = client.get(re.search(rf'hx-get="({path}[^"]*)"', board)[1], headers=HTMX).text
    there = client.get(f'{path}?place=board&to=lead', headers=HTMX).text
    form = {'stage': 'potential', 'place': 'board'}
    moved = client.post(f'/opportunity/{uid}/move', data=form, headers=headers(client))
    left = client.get(f'/opportunity/board/{uid}/card?pipeline=deal').get_json()
    gated = client.post(f'/opportunity/{uid}/move', data={**form, 'stage': 'advise'}, headers=headers(client))

    assert 'stands here now' in here and 'asks for' in here and 'proposed' not in here
    assert re.findall(r'<button type="submit" name="stage" value="(\w+)" class="is-on"', there) == ['potential']
    assert 'value="lead" selected' in there
    assert json.loads(moved.headers['HX-Trigger'])['card-moved'] == {'uid': uid}
    assert (left['stage'], left['stages']['quote']['count'], left['stages']['potential']['count']) == ('potential', 0, 1)
    assert gated.status_code == 422 and 'name="contact"' in gated.text
    with site.runtime.reader(site.actor('manager')) as reader:
        stays = reader.stays('opportunity', reader.get('opportunity', uid))
    assert [(each.stage.key, each.pipeline.key, each.left_at is None) for each in stays if each.stage and each.pipeline] == [
        ('quote', 'deal', False), ('potential', 'lead', True),
    ]  # fmt: skip


def test_who_may_not_set_the_stage_is_offered_no_move(sqlite_site: Site) -> None:
    def close(documents: Mapping[Any, Any], _stages: object) -> None:
        documents['role', 'rep']['fields']['opportunity'] = {'stage': 'read'}

    publish(sqlite_site, close)
    company = sqlite_site.create('manager', 'company', name='Dệt may Phú Thịnh')
    uid = sqlite_site.create('manager', 'opportunity', title='Nội thất', company=company, stage='survey', owner='rep')
    client = sqlite_site.client('rep')

    board, page = client.get('/opportunity/board').text, client.get(f'/opportunity/{uid}').text

    assert 'data-fixed' in board.split(f'data-uid="{uid}"')[1].split('>')[0]
    assert 'data-board ' not in board and 't-zones' not in board and f'/opportunity/{uid}/pipeline' not in board
    assert 'type="submit"' not in step(page, 'quote') and 'id="ends"' not in page


def test_the_head_of_a_record_tells_what_stands_on_its_card(sqlite_site: Site) -> None:
    company = sqlite_site.create('manager', 'company', name='Dệt may Phú Thịnh')
    uid = sqlite_site.create('manager', 'opportunity', title='Nội thất', company=company, stage='survey', amount=MONEY)

    page = sqlite_site.client('manager').get(f'/opportunity/{uid}').text

    head = page.split('class="t-keys"')[1].split('id="how-counted"')[0]
    assert f'href="/company/{company}"' in head
    assert '₫190,000,000' in head and re.search(r'class="t-count t-desk">CH-2026-\d{5}<', page)
