"""Workflows that a change of a record starts, and what keeps them in order and from chasing each other for ever."""

from __future__ import annotations

from typing import Any

from tests.workflows.conftest import Plant
from workflows.dispatcher import Dispatcher
from workflows.runs import DEEPEST_CHAIN
from workflows.sweeping import clear_events


def publish(plant: Plant, *workflows: dict[str, Any]) -> None:
    """Add workflows to the live schema."""
    plant.publish(*workflows)


def renaming(key: str, trigger: dict[str, Any], title: str, **more: Any) -> dict[str, Any]:
    step = {'key': 'set', 'type': 'update_record', 'values': {'job_title': title}}
    return {'x-key': key, 'trigger': trigger, 'steps': [step], **more}


def title_of(plant: Plant, uid: str) -> Any:
    with plant.runtime.reader(plant.site.actor('admin')) as reader:
        return reader.get('contact', uid).values['job_title']


def test_created_record_that_fits_is_changed_once_by_two_dispatchers(plant: Plant) -> None:
    condition = {'field': 'full_name', 'op': 'eq', 'value': 'Lê Văn Tám'}
    publish(plant, renaming('greet', {'type': 'created'}, 'Mới', condition={'all': [condition]}))
    fits, other = plant.person(), plant.person('Trần An', email='an@congty.vn')

    Dispatcher(plant.runtime, 'one', plant.wall).drain()
    Dispatcher(plant.runtime, 'two', plant.wall).drain()
    plant.tick()

    assert (title_of(plant, fits), title_of(plant, other)) == ('Mới', None)
    assert [run.state for run in plant.runs] == ['done']


def test_update_counts_only_when_a_named_field_changed(plant: Plant) -> None:
    publish(plant, renaming('moved', {'type': 'updated', 'fields': ['phone']}, 'Đổi số'))
    first, second = plant.person(), plant.person('Trần An', email='an@congty.vn')
    plant.edit('contact', first, phone='0912345678')
    plant.edit('contact', second, address='1 Tràng Tiền')

    plant.tick()

    assert (title_of(plant, first), title_of(plant, second)) == ('Đổi số', None)


def test_workflows_that_start_each_other_are_stopped_and_say_so(plant: Plant) -> None:
    trigger = {'type': 'updated', 'fields': ['job_title']}
    tests = {name: {'all': [{'field': 'job_title', 'op': 'eq', 'value': name}]} for name in ('A', 'B')}
    publish(plant, renaming('to_b', trigger, 'B', condition=tests['A']), renaming('to_a', trigger, 'A', condition=tests['B']))
    uid = plant.person()
    plant.edit('contact', uid, job_title='A')

    for _turn in range(DEEPEST_CHAIN + 3):
        plant.tick()

    states = [run.state for run in plant.runs]
    assert states == ['done'] * DEEPEST_CHAIN + ['stopped']
    assert plant.runs[-1].error['code'] == 'WFL-E009'
    page = plant.site.client('admin').get(f'/workflows/runs/{plant.runs[-1].id}').text
    assert f'Workflows started each other {DEEPEST_CHAIN} times in a row (to_b, to_a' in page.replace('&#39;', '')
    assert 'narrower condition' in page


def test_run_stays_on_the_definition_it_started_with(plant: Plant) -> None:
    publish(plant, renaming('greet', {'type': 'created'}, 'Cũ'))
    uid = plant.person()
    Dispatcher(plant.runtime, 'one', plant.wall).drain()

    publish(plant, renaming('greet', {'type': 'created'}, 'Mới'))
    plant.tick()

    assert title_of(plant, uid) == 'Cũ'


def test_event_that_gets_the_number_of_a_cleared_one_still_starts_its_run(plant: Plant) -> None:
    publish(plant, renaming('greet', {'type': 'created'}, 'Mới'))
    first = plant.person()
    plant.tick()
    plant.tick()  # what the run changed is an event too
    plant.later(days=60)
    clear_events(plant.runtime, plant.clock.now(), 100)
    second = plant.person('Trần An', email='an@congty.vn')

    plant.tick()

    assert (title_of(plant, first), title_of(plant, second)) == ('Mới', 'Mới')
