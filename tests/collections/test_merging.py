"""Merging moves what links and lines held of the records that go, and deletion asks those that restrict."""

from __future__ import annotations

import pytest

from modules.duplicates import merging
from schema.base.errors import Invalid
from tests.collections.conftest import deal, person, publish, read
from tests.support.site import Site


def test_links_and_lines_that_held_the_others_hold_the_survivor(shop: Site) -> None:
    an, again, binh = person(shop, 'An'), person(shop, 'An lần hai'), person(shop, 'Bình')
    pen, same = (shop.create('admin', 'product', name=name) for name in ('Bút', 'Bút bi'))
    uid = deal(shop, people=[again, binh], items=[{'title': 'A', 'product': same, 'quantity': 3}])

    merging.merge(shop.runtime, shop.actor('admin'), 'contact', an, [again], {})
    merging.merge(shop.runtime, shop.actor('admin'), 'product', pen, [same], {})

    found = read(shop, 'admin', uid)
    assert [each['uid'] for each in found['people']] == [binh, an]
    assert [(line['product']['uid'], line['quantity']) for line in found['items']] == [(pen, 3)]


def test_the_survivor_gets_the_links_of_the_others(shop: Site) -> None:
    an, binh = person(shop, 'An'), person(shop, 'Bình')
    kept, gone = deal(shop, people=[an]), deal(shop, people=[binh, an], items=[{'title': 'A'}])

    merging.merge(shop.runtime, shop.actor('admin'), 'opportunity', kept, [gone], {})

    assert [each['uid'] for each in read(shop, 'admin', kept)['people']] == [an, binh]


def test_a_record_that_restricting_links_or_lines_need_is_not_deleted(light: Site) -> None:
    publish(light, entities={'opportunity': {'properties': {
        'people': {'x-on-delete': 'restrict'},
        'items': {'x-lines': {'properties': {'product': {'x-on-delete': 'restrict'}}}},
    }}})  # fmt: skip
    an, pen = person(light, 'An'), light.create('admin', 'product', name='Bút')
    uid = deal(light, people=[an], items=[{'title': 'A', 'product': pen}, {'title': 'B', 'product': pen}])

    for entity, needed in (('contact', an), ('product', pen)):
        with pytest.raises(Invalid) as refused:
            light.runtime.write(light.actor('admin'), lambda store, e=entity, n=needed: store.delete(e, n))
        assert [(each.code, each.params['count']) for each in refused.value.findings] == [('REC-E034', 1)]

    light.runtime.write(light.actor('admin'), lambda store: store.delete('opportunity', uid))
    light.runtime.write(light.actor('admin'), lambda store: store.delete('contact', an))
