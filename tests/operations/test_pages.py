"""Operations on screen, over REST and on the command line."""

from __future__ import annotations

import json

from click.testing import CliRunner
from pytest import MonkeyPatch

from modules.operations import running, service
from modules.operations.cli import operation_group
from modules.operations.service import Order
from tests.support.site import Site
from tests.web.pages import token_of

JSON = {'Accept': 'application/json'}


class Entry:
    def __init__(self, site: Site) -> None:
        self.runtime = site.runtime


def test_a_person_sees_own_operations_with_their_records_and_what_undo_would_do(sqlite_site: Site) -> None:
    uid = sqlite_site.create('rep', 'contact', full_name='Ngô Hải Hà', job_title='Kế toán')
    order = Order('edit', 'contact', {'uids': [uid]}, {'job_title': 'Giám đốc'})
    done = service.start(sqlite_site.runtime, sqlite_site.actor('rep'), order)
    client = sqlite_site.client('rep')

    listed = client.get('/operations/').text
    page = client.get(f'/operations/{done.id}').text
    dialog = client.get(f'/operations/{done.id}/undo').text

    assert 'Change Job title of 1 contact' in listed
    assert 'Ngô Hải Hà' in page and 'Kế toán' in page and 'Giám đốc' in page
    assert '1 record gets its former values back' in dialog
    assert 'Change Job title' not in sqlite_site.client('rep2').get('/operations/').text
    assert sqlite_site.client('rep2').get(f'/operations/{done.id}').status_code == 404


def test_undo_from_a_toast_answers_that_the_page_is_to_be_drawn_again(sqlite_site: Site) -> None:
    uid = sqlite_site.create('rep', 'contact', full_name='Ngô Hải Hà', job_title='Kế toán')
    order = Order('edit', 'contact', {'uids': [uid]}, {'job_title': 'Giám đốc'})
    done = service.start(sqlite_site.runtime, sqlite_site.actor('rep'), order)
    client = sqlite_site.client('rep')
    token = token_of(client.get('/operations/').text)

    answer = client.post(
        f'/operations/{done.id}/undo', headers={'X-CSRFToken': token, 'Accept': 'application/json'}
    )  # fmt: skip

    assert answer.get_json()['reload'] is True
    with sqlite_site.runtime.reader(sqlite_site.actor('rep')) as reader:
        assert reader.get('contact', uid).values['job_title'] == 'Kế toán'


def test_a_longer_change_is_watched_from_the_page_it_was_started_on(sqlite_site: Site, monkeypatch: MonkeyPatch) -> None:
    assert service.start.__kwdefaults__ is not None and service.undo.__kwdefaults__ is not None
    for begin in (service.start, service.undo):
        monkeypatch.setitem(begin.__kwdefaults__, 'inline_rows', 1)
    uids = [sqlite_site.create('rep', 'contact', full_name=f'Khách {number}', phone='0912345678') for number in range(2)]
    own, other = sqlite_site.client('rep'), sqlite_site.client('rep2')
    signed = {'X-CSRFToken': token_of(own.get('/offline').text)}
    sent = {'kind': 'edit', 'uids': ','.join(uids), 'job_title': 'Kế toán'}

    started = own.post('/contact/many', data=sent, headers={**signed, 'HX-Request': 'true'})
    watched = json.loads(started.headers['HX-Trigger'])['job']['id']
    plain = own.post('/contact/many', data=sent, headers=signed)
    path = f'/operations/{watched}'
    waiting = own.get(path, headers=JSON).get_json()
    foreign = other.get(path, headers=JSON).status_code
    running.drain(sqlite_site.runtime)
    over = own.get(path, headers=JSON).get_json()
    undone = own.post(f'{path}/undo', headers={**signed, **JSON}).get_json()

    assert started.status_code == 204 and 'close-dialog' in started.headers['HX-Trigger']
    assert (plain.status_code, plain.headers['Location'].startswith('/operations/')) == (303, True)
    assert (waiting['over'], waiting['entity'], foreign) == (False, 'contact', 404)
    assert all(text in waiting['html'] for text in ('t-job', '0 / 2', 'max="2"', f'href="{path}"', 'waiting for its turn'))
    assert over['over'] and over['toast'] == {'kind': 'ok', 'text': '2 records changed', 'undo': f'{path}/undo', 'href': ''}
    assert own.get(f'/operations/{undone["job"]}', headers=JSON).get_json()['over'] is False


def test_the_command_line_lists_and_undoes(sqlite_site: Site) -> None:
    uid = sqlite_site.create('rep', 'contact', full_name='Ngô Hải Hà')
    done = service.start(sqlite_site.runtime, sqlite_site.actor('admin'), Order('delete', 'contact', {'uids': [uid]}))
    runner = CliRunner()

    listed = runner.invoke(operation_group, ['list'], obj=Entry(sqlite_site))
    tried = runner.invoke(operation_group, ['undo', done.id, '--dry-run'], obj=Entry(sqlite_site))
    undone = runner.invoke(operation_group, ['undo', done.id], obj=Entry(sqlite_site))
    again = runner.invoke(operation_group, ['undo', done.id], obj=Entry(sqlite_site))

    assert done.id in listed.output and 'Delete 1 contact' in listed.output
    assert 'restored 1' in tried.output
    assert undone.exit_code == 0 and 'done 1' in undone.output
    assert again.exit_code == 1 and 'OPN-E003' in again.output
    with sqlite_site.runtime.reader(sqlite_site.actor('rep')) as reader:
        assert reader.get('contact', uid).deleted_at is None


def test_bulk_changes_and_history_over_rest(sqlite_site: Site) -> None:
    uids = [sqlite_site.create('rep', 'contact', full_name=f'Khách {number}') for number in range(2)]
    client = sqlite_site.client('rep')
    signed = {'X-CSRFToken': token_of(client.get('/offline').text)}
    order = {'kind': 'edit', 'entity': 'contact', 'uids': uids, 'values': {'job_title': 'Kế toán'}, 'workflows': False}

    started = client.post('/api/v1/operations/', json=order, headers=signed)
    made = started.get_json()
    foreseen = client.get(f'/api/v1/operations/{made["id"]}/undo').get_json()
    undone = client.post(f'/api/v1/operations/{made["id"]}/undo', headers=signed).get_json()
    wrong = client.post('/api/v1/operations/', json={**order, 'uids': ['x']}, headers=signed)
    history = client.get(f'/api/v1/contact/{uids[0]}/history').get_json()['result']
    back = client.post(f'/api/v1/contact/{uids[0]}/history/2', headers=signed)

    assert (started.status_code, made['counts']['done'], foreseen['set'], undone['state']) == (201, 2, 2, 'done')
    assert (wrong.status_code, wrong.get_json()['errors'][0]['pointer']) == (422, '/uids/0')
    assert [(each['revision'], each['changes'].get('job_title')) for each in history] == [
        (3, ['Kế toán', None]), (2, [None, 'Kế toán']), (1, None),
    ]  # fmt: skip
    assert back.get_json()['result']['job_title'] == 'Kế toán'
    assert client.get('/api/v1/operations/nothing').status_code == 404
