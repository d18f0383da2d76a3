"""Workers and schedulers that die at any statement, a Redis that is emptied, lost connections: nothing lost, nothing twice.

In-process, a death is an exception that nothing catches, raised before or after a statement chosen at random: the database
sees what it sees when a process is killed there. The long form kills real processes.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
import sqlalchemy as sa
from sqlalchemy import event

from modules.mail.tables import mail_message
from schema.base.outbox import outbox
from tests.workflows.conftest import Plant
from tests.workflows.test_events import publish
from tests.workflows.test_steering import title, workflow
from workflows.dispatcher import Dispatcher
from workflows.runner import Runner
from workflows.scheduler import Scheduler

ROUNDS, PEOPLE = 26, 8
LONGEST_LIFE = 60  # statements that a process lives at most; a whole turn takes about as many
LEASES_MINUTES = 7


class Killed(BaseException):
    """Not an Exception, so that nothing that handles errors can handle it, as nothing handles SIGKILL."""


@contextmanager
def mortal(plant: Plant, statements: int) -> Iterator[None]:
    """The process dies before its n-th statement from here on, or after it when the number is odd."""
    left = [statements]
    when = 'after_cursor_execute' if statements % 2 else 'before_cursor_execute'

    def count(connection: sa.Connection, cursor: Any, statement: str, *_arguments: Any) -> None:
        left[0] -= not statement.startswith('BEGIN')
        if left[0] == 0:
            cursor.close()
            connection.invalidate()  # its socket dies with the process, without a word
            raise Killed

    engines = {plant.runtime.database.write_engine, plant.runtime.database.read_engine}
    for engine in engines:
        event.listen(engine, when, count)
    try:
        yield
    except Killed:
        pass
    finally:
        for engine in engines:
            event.remove(engine, when, count)


def documents(minutes: int = 30) -> list[dict[str, Any]]:
    """A new person starts a branch, a task, a mail, a pause and a chain; a company's new name starts a loop."""
    task = {'type': 'create_record', 'entity': 'task'}
    about = {'contact': {'from': 'uid'}}
    welcome = workflow(
        'welcome', {'type': 'created'},
        {'key': 'ways', 'type': 'branch', 'cases': [
            {'condition': {'field': 'email', 'op': 'is_not_empty'},
             'steps': [{'key': 'mail', 'type': 'send_mail', 'template': 'birthday', 'to': {'field': 'email'}}]}]},
        {**task, 'key': 'first', 'values': {'title': 'Gọi chào', **about}},
        {'key': 'rest', 'type': 'wait', 'for': {'minutes': minutes}},
        title('known', 'Đã chào'),
        {'key': 'chain', 'type': 'start_workflow', 'workflow': 'after'},
    )  # fmt: skip
    after = workflow('after', {'type': 'called'}, {**task, 'key': 'second', 'values': {'title': 'Hỏi thăm', **about}})
    moved = workflow(
        'moved', {'type': 'updated', 'fields': ['phone']}, {**task, 'key': 'third', 'values': {'title': 'Đổi số', **about}}
    )
    loop = {'key': 'each', 'type': 'for_each', 'related': {'entity': 'contact', 'field': 'company'},
            'steps': [{**task, 'key': 'inner', 'values': {'title': 'Báo tên mới', **about}}]}  # fmt: skip
    tell = workflow('tell', {'type': 'updated', 'fields': ['name']}, loop, entity='company')
    return [welcome, after, moved, tell]


def turn(plant: Plant, number: int) -> None:
    """One turn of a scheduler, a dispatcher and a worker that never lived before; `number` tells them apart."""
    Scheduler(plant.runtime, f'scheduler-{number}', plant.wall).tick()
    Dispatcher(plant.runtime, f'dispatcher-{number}', plant.wall).drain()
    runner = Runner(plant.runtime, f'worker-{number}', plant.wall)
    try:
        runner.drain(20)
    finally:
        runner.close()


def open_ends(plant: Plant) -> int:
    """What is still to be done, whoever holds it."""
    with plant.runtime.database.reading() as connection:
        events = connection.execute(
            sa.select(sa.func.count()).select_from(outbox).where(outbox.c.state.in_(('new', 'claimed')))
        ).scalar_one()
        mails = connection.execute(
            sa.select(sa.func.count()).select_from(mail_message).where(mail_message.c.state.in_(('new', 'claimed')))
        ).scalar_one()
    return events + mails + sum(run.state == 'running' for run in plant.runs)


def tasks(plant: Plant) -> Counter[str]:
    table = plant.runtime.catalogs.current().entities['task'].table
    with plant.runtime.database.reading() as connection:
        rows = connection.execute(sa.select(table.c.title, sa.func.count()).group_by(table.c.title))
        return Counter({row[0]: row[1] for row in rows})


def test_processes_that_die_at_any_statement_lose_nothing_and_repeat_nothing(plant: Plant) -> None:
    publish(plant, *documents())
    company = plant.site.create('rep', 'company', name='An Phú')
    people: list[str] = []
    phones, names, dice = 0, 0, random.Random(20260504)

    for number in range(ROUNDS):
        if len(people) < PEOPLE and number % 2 == 0:
            people.append(plant.person(f'Người {number}', email=f'n{number}@vd.vn', birthday=None, company=company))
        if number % 7 == 3:
            plant.edit('contact', people[0], phone=f'09123456{number:02}')
            phones += 1
        if number == ROUNDS // 2:
            plant.edit('company', company, name='An Phú Mới')
            names += 1
        if number % 5 == 0:
            with redis.Redis.from_url(plant.runtime.settings.redis_url) as client:
                client.flushall()
        if number % 11 == 10:
            plant.runtime.database.dispose()  # the connections are gone; the next ones are new
        with mortal(plant, dice.randrange(1, LONGEST_LIFE)):
            turn(plant, number)
        plant.later(minutes=LEASES_MINUTES)
    for number in range(ROUNDS, 2 * ROUNDS):
        turn(plant, number)
        plant.later(hours=1)
        if not open_ends(plant):
            break

    assert_nothing_lost_and_nothing_twice(plant, len(people), phones, names)


def assert_nothing_lost_and_nothing_twice(plant: Plant, people: int, phones: int, names: int) -> None:
    """Every cause had its effects once; a mail whose fate nobody knows is listed as such and was sent at most once."""
    delivered = Counter(each.recipients[0] for each in plant.smtp.messages)
    fates = {row.recipient: row.state for row in plant.mails}
    assert open_ends(plant) == 0
    assert {run.state for run in plant.runs} == {'done'}
    assert tasks(plant) == {'Gọi chào': people, 'Hỏi thăm': people, 'Đổi số': phones, 'Báo tên mới': people * names}
    assert len(fates) == len(plant.mails) == people and set(fates.values()) <= {'sent', 'uncertain'}
    assert set(delivered.values()) == {1}
    assert {address for address, state in fates.items() if state == 'sent'} <= set(delivered) <= set(fates)
