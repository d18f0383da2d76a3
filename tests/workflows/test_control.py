"""What people do with runs: buttons on records, a failed step tried again or left out, a run cancelled; the pages of it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from schema.base.errors import Conflict, Forbidden, NotFound
from schema.base.ids import new_uid
from tests.support.site import Site
from tests.workflows.conftest import Plant
from tests.workflows.test_events import publish, title_of
from tests.workflows.test_steering import title, workflow
from workflows import control


def press(plant: Plant, who: str, uid: str, press_id: str = '') -> bool:
    return control.press(plant.runtime, plant.site.actor(who), 'call', 'contact', uid, press_id or new_uid())


def test_button_starts_once_for_whom_it_is_offered_and_only_where_it_fits(plant: Plant) -> None:
    trigger = {'type': 'button', 'roles': ['manager', 'rep']}
    condition = {'field': 'email', 'op': 'is_not_empty'}
    publish(plant, workflow('call', trigger, title('set', 'Đã gọi'), condition=condition))
    uid, silent = plant.person(), plant.person('Trần An', email=None, phone='0912345678')

    once = new_uid()
    started = [press(plant, who, uid, each) for who, each in (('rep', once), ('rep', once), ('manager', ''))]
    with pytest.raises(Conflict, match='WFL-W002'):
        press(plant, 'rep', silent)
    plant.tick()

    assert started == [True, False, True]
    assert (title_of(plant, uid), title_of(plant, silent)) == ('Đã gọi', None)
    assert {run.started_by['actor_id'] for run in plant.runs} == {plant.site.actor(each).user_id for each in ('rep', 'manager')}
    with pytest.raises(NotFound):
        press(plant, 'rep2', uid)
    with pytest.raises(Forbidden):
        press(plant, 'leader', uid)


def broken(plant: Plant) -> tuple[str, Any]:
    """A run that failed at its second of three steps, as the stage that it moves to has a gate."""
    publish(
        plant, workflow('win', {'type': 'created'}, {'key': 'first', 'type': 'update_record', 'values': {'title': 'Một'}},
                        {'key': 'second', 'type': 'move_stage', 'stage': 'won'},
                        {'key': 'third', 'type': 'update_record', 'values': {'title': 'Ba'}}, entity='opportunity'),
    )  # fmt: skip
    company = plant.site.create('rep', 'company', name='An Phú')
    uid = plant.site.create('rep', 'opportunity', title='Mái nhà', company=company)
    plant.tick()
    return uid, plant.runs[0]


def deal_title(plant: Plant, uid: str) -> Any:
    with plant.runtime.reader(plant.site.actor('admin')) as reader:
        return reader.get('opportunity', uid).values['title']


def test_failed_run_goes_on_from_the_step_that_failed(plant: Plant) -> None:
    uid, run = broken(plant)
    assert (run.state, [step.state for step in plant.steps]) == ('failed', ['done', 'failed'])
    fields = {'amount': {'amount': '1000000', 'currency': 'VND'}, 'close_date': '2026-05-05'}
    entity = plant.runtime.catalogs.current().entity('opportunity')
    plant.edit('opportunity', uid, **{key: value for key, value in fields.items() if key in entity.fields})
    control.resume(plant.runtime, run.id)
    plant.tick()

    if plant.runs[0].state == 'failed':  # a gate that asks for more than money: leave the step out instead
        control.skip(plant.runtime, run.id)
        plant.tick()
    assert (plant.runs[0].state, plant.steps[-1].key, deal_title(plant, uid)) == ('done', 'third', 'Ba')


def test_step_is_left_out_and_a_run_is_cancelled(plant: Plant) -> None:
    uid, run = broken(plant)
    control.skip(plant.runtime, run.id)
    plant.tick()

    assert [step.state for step in plant.steps] == ['done', 'skipped', 'done']
    assert deal_title(plant, uid) == 'Ba'
    for act in (control.resume, control.skip, control.cancel):
        with pytest.raises(Conflict, match='WFL-E026'):
            act(plant.runtime, run.id)


def test_cancelled_run_takes_the_runs_of_its_loop_with_it(plant: Plant) -> None:
    rest = {'key': 'rest', 'type': 'wait', 'for': {'days': 1}}
    loop = {'key': 'each', 'type': 'for_each', 'related': {'entity': 'contact', 'field': 'company'}, 'steps': [rest]}
    publish(plant, workflow('tell', {'type': 'updated', 'fields': ['name']}, loop, entity='company'))
    company = plant.site.create('rep', 'company', name='An Phú')
    for name in 'ab':
        plant.person(name, email=f'{name}@vd.vn', birthday=None, company=company)
    plant.edit('company', company, name='An Phú 2')
    plant.tick()
    outer = next(run for run in plant.runs if run.root == '')

    control.cancel(plant.runtime, outer.id)
    plant.later(days=2).tick()

    assert [run.state for run in plant.runs] == ['cancelled'] * 3
    assert {step.state for step in plant.steps} == {'cancelled'}


def test_pages_show_runs_to_administrators_and_the_dialogue_to_whom_it_is_offered(plant: Plant) -> None:
    step = {'key': 'far', 'type': 'move_stage', 'stage': 'won'}
    publish(plant, workflow('call', {'type': 'button'}, step, entity='opportunity'))
    company = plant.site.create('rep', 'company', name='An Phú')
    uid = plant.site.create('rep', 'opportunity', title='Mái nhà', company=company)
    site: Site = plant.site
    rep, admin = site.client('rep'), site.client('admin')
    dialogue = rep.get(f'/opportunity/{uid}/workflows').get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', dialogue)
    pressed = re.search(r'name="press" value="([^"]+)"', dialogue)
    assert token is not None
    assert pressed is not None

    sent = {'csrf_token': token[1], 'press': pressed[1], 'workflow': 'call'}
    answer = rep.post(f'/opportunity/{uid}/workflows', data=sent)
    plant.tick()
    page = admin.get('/workflows/runs?state=failed').get_data(as_text=True)
    one = admin.get(f'/workflows/runs/{plant.runs[0].id}').get_data(as_text=True)

    assert answer.status_code == 303
    assert 'Mái nhà' in page
    assert 'Started by' in one
    assert f'/workflows/runs/{plant.runs[0].id}/resume' in one
    assert [rep.get(path).status_code for path in ('/workflows/runs', f'/workflows/runs/{plant.runs[0].id}')] == [403, 403]
    assert site.client('rep2').get(f'/opportunity/{uid}/workflows').status_code == 404


def test_pages_name_the_fields_a_step_set_and_the_person_who_is_not_there_to_run_a_rule(plant: Plant) -> None:
    nightly = {'type': 'schedule', 'cron': '0 1 * * *'}
    publish(
        plant, workflow('greet', {'type': 'created'}, title('set', 'Mới')),
        workflow('gone', nightly, title('set', 'Không ai'), run_as='nobody'),
    )  # fmt: skip
    plant.person()
    plant.tick()
    admin = plant.site.client('admin')

    run = admin.get(f'/workflows/runs/{plant.runs[0].id}').get_data(as_text=True)
    overview = admin.get('/workflows/').get_data(as_text=True)

    label = plant.runtime.catalogs.current().entity('contact').fields['job_title'].definition.label_in('en')
    assert label in run
    assert 'job_title' not in run
    assert 'cannot run' in overview
    assert 'nobody' in overview
    plant.later(days=1)
    assert plant.scheduler().tick().failed == ['gone']
