"""How the leak certificate tries the pages of runs and of what was missed, and what it plants for them."""

from __future__ import annotations

from modules.certificate.planting import BESIDE, Beside
from modules.certificate.visiting import Visit
from modules.ways import WayOut
from workflows.tables import workflow_occurrence, workflow_run, workflow_step

HTMX = {'HX-Request': 'true'}


def plant_run(beside: Beside) -> None:
    """A run about the record, which is called as the record is, with a step that tells of it."""
    uid, now = beside.record.uid, beside.now
    beside.session.execute(
        workflow_run.insert().values(
            id=uid, rule_ref='w_canary', document_hash='0' * 64, entity_ref=beside.entity.ref, record_uid=uid, state='done',
            start_key=f'canary:{uid}', cause=[], started_by={'event': 'created'}, started_at=now, finished_at=now,
        )
    )  # fmt: skip
    told = {'to': f'{beside.word}@canary.example', 'subject': beside.word}
    beside.session.execute(
        workflow_step.insert().values(
            run_id=uid, position=1, key='send', idempotency_key=f'canary:{uid}', state='done', due_at=now, result=told,
            created_at=now, finished_at=now,
        )
    )  # fmt: skip


def plant_missed(beside: Beside) -> None:
    """An occurrence of each workflow over the record that waits for somebody's answer."""
    for rule in beside.catalog.workflows.values():
        if rule.entity == beside.entity.key:
            beside.session.execute(
                workflow_occurrence.insert().values(
                    rule_ref=rule.ref, entity_ref=beside.entity.ref, record_uid=beside.record.uid, occurrence='canary',
                    due_at=beside.now, state='asked', created_at=beside.now,
                )
            )  # fmt: skip


def try_runs(visit: Visit) -> None:
    """Titles and what steps did, of records within reach alone; starting a workflow on a record or on what was picked."""
    for path in ('/workflows/', '/workflows/runs'):
        visit.again(path)
    planted = visit.world.records[visit.key]
    for variant in BESIDE:
        visit.read(f'/workflows/runs/{planted[variant].uid}')
    visit.send('POST', '/workflows/runs/00000000-0000-4000-8000-000000000000/cancel', form={})
    for each in visit.seen[:1]:
        visit.read(f'/{visit.key}/{each.uid}/workflows', headers=HTMX)
    visit.absent('GET', f'/{visit.key}/@record/workflows', headers=HTMX)
    visit.absent('POST', f'/{visit.key}/@record/workflows', form={'workflow': 'greet', 'press': 'x'})
    visit.absent('POST', f'/{visit.key}/workflows', form={'uids': '@record'}, headers=HTMX)
    visit.absent('POST', f'/{visit.key}/workflows/start', form={'uids': '@record', 'workflow': 'greet'}, headers=HTMX)


def try_missed(visit: Visit) -> None:
    """What waits for an answer, which names records."""
    for key in [*visit.catalog.workflows, 'none']:
        visit.read(f'/workflows/missed/{key}')


RUNS = WayOut(
    {'en': 'Runs of workflows', 'vi': 'Các lượt chạy quy trình tự động'},
    ('workflows.overview', 'workflow_runs.index', 'workflow_runs.show', 'workflow_runs.ask', 'workflow_runs.press',
     'workflow_runs.change', 'workflow_many.ask', 'workflow_many.start'),
    (try_runs,), plants=(plant_run,), reading=('workflow_many.ask',),
)  # fmt: skip
MISSED = WayOut(
    {'en': 'Missed occurrences', 'vi': 'Lần chạy bị lỡ'}, ('workflow_missed.listed',), (try_missed,), each='person',
    plants=(plant_missed,),
)  # fmt: skip
