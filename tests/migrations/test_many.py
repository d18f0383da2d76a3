"""Large schemas and long histories: budgets answer before the database does, and nothing grows with the number of publishes."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import psutil
import pytest

from schema.base.errors import Invalid
from schema.catalog import Catalog
from tests.migrations.conftest import Shop, label
from tests.support.site import Site
from workflows.definitions import rules_of

PUBLISHES = 200
WARM = 60
GROWTH_MB = 24


def wide(count: int, kind: str) -> dict[str, Any]:
    fields = {f'f{number}': {'x-type': kind, 'x-label': label(f'F{number}')} for number in range(count)}
    return {'wide': {'x-label': label('Wide'), 'x-title-field': 'f0' if kind == 'text' else 'name', 'properties': fields}}


@pytest.mark.parametrize(
    ('count', 'kind', 'code'), [(500, 'integer', 'SCH-E100'), (500, 'text', 'SCH-E100'), (399, 'text', 'SCH-E102')]
)
def test_a_row_too_wide_is_refused_by_the_plan(shop: Shop, count: int, kind: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        shop.plan(entities=wide(count, kind))

    found = [(each.code, each.pointer) for each in refused.value.findings if each.code == code]
    assert found == [(code, '/entities/wide/properties')]
    assert 'x_wide' not in shop.physical.columns


def test_columns_of_retired_fields_count(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('migrations.impact.COLUMN_LIMIT', len(shop.physical.columns['x_contact']) + 2)
    for _ in range(2):
        shop.field('more', {'x-type': 'integer', 'x-label': label('More')})
        shop.publish(remove=['/entities/contact/properties/more'])

    plan = shop.plan(entities={'contact': {'properties': {'more': {'x-type': 'integer', 'x-label': label('More')}}}})

    assert [each.code for each in plan.findings] == ['MIG-E015']
    monkeypatch.undo()
    monkeypatch.setattr('migrations.impact.ROW_LIMIT', 300)
    wanted = shop.plan(entities={'contact': {'properties': {'more': {'x-type': 'text', 'x-label': label('More')}}}})
    told = [(each.code, each.params['retired']) for each in wanted.findings]
    assert told == ([] if shop.database.is_sqlite else [('MIG-E021', 16)])  # two whole numbers, which SQLite has room for
    assert (
        shop.plan(entities={'company': {'properties': {'more': {'x-type': 'text', 'x-label': label('More')}}}}).findings == []
    )


@pytest.mark.soak
def test_three_hundred_entities_are_published_and_changed(shop: Shop) -> None:
    publish_many(shop, 300)


def test_sixty_entities_are_published_and_changed(shop: Shop) -> None:
    publish_many(shop, 60)


def publish_many(shop: Shop, count: int) -> None:
    part = {'name': {'x-type': 'text', 'x-label': label('Name')}, 'seats': {'x-type': 'integer', 'x-label': label('Seats')}}
    many = {f'kind_{number}': {'x-label': label(f'Kind {number}'), 'properties': part} for number in range(count)}
    last = f'kind_{count - 1}'

    first = shop.publish(entities=many)
    second = shop.publish(entities={last: {'properties': {'more': {'x-type': 'date', 'x-label': label('More')}}}})

    assert (first.state, second.state) == ('done', 'done')
    assert len(shop.catalog.entities) == count + 2
    assert 'more' in shop.physical.columns[f'x_{last}']


@pytest.mark.parametrize('shop', ['sqlite', pytest.param('postgresql', marks=pytest.mark.soak)], indirect=True)
def test_retired_catalogs_are_let_go(shop: Shop) -> None:
    seen: list[weakref.ref[Catalog]] = []
    for number in range(8):
        shop.field('shade', {'x-type': 'text', 'x-label': label(f'Shade {number}')})
        shop.insert(full_name=f'{number}')
        shop.values('shade')
        seen.append(weakref.ref(shop.catalog))
    gc.collect()

    alive = [number for number, each in enumerate(seen) if each() is not None]
    assert alive == [5, 6, 7]


def test_a_whole_application_lets_go_of_retired_catalogs(sqlite_site: Site) -> None:
    """Pages, API, rights, rules and workflows each keep something of the catalog in use."""
    site, seen = sqlite_site, []
    admin, client = site.actor('admin'), site.client('admin')
    uid = site.create('admin', 'contact', full_name='An')
    for number in range(5):
        part = {'job_title': {'x-label': {'en': f'Job {number}'}}}
        plan = site.runtime.publisher.plan({'entities': {'contact': {'properties': part}}}, admin)
        site.runtime.publisher.apply(plan.plan_id, admin)
        for path in ('/contact/', f'/contact/{uid}', f'/contact/{uid}/edit', '/api/v1/contact/', '/api/v1/_openapi'):
            assert client.get(path).status_code == 200
        site.runtime.write(admin, lambda store: store.update('contact', uid, {'job_title': 'x'}))
        rules_of(site.runtime.catalogs.current())
        seen.append(weakref.ref(site.runtime.catalogs.current()))
    del part, plan
    gc.collect()

    assert [number for number, each in enumerate(seen) if each() is not None] == [2, 3, 4]


@pytest.mark.soak
def test_memory_stays_flat_over_two_hundred_publishes(shop: Shop) -> None:
    process, sizes = psutil.Process(), []
    for number in range(PUBLISHES):
        shop.field('shade', {'x-type': 'text' if number % 20 < 19 else 'long_text', 'x-label': label(f'Shade {number}')})
        shop.insert(full_name=f'{number}')
        shop.values('shade')
        if number >= WARM and number % 10 == 0:
            gc.collect()
            sizes.append(process.memory_info().rss / 2**20)

    assert max(sizes) - sizes[0] <= GROWTH_MB, sizes
