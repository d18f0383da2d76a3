"""Runs that branch, wait, go over related records, start each other and stop; and what starts them besides dates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.workflows.conftest import Plant
from tests.workflows.test_events import publish, title_of
from workflows.runs import MOST_IN_WINDOW


def workflow(key: str, trigger: dict[str, Any], *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {'x-key': key, 'trigger': trigger, 'steps': list(steps), **more}


def title(key: str, text: str) -> dict[str, Any]:
    return {'key': key, 'type': 'update_record', 'values': {'job_title': text}}


def named(name: str) -> dict[str, Any]:
    return {'field': 'full_name', 'op': 'eq', 'value': name}


def test_branch_takes_the_first_way_that_is_true_and_goes_on_behind_it(plant: Plant) -> None:
    ways = {'cases': [{'condition': named('Lê Văn Tám'), 'steps': [title('eight', 'Tám')]},
                      {'condition': named('Trần An'), 'steps': [{'key': 'halt', 'type': 'stop'}]}],
            'otherwise': [title('other', 'Khác')]}  # fmt: skip
    note = {'key': 'note', 'type': 'update_record', 'values': {'address': 'xong'}}
    publish(plant, workflow('sort', {'type': 'created'}, {'key': 'ways', 'type': 'branch', **ways}, note))
    uids = [plant.person(name, email=f'{number}@vd.vn') for number, name in enumerate(('Lê Văn Tám', 'Trần An', 'Vũ Ba'))]

    plant.tick()

    assert [title_of(plant, uid) for uid in uids] == ['Tám', None, 'Khác']
    assert [run.state for run in plant.runs] == ['done'] * 3
    assert sorted(step.key for step in plant.steps) == ['eight', 'halt', 'note', 'note', 'other', 'ways', 'ways', 'ways']


def test_wait_parks_the_run_for_a_duration_and_a_killed_worker_changes_nothing(plant: Plant) -> None:
    publish(
        plant, workflow('slow', {'type': 'created'}, {'key': 'rest', 'type': 'wait', 'for': {'days': 2}}, title('set', 'Sau'))
    )
    uid = plant.person()
    plant.tick()
    parked = plant.steps[0]

    plant.later(days=1, hours=23).tick()
    early = title_of(plant, uid)
    plant.later(hours=2).tick()

    assert (parked.state, parked.claimed_by, early) == ('waiting', None, None)
    assert title_of(plant, uid) == 'Sau'


def test_wait_until_a_date_moves_with_the_date(plant: Plant) -> None:
    until = {'key': 'rest', 'type': 'wait', 'until': {'field': 'starts_at', 'offset_minutes': -60}}
    done = {'key': 'set', 'type': 'update_record', 'values': {'title': 'Sắp bắt đầu'}}
    publish(plant, workflow('near', {'type': 'created'}, until, done, entity='appointment'))
    uid = plant.appointment(starts_at='2026-05-04T03:00:00Z', remind_by=[])
    plant.tick()

    plant.edit('appointment', uid, starts_at='2026-05-10T03:00:00Z')
    plant.tick()
    moved = plant.steps[0].due_at
    plant.later(days=2).tick()
    early = plant.steps[0].state
    plant.later(days=5).tick()

    assert moved.isoformat() == '2026-05-10T02:00:00+00:00'
    assert (early, plant.steps[0].state, plant.runs[0].state) == ('waiting', 'done', 'done')


def test_wait_for_a_condition_ends_with_the_change_or_by_its_time_limit(plant: Plant) -> None:
    wait = {
        'key': 'rest', 'type': 'wait', 'condition': {'field': 'phone', 'op': 'is_not_empty'}, 'for': {'days': 3},
        'on_timeout': [title('late', 'Không gọi được'), {'key': 'halt', 'type': 'stop'}],
    }  # fmt: skip
    publish(plant, workflow('call', {'type': 'created'}, wait, title('set', 'Có số')))
    first, second = plant.person(), plant.person('Trần An', email='an@vd.vn')
    plant.tick()

    plant.edit('contact', first, phone='0912345678')
    plant.tick()
    at_once = (title_of(plant, first), title_of(plant, second))
    plant.later(days=3, minutes=1).tick()

    assert at_once == ('Có số', None)
    assert title_of(plant, second) == 'Không gọi được'


def test_loop_runs_once_for_each_related_record_and_goes_on_when_all_have_ended(plant: Plant) -> None:
    loop = {
        'key': 'each', 'type': 'for_each', 'related': {'entity': 'contact', 'field': 'company'},
        'condition': {'field': 'email', 'op': 'is_not_empty'}, 'steps': [title('inner', 'Đã báo')],
    }  # fmt: skip
    done = {'key': 'set', 'type': 'update_record', 'values': {'address': 'Đã báo hết'}}
    publish(plant, workflow('tell', {'type': 'updated', 'fields': ['name']}, loop, done, entity='company'))
    company = plant.site.create('rep', 'company', name='An Phú')
    people = [plant.person(name, email=f'{name}@vd.vn', company=company) for name in 'abc']
    silent = plant.person('Không thư', email=None, company=company)
    plant.tick()

    plant.edit('company', company, name='An Phú 2')
    for _turn in range(3):
        plant.tick()

    assert [title_of(plant, uid) for uid in (*people, silent)] == ['Đã báo'] * 3 + [None]
    outer = next(run for run in plant.runs if run.root == '')
    assert (outer.state, [run.state for run in plant.runs if run.root == 'each']) == ('done', ['done'] * 3)
    with plant.runtime.reader(plant.site.actor('admin')) as reader:
        assert reader.get('company', company).values['address'] is not None


def test_started_workflow_runs_on_the_same_record_in_the_chain(plant: Plant) -> None:
    call = {'key': 'go', 'type': 'start_workflow', 'workflow': 'second'}
    publish(plant, workflow('first', {'type': 'created'}, call), workflow('second', {'type': 'called'}, title('set', 'Hai')))
    uid = plant.person()

    plant.tick()

    assert title_of(plant, uid) == 'Hai'
    first, second = plant.runs
    assert second.cause == [first.id]


def test_stage_starts_when_entered_or_left_and_when_a_record_is_stuck_in_it(plant: Plant) -> None:
    def noting(key: str, trigger: dict[str, Any]) -> dict[str, Any]:
        step = {'key': 'set', 'type': 'create_record', 'entity': 'task', 'values': {'title': key}}
        return workflow(key, trigger, step, entity='opportunity')

    stages = [stage.key for stage in plant.runtime.catalogs.current().entity('opportunity').definition.pipelines[0].stages]
    publish(
        plant, noting('entered', {'type': 'stage_entered', 'stages': [stages[1]]}),
        noting('left', {'type': 'stage_left', 'stages': [stages[0]]}),
        noting('stuck', {'type': 'stage_stuck', 'stages': [stages[1]], 'days': 7}),
    )  # fmt: skip
    company = plant.site.create('rep', 'company', name='An Phú')
    uid = plant.site.create('rep', 'opportunity', title='Mái nhà', company=company, stage=stages[0])
    plant.tick()
    assert tasks(plant) == []

    plant.edit('opportunity', uid, stage=stages[1])
    plant.tick()
    assert tasks(plant) == ['entered', 'left']
    plant.later(days=6).tick()
    plant.later(days=1, minutes=5).tick()
    plant.later(days=3).tick()
    assert tasks(plant) == ['entered', 'left', 'stuck']


def tasks(plant: Plant) -> list[str]:
    table = plant.runtime.catalogs.current().entity('task')
    return sorted(row[table.fields['title'].definition.column] for row in (each._mapping for each in plant.rows(table.table)))


def test_former_values_and_the_owner_count(plant: Plant) -> None:
    was = {'field': 'job_title', 'op': 'eq', 'value': 'Cũ'}
    note = {'key': 'set', 'type': 'update_record', 'values': {'address': 'đổi'}}
    publish(
        plant, workflow('from_old', {'type': 'updated', 'fields': ['job_title'], 'was': was}, note),
        workflow('moved', {'type': 'owner_changed'}, title('moved', 'Đổi người')),
    )  # fmt: skip
    old, new = plant.person(job_title='Cũ'), plant.person('Trần An', email='an@vd.vn', job_title='Khác')
    for uid in (old, new):
        plant.edit('contact', uid, job_title='Mới')
    plant.tick()
    assert [run.record_uid for run in plant.runs] == [old]

    plant.runtime.write(plant.site.actor('admin'), lambda store: store.update('contact', new, {'owner': 'rep2'}))
    plant.tick()
    assert title_of(plant, new) == 'Đổi người'


def test_calendar_starts_on_all_records_that_fit_and_catches_up_once(plant: Plant) -> None:
    trigger = {'type': 'schedule', 'cron': '0 9 * * *'}
    step = {'key': 'set', 'type': 'create_record', 'entity': 'task', 'values': {'title': 'Gọi'}}
    publish(plant, workflow('daily', trigger, step, condition={'field': 'phone', 'op': 'is_not_empty'}))
    plant.person(phone='0912345678')
    plant.person('Trần An', email='an@vd.vn')
    plant.tick()
    assert tasks(plant) == []  # nine o'clock of this morning lies before the first look

    plant.later(hours=21, minutes=1).tick()
    plant.tick()
    assert tasks(plant) == ['Gọi']
    plant.later(days=3).tick()  # an outage: the last of the missed mornings counts
    plant.tick()
    assert tasks(plant) == ['Gọi', 'Gọi']


def test_a_rule_that_runs_as_a_person_reaches_no_further_than_that_person(plant: Plant) -> None:
    publish(
        plant, workflow('mine', {'type': 'created'}, title('set', 'Của tôi'), run_as='rep2'),
        workflow('gone', {'type': 'created'}, title('set', 'Không ai'), run_as='nobody'),
    )  # fmt: skip
    uid = plant.person()

    plant.tick()

    assert title_of(plant, uid) is None
    assert sorted((run.state, run.error['code']) for run in plant.runs) == [('failed', 'WFL-E018'), ('skipped', 'WFL-E008')]


def test_rule_that_others_start_too_often_on_one_record_is_stopped_with_its_ring(plant: Plant) -> None:
    call = {'key': 'go', 'type': 'start_workflow', 'workflow': 'second'}
    publish(plant, workflow('first', {'type': 'updated', 'fields': ['phone']}, call),
            workflow('second', {'type': 'called'}, {'key': 'halt', 'type': 'stop'}))  # fmt: skip
    uid = plant.person()
    for number in range(MOST_IN_WINDOW + 1):
        plant.edit('contact', uid, phone=f'09123456{number:02}')
    plant.tick()

    second = [run for run in plant.runs if run.cause]
    assert [run.state for run in second] == ['done'] * MOST_IN_WINDOW + ['stopped']
    assert second[-1].error['params']['rules'] == ['first_r3f9aa']

    plant.later(**{'minutes': 11})
    plant.edit('contact', uid, phone='0987654321')
    plant.tick()
    assert plant.runs[-1].state == 'done'
    assert timedelta(minutes=10) < plant.runs[-1].started_at - second[-1].started_at


def test_step_without_anything_to_do_is_left_out_and_the_run_goes_on(plant: Plant) -> None:
    mail = {'key': 'mail', 'type': 'send_mail', 'template': 'birthday', 'to': {'field': 'email'}}
    publish(plant, workflow('greet', {'type': 'created'}, mail, title('set', 'Đã chào')))
    publish(plant, workflow('alone', {'type': 'created'}, mail))
    uid = plant.person(email=None)

    plant.tick()

    states = {run.rule_ref.split('_')[0]: (run.state, run.error and run.error['code']) for run in plant.runs}
    assert states == {'greet': ('done', None), 'alone': ('skipped', 'WFL-W001')}
    assert title_of(plant, uid) == 'Đã chào'
    assert sorted((step.key, step.state) for step in plant.steps) == [('mail', 'skipped'), ('mail', 'skipped'), ('set', 'done')]
