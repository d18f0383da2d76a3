"""What is tried before a workflow is switched on: errors refuse the publish, warnings are told in its plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from schema.base.errors import Invalid
from tests.workflows.conftest import Plant
from tests.workflows.test_events import publish
from tests.workflows.test_rehearsal import MAIL, checksums
from tests.workflows.test_steering import title, workflow
from workflows.editions import edition
from workflows.preflight import check_edition, ring_findings


def codes(plant: Plant, key: str) -> dict[str, str]:
    found = check_edition(plant.runtime, edition(plant.runtime, plant.site.actor('admin'), key))
    return {each.code: each.text('vi') for each in found}


def planned(plant: Plant, key: str, **changed: Any) -> tuple[Any, dict[str, str]]:
    """The plan of a changed workflow, and what its impacts say."""
    plan = plant.runtime.publisher.plan({'workflows': {key: changed}}, plant.site.actor('admin'))
    return plan, {each.finding.code: each.finding.level for each in plan.impact}


def test_switching_on_tries_the_steps_on_real_records_and_tells_whom_it_leaves_out(plant: Plant) -> None:
    publish(plant, workflow('greet', {'type': 'created'}, MAIL, title('set', 'Mới'), enabled=False))
    plant.person()
    plant.person('Không Thư', email=None)
    before = checksums(plant)

    found = codes(plant, 'greet')

    assert checksums(plant) == before
    assert (set(found), '1 trên 2' in found['WFL-W060']) == ({'WFL-W060'}, True)
    plan, told = planned(plant, 'greet', enabled=True)
    assert told == {'WFL-W060': 'warning'}
    assert plant.runtime.publisher.apply(plan.plan_id, plant.site.actor('admin')).version == plan.base_version + 1


def test_what_would_fail_refuses_the_publish_until_it_is_put_right(plant: Plant) -> None:
    publish(plant, workflow('greet', {'type': 'created'}, MAIL, enabled=False))
    plant.person()
    plan, told = planned(plant, 'greet', enabled=True, run_as='nobody')
    assert told['WFL-E018'] == 'error'
    with pytest.raises(Invalid):
        plant.runtime.publisher.apply(plan.plan_id, plant.site.actor('admin'))

    share = {'key': 'give', 'type': 'share', 'with': {'users': ['nobody'], 'teams': ['Không có']}, 'level': 'view'}
    hook = {'key': 'call', 'type': 'webhook', 'url': 'https://example.com/x', 'secret': 'none', 'method': 'POST'}
    _plan, told = planned(plant, 'greet', enabled=True, steps=[share, hook])
    assert {'WFL-E066', 'WFL-E067', 'HOK-E001'} <= told.keys()

    plant.runtime.settings = replace(plant.runtime.settings, mail_url='smtp://127.0.0.1:1')
    assert 'WFL-E064' in codes(plant, 'greet')
    plant.runtime.settings = replace(plant.runtime.settings, mail_url='')
    assert 'WFL-W062' in codes(plant, 'greet')


def test_plan_that_drops_a_field_says_which_workflows_use_it(plant: Plant) -> None:
    copied = {'key': 'set', 'type': 'update_record', 'values': {'address': {'from': 'job_title'}}}
    publish(
        plant,
        workflow('copy', {'type': 'created'}, copied),
        workflow('watch', {'type': 'updated', 'fields': ['job_title', 'phone']}, {'key': 'end', 'type': 'stop'}),
    )
    boss, drop = plant.site.actor('admin'), ['/entities/contact/properties/job_title']

    with pytest.raises(Invalid) as refused:
        plant.runtime.publisher.plan({'remove': drop}, boss)
    plan = plant.runtime.publisher.plan({'remove': [*drop, '/workflows/copy']}, boss)

    assert [each.pointer for each in refused.value.findings] == ['/workflows/copy/steps/0/values/address/from']
    assert any('watch' in each['text'] for each in plan.as_wire('en')['mentions'])


def test_rings_are_told_where_they_would_begin(plant: Plant) -> None:
    call = {'key': 'a', 'type': 'start_workflow', 'workflow': 'pong'}
    publish(
        plant, workflow('ping', {'type': 'updated', 'fields': ['job_title']}, call),
        workflow('pong', {'type': 'called'}, {'key': 'b', 'type': 'update_record', 'values': {'job_title': {'from': 'phone'}}}),
    )  # fmt: skip
    plant.person()

    found = ring_findings(plant.runtime.catalogs.current().documents)

    assert [each.params['keys'] for each in found] == [['ping', 'pong']]
    assert 'WFL-W063' in codes(plant, 'pong')
