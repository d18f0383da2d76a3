"""A real process dies by SIGKILL at every step boundary of a mixed publish; the next start completes or undoes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from migrations.steps.registry import STEPS
from schema.base.database import Database
from tests.migrations.conftest import ENGINES, Databases, Shop
from tests.migrations.killing import BACK, THERE, count_boundaries, die_and_recover


def chosen(count: int, few: int) -> Iterator[int]:
    """So many boundaries, evenly spread."""
    yield from (round(count * number / (few + 1)) for number in range(1, few + 1))


@pytest.mark.parametrize('engine', ENGINES)
def test_a_publisher_killed_at_some_boundaries_leaves_nothing_half_done(databases: Databases, engine: str) -> None:
    for course, least, few in ((THERE, 60, 2), (BACK, 30, 1)):
        count = count_boundaries(databases, engine, course)
        assert count > least
        for place in chosen(count, few):
            die_and_recover(databases, engine, place, course)


@pytest.mark.soak
@pytest.mark.parametrize('engine', ENGINES)
def test_a_publisher_killed_at_every_boundary_leaves_nothing_half_done(databases: Databases, engine: str) -> None:
    for course in (THERE, BACK):
        for place in range(1, count_boundaries(databases, engine, course) + 1):
            die_and_recover(databases, engine, place, course)


def test_the_plans_have_every_kind_of_step(databases: Databases) -> None:
    kinds: set[str] = set()
    for course in (THERE, BACK):
        with databases.copied('postgresql', course.name, course.fill) as url:
            shop = Shop(Database(url))
            kinds |= {step.kind for step in course.plan(shop).steps}
            shop.database.dispose()

    assert kinds == set(STEPS)
