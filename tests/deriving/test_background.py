"""Too many rows for one write: they are marked stale and recomputed by the worker; and people are told why a value is blank."""

from __future__ import annotations

import pytest

from modules.records.derived_jobs import chore
from modules.records.preparing import Change
from schema.base.ids import new_uid
from schema.deriving import carrying
from tests.deriving.conftest import change, read, vnd
from tests.support.site import Site


def page(site: Site, uid: str) -> str:
    return str(site.client('admin').get(f'/sale/{uid}').text)


def test_a_change_that_reaches_too_many_rows_is_finished_by_the_worker(shop: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, 'MOST', 5)
    monkeypatch.setattr('modules.records.derived_jobs.CHUNK', 4)
    firm, other = (shop.create('admin', 'firm', name=name, rate='0') for name in ('Hải Âu', 'Bồ Câu'))
    entity = shop.runtime.catalogs.current().entity('sale')
    wires = [{'title': str(n), 'firm': firm, 'quantity': 1, 'price': vnd(100)} for n in range(9)]
    changes = [Change(entity, new_uid(), wire) for wire in wires]
    sales = [saved.uid for saved in shop.runtime.write(shop.actor('admin'), lambda store: store.create_many('sale', changes))]
    apart = shop.create('admin', 'sale', title='apart', firm=other)

    change(shop, 'firm', firm, name='Hồng Hạc')

    assert read(shop, 'sale', sales[8], 'name') == 'Hải Âu · 8'
    assert 'name is being recomputed' in page(shop, sales[8]).casefold()
    assert 'being recomputed' not in page(shop, apart)
    assert chore(shop.runtime) == 9
    assert {read(shop, 'sale', uid, 'name').partition(' · ')[0] for uid in sales} == {'Hồng Hạc'}
    assert 'being recomputed' not in page(shop, sales[8])
    assert chore(shop.runtime) == 0


def test_what_waits_goes_on_to_what_depends_on_it(shop: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, 'MOST', 3)
    firm = shop.create('admin', 'firm', name='Hải Âu', rate='1')
    lines = [{'what': 'áo', 'count': 2, 'firm': firm}]
    sales = [shop.create('admin', 'sale', title=str(n), items=lines) for n in range(5)]

    change(shop, 'firm', firm, rate='3')

    assert [read(shop, 'sale', uid, 'items_cost') for uid in sales] == ['2.00'] * 5
    chore(shop.runtime)
    assert [read(shop, 'sale', uid, 'items_cost') for uid in sales] == ['6.00'] * 5


def test_a_record_tells_why_a_value_is_blank(light: Site) -> None:
    sale = light.create('admin', 'sale', title='A', quantity=0)
    filled = light.create('admin', 'sale', title='A', quantity=4)
    blank = light.create('admin', 'sale', title='A')

    assert 'Ratio divides by zero' in page(light, sale)
    assert 'divides by zero' not in page(light, filled) + page(light, blank)
