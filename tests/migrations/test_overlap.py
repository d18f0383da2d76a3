"""Two publishers never overlap: raced by two real processes, and a lock outlives neither its holder nor its holder's lease."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
import sqlalchemy as sa

from migrations.lock import LEASE, acquire
from migrations.tables import schema_publish
from schema.base.database import Database
from schema.base.errors import Conflict, TrellisError
from tests.migrations.conftest import ADA, ENGINES, Databases, Shop, fill_shop, label

DONE, REFUSED, OTHER = 0, 3, 9


def race(url: str, plan_id: str, waiting: int, starter: int) -> int:
    """Apply a plan in a child process as soon as the pipe is closed; its pid."""
    child = os.fork()
    if child:
        return child
    outcome = OTHER
    try:
        os.close(starter)
        os.read(waiting, 1)
        Shop(Database(url)).publisher.apply(plan_id, ADA)
        outcome = DONE
    except TrellisError as error:
        outcome = REFUSED if error.findings[0].code in {'MIG-E003', 'MIG-E007'} else OTHER
    finally:
        os._exit(outcome)


@pytest.mark.parametrize('engine', ENGINES)
def test_of_two_processes_that_publish_at_once_one_is_refused(databases: Databases, engine: str) -> None:
    with databases.copied(engine, 'shop', fill_shop) as url:
        shop = Shop(Database(url))
        plans = [
            shop.plan(entities={'contact': {'properties': {f'f_{n}': {'x-type': 'integer', 'x-label': label('F')}}}})
            for n in range(2)
        ]
        shop.database.dispose()
        waiting, starter = os.pipe()
        children = [race(url, plan.plan_id, waiting, starter) for plan in plans]
        os.close(starter)
        ended = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        os.close(waiting)

        shop = Shop(Database(url))
        with shop.database.reading() as connection:
            states = list(connection.execute(sa.select(schema_publish.c.state)).scalars())
        shop.database.dispose()

    assert sorted(ended) == [DONE, REFUSED]
    assert states == ['done', 'done']  # the first version, and the winner's


def test_a_living_publisher_keeps_the_lock_however_long_it_takes(shop: Shop) -> None:
    lock = acquire(shop.database, shop.clock)
    shop.clock.move(LEASE + timedelta(hours=1))

    with pytest.raises(Conflict):
        acquire(shop.database, shop.clock)
    lock.release()
    acquire(shop.database, shop.clock).release()
