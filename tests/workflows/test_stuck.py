"""Events that cannot be turned into runs: pauses between attempts, order kept, and people who decide about what failed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any
from unittest import mock

from schema.base.errors import Invalid
from schema.base.outbox import outbox
from tests.workflows.conftest import Plant
from tests.workflows.test_events import publish, renaming
from tests.workflows.test_sending import ONE_ENGINE
from workflows.dispatcher import Dispatcher
from workflows.patience import MOST_ATTEMPTS
from workflows.stuck import check_events

TOUCHED = {'type': 'updated', 'fields': ['phone']}


def failing(uid: str, error: Exception) -> Any:
    """The conditions of one record's events cannot be read."""
    real: Callable[..., bool] = Dispatcher._holds

    def holds(self: Dispatcher, session: Any, rule: Any, record_uid: str) -> bool:
        if record_uid == uid:
            raise error
        return real(self, session, rule, record_uid)

    return mock.patch.object(Dispatcher, '_holds', holds)


def events(plant: Plant, uid: str) -> list[tuple[str, int]]:
    return [(row.state, row.attempts) for row in plant.rows(outbox) if row.record_uid == uid]


def test_passing_failure_of_an_event_is_tried_again_after_growing_pauses_and_later_events_wait(plant: Plant) -> None:
    publish(plant, renaming('greet', {'type': 'created'}, 'Mới'), renaming('moved', TOUCHED, 'Đổi số'))
    uid, other = plant.person(), plant.person('Trần An', email='an@congty.vn')
    plant.edit('contact', uid, phone='0912345678')
    pauses = []

    with failing(uid, ConnectionError('away')):
        for _turn in range(3):
            Dispatcher(plant.runtime, 'one', plant.wall).drain()
        at_once = events(plant, uid)
        while events(plant, uid)[0][0] == 'new':
            first = plant.rows(outbox)[0]
            pauses.append((first.lease_until - plant.wall.now()).total_seconds())
            plant.later(seconds=pauses[-1] + 1)
            Dispatcher(plant.runtime, 'one', plant.wall).drain()
        others = [run.record_uid for run in plant.runs]

    assert at_once == [('new', 1), ('new', 0)]
    assert others[0] == other and len(pauses) == MOST_ATTEMPTS - 1
    assert all(longer > 1.1 * shorter for shorter, longer in pairwise(pauses))
    assert events(plant, uid)[0] == ('failed', MOST_ATTEMPTS)
    assert events(plant, uid)[1][0] != 'done'


@ONE_ENGINE
def test_event_that_failed_is_shown_with_its_reason_and_starts_its_run_when_a_person_says_so(plant: Plant) -> None:
    publish(plant, renaming('greet', {'type': 'created'}, 'Mới'))
    uid, given_up = plant.person(), plant.person('Trần An', email='an@congty.vn')
    admin = plant.site.client('admin')
    with failing(uid, Invalid.of('WFL-E018')), failing(given_up, ValueError('odd')):
        plant.tick()
    healthy_before = events(plant, given_up)[0][0]

    doctor, page = check_events(plant.runtime), admin.get('/workflows/events').get_data(as_text=True)
    overview, health = (admin.get(path).get_data(as_text=True) for path in ('/workflows/', '/settings/health'))
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    ids = {row.record_uid: row.id for row in plant.rows(outbox)}
    nothing = admin.post('/workflows/events', data={'csrf_token': token, 'answer': 'retry'})
    admin.post('/workflows/events', data={'csrf_token': token, 'answer': 'retry', 'ids': ids[uid]})
    admin.post('/workflows/events', data={'csrf_token': token, 'answer': 'drop', 'ids': ids[given_up]})
    plant.tick()

    assert (doctor[0], healthy_before) == (False, 'new')
    assert 'Lê Văn Tám' in page and 'Trần An' in page and 'odd' in page
    assert 'href="/workflows/events"' in overview and 'href="/workflows/events"' in health
    assert nothing.status_code == 422
    assert [run.record_uid for run in plant.runs] == [uid]
    assert check_events(plant.runtime)[0]
    assert plant.site.client('rep').get('/workflows/events').status_code == 403
