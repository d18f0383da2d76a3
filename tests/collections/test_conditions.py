"""Filters and rules over links and lines: the database's answer, people's reach, and the same answer in Python."""

from __future__ import annotations

from typing import Any

import pytest

from modules.records.changing import Change
from modules.records.judging import Held, Judge
from modules.records.model import ListQuery
from schema import conditions
from tests.collections.conftest import deal, person
from tests.support.site import Site


@pytest.fixture
def deals(shop: Site) -> dict[str, str]:
    """Uids by title: who is linked and what is sold."""
    an, binh = person(shop, 'An'), person(shop, 'Bình')
    gone = person(shop, 'Gone')
    found = {
        'an': an, 'binh': binh,
        'both': deal(shop, title='both', people=[an, binh], items=[{'title': 'Bút', 'quantity': 2}, {'title': 'Vở'}]),
        'one': deal(shop, title='one', people=[binh], items=[{'title': 'Bút', 'quantity': 9}]),
        'left': deal(shop, title='left', people=[gone]),
        'none': deal(shop, title='none'),
    }  # fmt: skip
    shop.runtime.write(shop.actor('admin'), lambda store: store.delete('contact', gone))
    return found


def picked(site: Site, document: dict[str, Any], who: str = 'admin', entity: str = 'opportunity') -> list[str]:
    with site.runtime.reader(site.actor(who)) as reader:
        page = reader.list_page(entity, ListQuery(filter=document))
    return sorted(record.title for record in page.records)


def judged(site: Site, document: dict[str, Any]) -> list[str]:
    """The same, decided in Python as rules are."""
    catalog = site.runtime.catalogs.current()
    entity = catalog.entity('opportunity')
    condition = conditions.compile(document, entity, catalog)
    found = []
    with site.runtime.database.session() as session:
        rows = session.execute(entity.table.select().where(entity.table.c.deleted_at.is_(None))).mappings().all()
        held = [Held(Change(entity, row['uid'], {}, dict(row))) for row in rows]
        judge = Judge(session, catalog, site.actor('admin'), site.runtime.clock)
        judge.load(condition, held)
        found = [row['title'] for row, each in zip(rows, held, strict=True) if judge.decide(condition, each)]
    return sorted(found)


CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({'field': 'people', 'op': 'is_empty'}, ['left', 'none']),
    ({'field': 'people', 'op': 'is_not_empty'}, ['both', 'one']),
    ({'field': 'people', 'op': 'has_any', 'value': ['an']}, ['both']),
    ({'field': 'people', 'op': 'has_all', 'value': ['an', 'binh']}, ['both']),
    ({'field': 'people', 'op': 'has_none', 'value': ['an']}, ['one']),
    ({'not': {'field': 'people', 'op': 'has_any', 'value': ['an']}}, ['one']),
    ({'field': 'items', 'op': 'is_empty'}, ['left', 'none']),
    ({'any_related': {'links': 'people'}, 'where': {'field': 'full_name', 'op': 'eq', 'value': 'An'}}, ['both']),
    ({'every_related': {'links': 'people'}, 'where': {'field': 'full_name', 'op': 'eq', 'value': 'Bình'}},
     ['left', 'none', 'one']),
    ({'none_related': {'links': 'people'}}, ['left', 'none']),
    ({'count_related': {'links': 'people'}, 'op': 'gte', 'value': 2}, ['both']),
    ({'any_related': {'lines': 'items'}, 'where': {'field': 'quantity', 'op': 'gt', 'value': 5}}, ['one']),
    ({'count_related': {'lines': 'items'}, 'op': 'eq', 'value': 2}, ['both']),
    ({'sum_related': {'lines': 'items'}, 'of': 'quantity', 'op': 'gte', 'value': 3}, ['both', 'one']),
]  # fmt: skip


def _with_uids(document: Any, uids: dict[str, str]) -> Any:
    if isinstance(document, dict):
        return {key: _with_uids(part, uids) for key, part in document.items()}
    if isinstance(document, list):
        return [_with_uids(part, uids) for part in document]
    return uids[document] if document in ('an', 'binh') else document


def test_filters_and_rules_over_links_and_lines_pick_the_same_records(shop: Site, deals: dict[str, str]) -> None:
    for written, expected in CASES:
        document = _with_uids(written, deals)
        assert picked(shop, document) == expected, written
        assert judged(shop, document) == expected, written


def test_the_other_side_of_links_is_a_relation_too(shop: Site, deals: dict[str, str]) -> None:
    back = {'entity': 'opportunity', 'field': 'people'}

    found = picked(shop, {'any_related': back, 'where': {'field': 'title', 'op': 'eq', 'value': 'both'}}, entity='contact')

    assert found == ['An', 'Bình']
    assert picked(shop, {'count_related': back, 'op': 'eq', 'value': 2}, entity='contact') == ['Bình']


def test_a_filter_does_not_tell_of_linked_records_out_of_reach(shop: Site) -> None:
    theirs = person(shop, 'Theirs', 'rep2')
    uid = deal(shop, 'rep')
    shop.runtime.write(shop.actor('admin'), lambda store: store.update('opportunity', uid, {'people': [theirs]}))

    assert picked(shop, {'field': 'people', 'op': 'is_empty'}, 'rep') == ['Deal']
    assert picked(shop, {'field': 'people', 'op': 'has_any', 'value': [theirs]}, 'rep') == []
    assert picked(shop, {'any_related': {'links': 'people'}}, 'rep') == []


def test_a_relation_names_a_field_of_its_own_kind(shop: Site) -> None:
    catalog = shop.runtime.catalogs.current()

    found = conditions.check({'any_related': {'lines': 'people'}}, 'opportunity', catalog)

    assert [(each.code, each.pointer) for each in found] == [('SCH-E233', '/any_related/lines')]
    documents = {key: entity.definition for key, entity in catalog.entities.items()}
    assert conditions.check({'any_related': {'lines': 'items'}, 'where': {'field': 'quantity', 'op': 'gt', 'value': 1}},
                            'opportunity', documents) == []  # fmt: skip
