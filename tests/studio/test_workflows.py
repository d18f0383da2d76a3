"""The workflow editor over HTTP: from a starter to a published flow with a wait and a branch; faults stand at their step."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa

from migrations.requests import merge
from migrations.service import Publisher
from modules.mail.tables import mail_message
from modules.studio.workflow_editing import add_step, copy_step
from tests.studio.desk import Desk
from tests.support.site import Site


@pytest.fixture
def desk(sqlite_site: Site) -> Desk:
    return Desk(sqlite_site)


def drafted(desk: Desk, key: str) -> Any:
    """The workflow as the admin's draft has it."""
    publisher: Publisher = desk.site.runtime.publisher
    return merge(publisher.documents(), publisher.draft(desk.site.actor('admin')).request)['workflow', key]


def test_starter_and_every_kind_of_step_have_their_pages(desk: Desk) -> None:
    desk.page('/studio/workflows/new')

    begun = desk.post('/studio/workflows/new', starter='birthday', entity='contact').location
    key = begun.split('/studio/workflows/')[1].split('?')[0]

    for chosen in ('step=@trigger', 'step=@condition', 'step=@name', 'step=send', 'at=:1', 'step=send&move=send'):
        desk.page(f'/studio/workflows/{key}?{chosen}')
    for kind in desk.site.runtime.registries.actions.keys():  # noqa: SIM118 - a registry iterates over its entries
        added = desk.post(f'/studio/workflows/{key}/steps', type=kind, at=':1')
        desk.page(added.location.split('#')[0])
    desk.page(f'/studio/workflows/{key}/json')
    assert len(drafted(desk, key)['steps']) == 1 + len(desk.site.runtime.registries.actions)


def test_flow_with_a_wait_and_a_branch_is_built_and_goes_live(desk: Desk) -> None:
    home = '/studio/workflows/call_them'
    desk.post('/studio/workflows/new', label__en='Call them', label__vi='Gọi cho họ', entity='contact')
    desk.post(f'{home}/trigger', ('fields', 'email'), type='updated', fields__sent='1', was__sent='1',
              was=json.dumps({'field': 'email', 'op': 'is_empty'}))  # fmt: skip
    desk.post(f'{home}/condition', condition=json.dumps({'field': 'email', 'op': 'is_not_empty'}))
    desk.post(f'{home}/steps', type='wait', at=':0')
    desk.post(f'{home}/steps/wait', for__sent='1', for__days='2', until__sent='1', until='')
    desk.post(f'{home}/steps', type='branch', at=':1')
    asked = json.dumps({'field': 'company', 'op': 'is_not_empty'})
    desk.post(f'{home}/steps/branch', ('case.0.condition', asked), ('case.0.label.en', 'Company'), cases__sent='1')
    desk.post(f'{home}/steps', type='send_mail', at='branch/cases/0:0')
    desk.post(f'{home}/steps/send_mail', ('from', 'owner'), ('from.sent', '1'), template='birthday', template__sent='1',
              to='field:email', to__sent='1')  # fmt: skip
    desk.post(f'{home}/steps', type='update_record', at='branch/otherwise:0')
    desk.post(f'{home}/steps/update_record', ('values.field', 'description'), ('values.how', ''), ('values.said', 'Gọi lại'),
              ('values.source', ''), values__sent='1')  # fmt: skip

    page = desk.page(f'{home}?step=branch')
    desk.page('/workflows/call_them/ways?version=draft&step=branch')
    desk.post(f'{home}/switch', enabled='1')
    review = desk.page('/studio/review')

    assert 'data-way="branch/cases/0"' in page and 'Company' in page
    assert 'Call them' in review
    plan = review.split('name="plan_id" value="')[1].split('"')[0]
    assert desk.post('/studio/publish', plan_id=plan).status_code == 303
    live = desk.site.runtime.publisher.documents()['workflow', 'call_them']
    assert live['enabled'] is True
    assert live['trigger'] == {'type': 'updated', 'fields': ['email'], 'was': {'field': 'email', 'op': 'is_empty'}}
    wait, branch = live['steps']
    assert wait['for'] == {'days': 2}
    assert branch['cases'] == [{
        'condition': {'field': 'company', 'op': 'is_not_empty'}, 'label': {'en': 'Company'},
        'steps': [{'key': 'send_mail', 'type': 'send_mail', 'template': 'birthday', 'to': {'field': 'email'}, 'from': 'owner'}],
    }]  # fmt: skip
    assert branch['otherwise'] == [{'key': 'update_record', 'type': 'update_record', 'values': {'description': 'Gọi lại'}}]


def test_fault_stands_at_its_step_and_leads_there(desk: Desk) -> None:
    desk.post('/studio/workflows/new', label__en='Broken', entity='contact')
    added = desk.post('/studio/workflows/broken/steps', type='send_mail', at=':0')

    page = desk.page(added.location.split('#')[0])
    home = desk.page('/studio/')

    card = page.split('id="step-send_mail"')[1].split('</article>')[0]
    assert 't-step-error' in card
    assert '/studio/workflows/broken?step=send_mail' in home
    assert desk.client.get('/studio/review').status_code == 422


def test_steps_are_moved_copied_and_taken_out(desk: Desk) -> None:
    home = '/studio/workflows/birthday_mail/steps'
    desk.post(home, type='branch', at=':1')
    desk.post(home, type='stop', at='branch/otherwise:0')

    desk.post(f'{home}/send/move', at='branch/cases/0:0')
    desk.post(f'{home}/stop/copy')
    desk.post(f'{home}/branch/move', at='branch/otherwise:0')  # into itself: refused
    moved = drafted(desk, 'birthday_mail')['steps']
    desk.post(f'{home}/send/up')
    risen = drafted(desk, 'birthday_mail')['steps']
    desk.post(f'{home}/branch/remove')

    assert [each['key'] for each in moved] == ['branch']
    assert [each['key'] for each in moved[0]['cases'][0]['steps']] == ['send']
    assert [each['key'] for each in moved[0]['otherwise']] == ['stop', 'stop_2']
    assert [each['key'] for each in risen] == ['send', 'branch']
    assert [each['key'] for each in drafted(desk, 'birthday_mail')['steps']] == ['send']
    assert not desk.post('/studio/workflows/birthday_mail/keep').text.count('error')
    assert not desk.site.runtime.publisher.draft(desk.site.actor('admin')).request.get('workflows')


def test_step_of_an_extension_is_edited_as_json_with_the_line_of_a_fault(desk: Desk) -> None:
    desk.post('/studio/workflows/new', label__en='Odd', entity='contact')
    desk.post('/studio/workflows/odd/steps', type='stop', at=':0')
    path = '/studio/workflows/odd/steps/stop'

    refused = desk.post(path, json='{"type": "knock",\n "times": }')
    kept = desk.post(path, json='{"type": "knock", "times": 3}')

    assert refused.status_code == 422 and 'Line 2' in refused.text
    assert kept.status_code == 303
    page = desk.page('/studio/workflows/odd?step=stop')
    assert 'id="step-json"' in page and '&#34;times&#34;: 3' in page.replace('&quot;', '&#34;')


def test_step_of_a_package_gets_a_key_of_its_own() -> None:
    document: dict[str, Any] = {'steps': []}

    keys = [add_step(document, ':0', {'type': 'acme.send_fax'}) for _ in range(2)]

    assert keys == ['send_fax', 'send_fax_2']
    assert copy_step(document, 'send_fax') == 'send_fax_3'


def test_renamed_template_is_followed_by_the_steps_that_send_it(desk: Desk) -> None:
    page = desk.page('/studio/templates/birthday')
    label = {'label__vi': 'Thư', 'label__en': 'Greeting'}

    desk.post('/studio/templates/birthday/about', key='greeting', **label)

    assert '/studio/workflows/birthday_mail?step=send' in page
    assert drafted(desk, 'birthday_mail')['steps'][0]['template'] == 'greeting'
    assert 'Greeting' in desk.page('/studio/review')


def test_template_is_tried_on_a_record_and_tells_its_faults_by_line(desk: Desk) -> None:
    company = desk.site.create('rep', 'company', name='Gỗ Việt')
    uid = desk.site.create('rep', 'contact', full_name='Lê Văn Tám', email='tam@congty.vn', company=company)
    desk.post('/studio/templates/new', label__vi='Thư', label__en='Letter', entity='contact')
    fields = {'locale': 'en', 'record': uid, 'subject': 'Hello {{ record.full_name }}', 'text': ''}

    good = desk.post('/studio/templates/letter/preview', html='<p>{{ record.company.name }}</p>', **fields)
    bad = desk.post('/studio/templates/letter/preview', html='<p>\n{{ record.nobody }}</p>', **fields)
    desk.post('/studio/templates/letter', html='<p>{{ record.company.name }}</p>', **fields)
    desk.post('/studio/templates/letter/test', locale='en', record=uid)

    assert good.json is not None and bad.json is not None
    assert (good.json['subject'], good.json['text'], good.json['problems']) == ('Hello Lê Văn Tám', 'Gỗ Việt\n', [])
    assert [(each['part'], 'Line 2' in each['text']) for each in bad.json['problems']] == [('html', True)]
    with desk.site.runtime.database.reading() as connection:
        mails = connection.execute(sa.select(mail_message)).all()
    assert [(each.subject, each.state, each.record_uid) for each in mails] == [('[Test] Hello Lê Văn Tám', 'held', None)]


def test_record_out_of_reach_gives_no_preview(sqlite_site: Site) -> None:
    uid = sqlite_site.create('admin', 'contact', full_name='Bí mật')
    narrow = Desk(sqlite_site, 'rep')

    assert narrow.post('/studio/templates/birthday/preview', locale='vi', record=uid).status_code == 403
