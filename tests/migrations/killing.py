"""The kill matrix: a process dies by SIGKILL at a boundary of a mixed publish or of the way back; the next start sees to it.

By itself it tells each boundary as it is passed, so that a long run can be cut off and gone on with:
`python -m tests.migrations.killing postgresql --from 120 --every 1 --back`.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from migrations.journal import Journal
from migrations.plans import StoredPlan
from migrations.recovery import recover
from migrations.site import Site
from schema.base.database import Database
from schema.texts import load_all
from tests.migrations.conftest import ADA, ENGINES, Databases, Shop
from tests.migrations.mixed import (
    fill_changed,
    fill_rich,
    plan_everything,
    require_after,
    require_before,
    require_whole,
    successors,
)
from tests.support.postgres import PostgresServer, find_binaries, serve
from tests.support.waiting import wait_for


@contextmanager
def boundaries(act: Any) -> Iterator[None]:
    """Call `act()` before and after every note of the journal, and before and after every commit of a step's transaction."""
    note, in_turn = Journal.note, Site.in_turn

    def noting(self: Journal, *arguments: Any) -> None:
        act()
        note(self, *arguments)
        act()

    def turning(self: Site, work: Any, what: str) -> Any:
        def working(connection: Any) -> Any:
            answer = work(connection)
            act()
            return answer

        answer = in_turn(self, working, what)
        act()
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, 'note', noting)
        patch.setattr(Site, 'in_turn', turning)
        yield


def publish_and_die(url: str, plan_id: str, place: int) -> int:
    """Publish in a child process that kills itself at its n-th boundary; the signal it died of, 0 when it lived on."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    left = place

    def act() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        with boundaries(act):
            Shop(Database(url)).publisher.apply(plan_id, ADA)
    finally:
        os._exit(0)  # the parent's own ending belongs to the parent


@dataclass(frozen=True)
class Course:
    """One publish that is killed: from which contents, by which plan, to which version, and what must be true then."""

    name: str
    fill: Callable[[str], None]
    plan: Callable[[Shop], StoredPlan]
    version: int
    require: Callable[[Shop], None]


THERE = Course('rich', fill_rich, plan_everything, 3, require_after)
BACK = Course('changed', fill_changed, lambda shop: shop.publisher.rollback_plan(2, ADA), 4, require_before)


def count_boundaries(databases: Databases, engine: str, course: Course = THERE) -> int:
    count = 0

    def act() -> None:
        nonlocal count
        count += 1

    with databases.copied(engine, course.name, course.fill) as url:
        shop = Shop(Database(url))
        plan = course.plan(shop)
        with boundaries(act):
            shop.apply(plan)
        shop.database.dispose()
    return count


def die_and_recover(databases: Databases, engine: str, place: int, course: Course = THERE) -> None:
    with databases.copied(engine, course.name, course.fill) as url:
        shop = Shop(Database(url))
        plan = course.plan(shop)
        shop.database.dispose()  # a forked process must not share our connections

        assert publish_and_die(url, plan.plan_id, place) == signal.SIGKILL

        shop = Shop(Database(url))
        open_ones = Journal(shop.database, shop.clock).open_ones
        wait_for(lambda: recover(shop.database, shop.clock) or not open_ones(), 'the dead publisher to let go')
        if shop.catalog.number == course.version - 1:  # it died before the publish was written down, or before its switch
            shop.apply(plan)
        require_whole(shop)
        assert shop.catalog.number == course.version
        course.require(shop)
        if course is THERE:
            shop.roll_back(2)
        require_whole(shop)
        require_before(shop)
        shop.roll_back(3, remap=successors(shop))
        require_after(shop)
        shop.database.dispose()


@contextmanager
def own_databases(engine: str) -> Iterator[Databases]:
    """Templates in a folder of their own, with a PostgreSQL of their own where it is asked for."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        binaries = find_binaries() if engine == 'postgresql' else None
        server: PostgresServer | None = stack.enter_context(serve(binaries)) if binaries else None

        def postgres() -> PostgresServer:
            assert server is not None, 'no PostgreSQL was found'
            return server

        yield Databases(folder, postgres)


def main() -> int:
    """Every boundary that was asked for, one line each; how many failed is the answer."""
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument('engine', choices=ENGINES)
    reading.add_argument('--from', dest='first', type=int, default=1)
    reading.add_argument('--every', type=int, default=1)
    reading.add_argument('--back', action='store_true', help='kill the rollback instead')
    wanted = reading.parse_args()
    course = BACK if wanted.back else THERE
    load_all()
    failed = []
    with own_databases(wanted.engine) as databases:
        count = count_boundaries(databases, wanted.engine, course)
        tell(f'{wanted.engine}: {count} boundaries')
        for place in range(wanted.first, count + 1, wanted.every):
            begun = time.monotonic()
            try:
                die_and_recover(databases, wanted.engine, place, course)
            except Exception:  # noqa: BLE001 - whatever goes wrong at one boundary is told, and the others have their turns
                failed.append(place)
                tell(traceback.format_exc())
            tell(f'{place}/{count} {"FAILED" if place in failed else "whole"} {time.monotonic() - begun:.1f} s')
    tell(f'{len(failed)} failed: {failed}')
    return len(failed)


def tell(text: str) -> None:
    sys.stdout.write(f'{text}\n')
    sys.stdout.flush()


if __name__ == '__main__':
    sys.exit(min(main(), 100))
