"""A real process dies by SIGKILL at every step boundary of a mixed publish; the next start completes or undoes it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from migrations.journal import Journal
from migrations.recovery import recover
from migrations.site import Site
from schema.base.database import Database
from tests.migrations.conftest import ADA, ENGINES, Databases, Shop
from tests.migrations.mixed import fill_rich, plan_everything, require_after, require_before, require_whole, successors
from tests.support.waiting import wait_for

FEW = 3


def boundaries(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
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

    monkeypatch.setattr(Journal, 'note', noting)
    monkeypatch.setattr(Site, 'in_turn', turning)


def publish_and_die(monkeypatch: pytest.MonkeyPatch, url: str, plan_id: str, place: int) -> int:
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
        boundaries(monkeypatch, act)
        Shop(Database(url)).publisher.apply(plan_id, ADA)
    finally:
        os._exit(0)  # pytest's own ending belongs to the parent


def count_boundaries(monkeypatch: pytest.MonkeyPatch, databases: Databases, engine: str) -> int:
    count = 0

    def act() -> None:
        nonlocal count
        count += 1

    with databases.copied(engine, 'rich', fill_rich) as url, monkeypatch.context() as patch:
        shop = Shop(Database(url))
        plan = plan_everything(shop)
        boundaries(patch, act)
        shop.apply(plan)
        shop.database.dispose()
    return count


def die_and_recover(monkeypatch: pytest.MonkeyPatch, databases: Databases, engine: str, place: int) -> None:
    with databases.copied(engine, 'rich', fill_rich) as url:
        shop = Shop(Database(url))
        plan = plan_everything(shop)
        shop.database.dispose()  # a forked process must not share our connections

        assert publish_and_die(monkeypatch, url, plan.plan_id, place) == signal.SIGKILL

        shop = Shop(Database(url))
        open_ones = Journal(shop.database, shop.clock).open_ones
        wait_for(lambda: recover(shop.database, shop.clock) or not open_ones(), 'the dead publisher to let go')
        if shop.catalog.number == 2:  # it died before the publish was written down
            shop.apply(plan)
        require_whole(shop)
        assert shop.catalog.number == 3
        require_after(shop)
        shop.roll_back(2)
        require_whole(shop)
        require_before(shop)
        shop.roll_back(3, remap=successors(shop))
        require_after(shop)
        shop.database.dispose()


def chosen(count: int) -> Iterator[int]:
    """A few boundaries, evenly spread, the first and the last among them."""
    yield from sorted({1 + round(number * (count - 1) / (FEW - 1)) for number in range(FEW)})


@pytest.mark.parametrize('engine', ENGINES)
def test_a_publisher_killed_at_some_boundaries_leaves_nothing_half_done(
    monkeypatch: pytest.MonkeyPatch, databases: Databases, engine: str
) -> None:
    count = count_boundaries(monkeypatch, databases, engine)
    assert count > 60
    for place in chosen(count):
        die_and_recover(monkeypatch, databases, engine, place)


@pytest.mark.soak
@pytest.mark.parametrize('engine', ENGINES)
def test_a_publisher_killed_at_every_boundary_leaves_nothing_half_done(
    monkeypatch: pytest.MonkeyPatch, databases: Databases, engine: str
) -> None:
    for place in range(1, count_boundaries(monkeypatch, databases, engine) + 1):
        die_and_recover(monkeypatch, databases, engine, place)


def test_the_plan_has_every_kind_of_step(databases: Databases) -> None:
    with databases.copied('postgresql', 'rich', fill_rich) as url:
        shop = Shop(Database(url))
        kinds = {step.kind for step in plan_everything(shop).steps}
        shop.database.dispose()

    assert kinds >= {
        'create_table', 'add_column', 'add_link', 'convert_field', 'add_index', 'remap_option', 'sync_permissions', 'activate',
        'await_adoption', 'fill_blank', 'end_conversion', 'drop_link', 'link_to_links', 'links_to_link',
        'compute_field', 'number_rows', 'number_late_rows',
    }  # fmt: skip
