"""Minutes of real workers and schedulers that are killed at random: the long form of `test_chaos`."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa

from modules.mail.tables import mail_message
from schema.base.outbox import outbox
from tests.support import forking
from tests.support.waiting import wait_for
from tests.workflows.conftest import Plant
from tests.workflows.test_chaos import assert_nothing_lost_and_nothing_twice, documents, open_ends
from tests.workflows.test_events import publish
from tests.workflows.test_processes import roles
from workflows.tables import workflow_step

CHAOS_SECONDS, MOST_PEOPLE = 180, 150
PARTS = ('scheduler', 'worker')
CUT = sa.text(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()'
)


class Household:
    """Two workers and two schedulers, replaced when they die."""

    def __init__(self, plant: Plant, folder: Path) -> None:
        self._plant, self._folder, self._born = plant, folder, 0
        self._lives: list[tuple[str, ExitStack, forking.Fork]] = []

    def fill(self) -> None:
        for name in PARTS:
            while sum(each[0] == name for each in self._lives) < 2:
                stack, folder = ExitStack(), self._folder / str(self._born)
                folder.mkdir()
                self._born += 1
                self._lives.append((name, stack, stack.enter_context(roles(self._plant, folder, name))[name]))

    def kill(self, dice: random.Random) -> None:
        _name, stack, process = self._lives.pop(dice.randrange(len(self._lives)))
        os.kill(process.pid, signal.SIGKILL)
        stack.close()

    def close(self) -> None:
        while self._lives:
            self.kill(random.Random(0))


@contextmanager
def household(plant: Plant, folder: Path) -> Iterator[Household]:
    made = Household(plant, folder)
    try:
        yield made
    finally:
        made.close()


def misfortunes(plant: Plant, crew: Household, dice: random.Random) -> list[Callable[[], object]]:
    """What may befall an installation, as often as it stands in the list."""

    def empty_redis() -> None:
        with redis.Redis.from_url(plant.runtime.settings.redis_url) as client:
            client.flushall()

    def cut_connections() -> None:
        if not plant.runtime.database.is_sqlite:
            with plant.runtime.database.reading() as connection:
                connection.execute(CUT)
            plant.runtime.database.dispose()

    def moody_mail_server() -> None:
        plant.smtp.refuse_with = dice.choice(('', '', '451 try later'))

    return [lambda: crew.kill(dice)] * 4 + [empty_redis, cut_connections, moody_mail_server]


def end_leases(plant: Plant) -> None:
    """What five minutes without any process do."""
    long_ago = plant.clock.now().replace(year=2020)
    with plant.runtime.database.writing() as connection:
        for table in (outbox, workflow_step, mail_message):
            connection.execute(table.update().where(table.c.state == 'claimed').values(lease_until=long_ago))
        connection.execute(mail_message.update().where(mail_message.c.state == 'new').values(due_at=long_ago))
        connection.execute(outbox.update().where(outbox.c.state == 'new').values(lease_until=long_ago))


@pytest.mark.soak
def test_minutes_of_killing_lose_nothing_and_repeat_nothing(plant: Plant, tmp_path: Path) -> None:
    publish(plant, *documents(minutes=1))
    company = plant.site.create('rep', 'company', name='An Phú')
    people: list[str] = []
    phones, dice = 0, random.Random(20260504)
    with household(plant, tmp_path) as crew:
        blows = misfortunes(plant, crew, dice)
        ends_at = time.monotonic() + CHAOS_SECONDS
        while time.monotonic() < ends_at:
            crew.fill()
            if len(people) < MOST_PEOPLE:
                name = f'Người {len(people)}'
                people.append(plant.person(name, email=f'n{len(people)}@vd.vn', birthday=None, company=company))
            if dice.random() < 0.3:
                plant.edit('contact', people[0], phone=f'0912{phones:06}')
                phones += 1
            if dice.random() < 0.35:
                dice.choice(blows)()
            time.sleep(dice.uniform(0.2, 1.5))  # the pace of misfortune; nothing waits for a state here
    plant.smtp.refuse_with = ''
    end_leases(plant)
    plant.edit('company', company, name='An Phú Mới')
    with household(plant, tmp_path / 'after') as crew:
        (tmp_path / 'after').mkdir()
        crew.fill()
        wait_for(lambda: open_ends(plant) == 0, 'everything to end', 300)

    assert_nothing_lost_and_nothing_twice(plant, len(people), phones, 1)
