"""Property: whatever a workflow is made of, its rehearsal tells what its run then does."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.mail.tables import mail_message
from modules.records.tables import record_history
from schema.reading import read_workflow
from tests.support.properties import examples
from tests.workflows.conftest import Plant
from workflows.definitions import compile_workflow, rules_of
from workflows.rehearsal import Rehearser
from workflows.runs import Start, add_runs
from workflows.story import Rehearsed
from workflows.tables import workflow_run, workflow_step

NUMBERS = count()
WORDS = st.sampled_from(['Giám đốc', 'Kế toán', ''])
TESTS = st.sampled_from([
    {'field': 'job_title', 'op': 'eq', 'value': 'Giám đốc'}, {'field': 'email', 'op': 'is_not_empty'},
    {'field': 'company', 'op': 'is_not_empty'},
])  # fmt: skip
LEAVES = st.one_of(
    st.builds(lambda word: {'type': 'update_record', 'values': {'job_title': word or None}}, WORDS),
    st.just({'type': 'create_record', 'entity': 'task', 'values': {'title': 'Gọi', 'contact': {'from': 'uid'}}}),
    st.just({'type': 'send_mail', 'template': 'birthday', 'to': {'field': 'email'}}),
    st.builds(lambda days: {'type': 'wait', 'for': {'days': days}}, st.integers(1, 3)),
    st.builds(lambda test: {'type': 'wait', 'condition': test, 'for': {'hours': 5}}, TESTS),
    st.just({'type': 'update_record', 'values': {'email': 'không phải địa chỉ'}}),  # it is refused
    st.just({'type': 'stop'}), st.just({'type': 'delete_record'}),
)  # fmt: skip


def ways(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=2)
    branch = st.builds(
        lambda test, one, two: {'type': 'branch', 'cases': [{'condition': test, 'steps': one}], 'otherwise': two},
        TESTS, several, several,
    )  # fmt: skip
    loop = st.builds(
        lambda steps: {'type': 'for_each', 'related': {'entity': 'task', 'field': 'contact'}, 'steps': steps}, several
    )
    return st.one_of(branch, loop)


STEPS = st.lists(st.recursive(LEAVES, ways, max_leaves=4), min_size=1, max_size=4)


def keyed(steps: list[dict[str, Any]], numbers: Any) -> list[dict[str, Any]]:
    """Every step with a key of its own; inside loops over tasks only what tasks can bear."""
    found = []
    for step in steps:
        made = {**step, 'key': f's{next(numbers)}'}
        for name in ('steps', 'otherwise'):
            if name in made:
                made[name] = keyed(made[name], numbers)
        if 'cases' in made:
            made['cases'] = [{**case, 'steps': keyed(case['steps'], numbers)} for case in made['cases']]
        if made['type'] == 'for_each':
            made['steps'] = [{'key': f's{next(numbers)}', 'type': 'update_record', 'values': {'title': 'Đã xem'}}]
        found.append(made)
    return found


@given(steps=STEPS)
@settings(max_examples=examples(5), deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_told_is_what_is_done(plant: Plant, steps: list[dict[str, Any]]) -> None:
    catalog, number = plant.runtime.catalogs.current(), next(NUMBERS)
    document = {
        'x-key': f'r{number}', 'x-ref': f'r{number}_abcdef', 'entity': 'contact', 'enabled': True,
        'trigger': {'type': 'called'}, 'steps': keyed(steps, count()),
    }  # fmt: skip
    rule, findings = compile_workflow(read_workflow(document), catalog)
    assert rule is not None, findings
    rules_of(catalog).pinned[rule.hash] = rule
    uid = plant.person(f'Người {number}', email=f'{number}@vd.vn', job_title='Kế toán')
    plant.site.create('rep', 'task', title='Có sẵn', contact=uid)
    plant.tick()

    told = Rehearser(plant.runtime, catalog).rehearse(rule, uid, plant.clock.now())
    with plant.runtime.database.session() as session:
        mark = session.execute(sa.select(sa.func.max(record_history.c.id))).scalar_one()
        (run_id,) = add_runs(session, rule, [Start(f'real-{number}', uid, {'rehearsal': rule.key})], plant.clock.now())
    ends_at = told.ended_at + timedelta(hours=2)
    while plant.clock.now() < ends_at:
        plant.tick()
        plant.later(hours=26)
    plant.tick()
    plant.tick()

    assert of_rehearsal(told) == of_run(plant, run_id, uid, mark)


def of_rehearsal(told: Rehearsed) -> dict[str, Any]:
    steps = [(run.root, step.key, step.state) for run in told.runs for step in run.steps]
    changes = [(each.entity_ref, each.kind, kept(each.fields)) for each in told.changes]
    mails = [(each.recipient, each.subject, each.text) for each in told.letters]
    return {'state': told.first.state, 'steps': sorted(steps), 'changes': sorted(changes), 'mails': sorted(mails)}


def of_run(plant: Plant, run_id: str, uid: str, mark: int) -> dict[str, Any]:
    with plant.runtime.database.reading() as connection:
        runs = {run.id: run for run in connection.execute(sa.select(workflow_run))}
        ours = [each for each, run in runs.items() if each == run_id or (run.start_key.startswith('loop-') and run.root)]
        mine = [each for each in ours if each == run_id or runs[each].started_by.get('loop') == run_id]
        steps = connection.execute(sa.select(workflow_step).where(workflow_step.c.run_id.in_(mine))).all()
        history = connection.execute(sa.select(record_history).where(record_history.c.id > mark)).all()
        mails = connection.execute(sa.select(mail_message).where(mail_message.c.run_id.in_(mine))).all()
    return {
        'state': runs[run_id].state, 'steps': sorted((runs[each.run_id].root, each.key, each.state) for each in steps),
        'changes': sorted((row.entity_ref, row.kind, kept(row.changes)) for row in history),
        'mails': sorted((row.recipient, row.subject, row.text) for row in mails),
    }  # fmt: skip


def kept(fields: Any) -> str:
    return repr(sorted((ref, repr(list(pair))) for ref, pair in fields.items()))
