"""A real process dies by SIGKILL at every step boundary of a mixed publish; the next start completes or undoes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from schema.base.database import Database
from tests.migrations.conftest import ENGINES, Databases, Shop
from tests.migrations.killing import count_boundaries, die_and_recover
from tests.migrations.mixed import fill_rich, plan_everything

FEW = 3


def chosen(count: int) -> Iterator[int]:
    """A few boundaries, evenly spread, the first and the last among them."""
    yield from sorted({1 + round(number * (count - 1) / (FEW - 1)) for number in range(FEW)})


@pytest.mark.parametrize('engine', ENGINES)
def test_a_publisher_killed_at_some_boundaries_leaves_nothing_half_done(databases: Databases, engine: str) -> None:
    count = count_boundaries(databases, engine)
    assert count > 60
    for place in chosen(count):
        die_and_recover(databases, engine, place)


@pytest.mark.soak
@pytest.mark.parametrize('engine', ENGINES)
def test_a_publisher_killed_at_every_boundary_leaves_nothing_half_done(databases: Databases, engine: str) -> None:
    for place in range(1, count_boundaries(databases, engine) + 1):
        die_and_recover(databases, engine, place)


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
