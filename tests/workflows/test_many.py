"""Workflows that people start for the picked records of a list, and actions that packages bring."""

from __future__ import annotations

import re
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from modules.operations import keeping, running, service
from modules.operations.service import Order
from schema.base.errors import Forbidden, NotFound
from schema.checks.metaschema import check_against
from tests.support.works import Works, small_works, works
from workflows import control
from workflows.extensions import find_actions
from workflows.tables import workflow_run

__all__ = ['small_works', 'works']


def button(**trigger: Any) -> dict[str, Any]:
    step = {'key': 'set', 'type': 'update_record', 'values': {'job_title': 'Đã gọi'}}
    condition = {'all': [{'field': 'job_title', 'op': 'is_empty'}]}
    return {'x-key': 'call', 'trigger': {'type': 'button', **trigger}, 'condition': condition, 'steps': [step]}


def test_picked_records_get_a_run_each_and_the_others_their_reason(works: Works) -> None:
    works.publish(button(on=['record', 'list'], roles=['rep']), {**button(), 'x-key': 'alone'})
    runtime, rep = works.site.runtime, works.site.actor('rep')
    mine = [works.site.create('rep', 'contact', full_name=f'Người {number}') for number in range(3)]
    called = works.site.create('rep', 'contact', full_name='Đã rồi', job_title='Giám đốc')
    foreign = works.site.create('admin', 'contact', full_name='Của người khác', owner='rep2')
    policy, entity = runtime.policy(rep), runtime.catalogs.current().entity('contact')

    assert [rule.key for rule in control.offered(runtime.catalogs.current(), policy, entity, place='list')] == ['call']
    made = service.start(runtime, rep, Order('workflow', 'contact', {'uids': [*mine, called, foreign]}, {'workflow': 'call'}))
    works.run()

    assert (made.state, made.counts, made.undoable) == ('done', {'done': 3, 'skipped': 0, 'failed': 2, 'kept': 0}, False)
    assert {each.uid for each in made.reasons} == {called, foreign}
    assert sorted(run.record_uid for run in works.rows(workflow_run)) == sorted(mine)
    assert {run.state for run in works.rows(workflow_run)} == {'done'}
    with pytest.raises(Forbidden):
        service.start(runtime, works.site.actor('leader'), Order('workflow', 'contact', {'uids': mine}, {'workflow': 'call'}))
    with pytest.raises(NotFound):
        service.start(runtime, rep, Order('workflow', 'contact', {'uids': mine}, {'workflow': 'alone'}))


def test_a_whole_list_is_done_by_the_worker_with_progress_and_once(small_works: Works) -> None:
    small_works.publish(button(on=['list']))
    runtime, rep = small_works.site.runtime, small_works.site.actor('rep')
    for number in range(5):
        small_works.site.create('rep', 'contact', full_name=f'Người {number}')
    target = {'filter': {'field': 'job_title', 'op': 'is_empty'}}

    begun = service.start(runtime, rep, Order('workflow', 'contact', target, {'workflow': 'call'}), inline_rows=0)
    running.drain(runtime)
    running.drain(runtime)

    done = keeping.read(runtime, begun.id)
    assert (begun.state, done.state, done.counts['done'], done.total) == ('waiting', 'done', 5, 5)
    assert len(small_works.rows(workflow_run)) == 5


def test_the_dialogue_offers_buttons_of_lists_alone(small_works: Works) -> None:
    small_works.publish(button(on=['list']), {**button(), 'x-key': 'alone'})
    uid = small_works.site.create('rep', 'contact', full_name='Người')
    client = small_works.site.client('rep')
    page = client.get('/contact/').get_data(as_text=True)
    token = re.search(r'name="csrf[_-]token" (?:value|content)="([^"]+)"', page)
    assert token is not None
    headers = {'X-CSRFToken': token[1], 'HX-Request': 'true'}

    asked = client.post('/contact/workflows', data={'uids': uid}, headers=headers).get_data(as_text=True)
    started = client.post('/contact/workflows/start', data={'uids': uid, 'workflow': 'call'}, headers=headers)
    wrong = client.post('/contact/workflows/start', data={'uids': uid, 'workflow': 'alone'}, headers=headers)

    assert '/contact/workflows' in page
    assert ('value="call"' in asked, 'value="alone"' in asked) == (True, False)
    assert (started.status_code, started.headers['HX-Redirect'], wrong.status_code) == (204, '/contact/', 404)
    assert len(small_works.rows(workflow_run)) == 1


class Fax:
    """An action as a package would bring it."""

    def check(self, *_given: Any) -> list[Any]:
        return []

    def preview(self, call: Any) -> Any:
        return call

    def perform(self, *_given: Any) -> Any:
        raise NotImplementedError


class Halfway:
    def check(self, *_given: Any) -> list[Any]:
        return []


def test_packages_bring_actions_and_broken_ones_say_why() -> None:
    here = 'tests.workflows.test_many'
    points = [
        EntryPoint('acme.send_fax', f'{here}:Fax', 'trellis.actions'),
        EntryPoint('acme.half', f'{here}:Halfway', 'trellis.actions'),
        EntryPoint('acme.gone', 'acme.nowhere:Fax', 'trellis.actions'), EntryPoint('fax', f'{here}:Fax', 'trellis.actions'),
    ]  # fmt: skip

    found = {each.name: each.problem for each in find_actions(points)}

    assert found['acme.send_fax'] == ''
    assert found['acme.half'] == 'it has no preview, perform'
    assert 'ModuleNotFoundError' in found['acme.gone']
    assert 'acme.send_fax' in found['fax']


def test_documents_may_name_a_package_and_nothing_unknown_of_ours() -> None:
    def codes(kind: str) -> list[str]:
        step = {'key': 'fax', 'type': kind, 'settings': {'number': '1'}}
        return [
            each.code
            for each in check_against('workflow', {'entity': 'contact', 'trigger': {'type': 'created'}, 'steps': [step]})
        ]

    assert (codes('acme.send_fax'), codes('send_mial'), codes('acme.Send')) == ([], ['SCH-E013'], ['SCH-E017'])
