"""An operation whose worker is killed goes on where it stopped, and no record is done twice."""

from __future__ import annotations

import os
import signal
from datetime import timedelta

from modules.operations import keeping, running, service
from modules.operations.service import Order
from modules.records.tables import operation
from tests.support import forking
from tests.support.site import Site


def test_a_killed_worker_leaves_an_operation_that_the_next_one_finishes_without_doing_a_row_twice(site: Site) -> None:
    uids = [site.create('rep', 'contact', full_name=f'Khách {number}') for number in range(7)]
    order = Order('edit', 'contact', {'uids': uids}, {'job_title': 'Kế toán'})
    waiting = service.start(site.runtime, site.actor('rep'), order, inline_rows=0)
    url = site.runtime.database.url.render_as_string(hide_password=False)

    killed = forking.run(['tests.operations.killed', url, str(site.home)], env=os.environ)

    assert killed.returncode == -signal.SIGKILL
    stopped = keeping.read(site.runtime, waiting.id)
    assert (stopped.state, stopped.position, stopped.counts['done']) == ('running', 2, 2)
    assert running.drain(site.runtime) == 0, 'the lease of the dead worker still holds'
    _expire(site, waiting.id)
    assert running.drain(site.runtime) == 1
    done = keeping.read(site.runtime, waiting.id)
    assert (done.state, done.counts['done']) == ('done', 7)
    with site.runtime.reader(site.actor('rep')) as reader:
        assert [(reader.get('contact', uid).revision, len(reader.timeline('contact', uid))) for uid in uids] == [(2, 2)] * 7


def _expire(site: Site, operation_id: str) -> None:
    past = site.runtime.clock.now() - timedelta(minutes=5)
    with site.runtime.database.writing() as connection:
        connection.execute(operation.update().where(operation.c.id == operation_id).values(lease_until=past))
