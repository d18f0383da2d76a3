"""Why a workflow did or did not start on a record, part by part, under the reader's rights."""

from __future__ import annotations

import pytest

from schema.base.errors import NotFound
from tests.workflows.conftest import Plant
from tests.workflows.test_events import publish
from tests.workflows.test_rehearsal import checksums
from tests.workflows.test_steering import title, workflow
from workflows.explaining import Explained, explain, explain_all


def why(plant: Plant, key: str, uid: str, who: str = 'admin') -> Explained:
    return explain(plant.runtime, plant.site.actor(who), key, uid)


def test_each_part_of_a_condition_is_told_with_what_it_met_when_the_change_came(plant: Plant) -> None:
    parts = [
        {'field': 'full_name', 'op': 'eq', 'value': 'Lê Văn Tám'},
        {'not': {'field': 'job_title', 'op': 'eq', 'value': 'Cũ'}},
    ]
    step, trigger = title('set', 'Mới'), {'type': 'updated', 'fields': ['phone']}
    publish(
        plant, workflow('call', trigger, step, condition={'all': parts}), workflow('off', trigger, step, enabled=False),
        workflow('gone', trigger, step, run_as='nobody'), workflow('pressed', {'type': 'button'}, step),
    )  # fmt: skip
    uid = plant.person(job_title='Cũ', phone=None)
    untouched = why(plant, 'call', uid)
    plant.later(hours=1).edit('contact', uid, phone='0912345678')
    plant.tick()
    plant.later(hours=1).edit('contact', uid, job_title='Khác')
    before = checksums(plant)

    told = why(plant, 'call', uid)
    codes = {
        each.key: each.verdict.found.code for each in explain_all(plant.runtime, plant.site.actor('admin'), 'contact', uid)
    }

    assert untouched.verdict.found.code == 'WFL-R013'
    assert [(each.answer, each.found) for each in told.parts] == [(True, 'Lê Văn Tám'), (False, 'Cũ')]  # not what it is by now
    assert (told.verdict.found.code, 'Cũ' in told.verdict.found.text('vi')) == ('WFL-R040', True)
    assert {key: codes[key] for key in ('off', 'gone', 'pressed')} == {
        'off': 'WFL-R001',
        'gone': 'WFL-E018',
        'pressed': 'WFL-R010',
    }
    assert checksums(plant) == before


def test_moments_tell_when_they_come_and_what_the_ledger_says(plant: Plant) -> None:
    soon, unborn, silent = (
        plant.person(),
        plant.person('Không Ngày', birthday=None, email='k@vd.vn'),
        plant.person('Không Thư', email=None),
    )
    before = [why(plant, 'birthday_mail', uid).verdict.found.code for uid in (soon, unborn)]
    plant.later(hours=20).tick()
    plant.tick()

    after = [why(plant, 'birthday_mail', uid) for uid in (soon, unborn, silent)]

    assert before == ['WFL-R017', 'WFL-R015']
    assert [each.verdict.found.code for each in after] == ['WFL-R030', 'WFL-R015', 'WFL-R040']
    assert 'WFL-R020' in {line.found.code for line in after[2].lines}


def test_people_learn_nothing_of_what_they_may_not_read(plant: Plant) -> None:
    condition = {'all': [{'field': 'company.name', 'op': 'eq', 'value': 'Bí mật'}, {'field': 'email', 'op': 'is_empty'}]}
    publish(plant, workflow('call', {'type': 'updated', 'fields': ['phone']}, title('set', 'Mới'), condition=condition))
    uid = plant.person(company=plant.site.create('rep', 'company', name='Bí mật'))
    plant.edit('contact', uid, phone='0912345678')

    told = why(plant, 'call', uid, 'rep')

    assert (len(told.parts), told.hidden) == (1, 1)
    assert 'Bí mật' not in repr(told)
    with pytest.raises(NotFound):
        why(plant, 'call', uid, 'rep2')
