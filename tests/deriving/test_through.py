"""Fields read through a link: shown, filtered and sorted with the rights of the target, without a statement for each row."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from modules.records.model import ListQuery, Sort
from tests.deriving.conftest import publish, read, vnd
from tests.support.site import Site

COLUMNS = ('title', 'firm_phone', 'firm_total')


def rows(site: Site, who: str = 'admin', **query: Any) -> list[tuple[Any, ...]]:
    with site.runtime.reader(site.actor(who)) as reader:
        page = reader.list_page('sale', ListQuery(columns=COLUMNS, **query))
        return [tuple(record.wire()[column] for column in COLUMNS) for record in page.records]


def fill(site: Site) -> None:
    for name, phone in (('Hải Âu', '+84912345678'), ('Bồ Câu', '+84987654321')):
        firm = site.create('admin', 'firm', name=name, phone=phone)
        site.create('admin', 'sale', title=name, firm=firm, quantity=1, price=vnd(len(name)))
    site.create('admin', 'sale', title='none')


def test_it_is_shown_in_lists_filtered_and_sorted_by(shop: Site) -> None:
    fill(shop)

    one, two, none = ('Hải Âu', '+84912345678', vnd(6)), ('Bồ Câu', '+84987654321', vnd(6)), ('none', None, None)
    assert rows(shop) == [none, two, one]
    assert rows(shop, filter={'field': 'firm_phone', 'op': 'eq', 'value': '0912345678'}) == [one]
    assert rows(shop, filter={'field': 'firm_phone', 'op': 'is_empty'}) == [none]
    assert rows(shop, sort=(Sort('firm_phone'),)) == [one, two, none]
    assert rows(shop, sort=(Sort('firm_phone', descending=True),)) == [two, one, none]


def test_pages_follow_each_other_in_its_order(shop: Site) -> None:
    fill(shop)

    with shop.runtime.reader(shop.actor('admin')) as reader:
        found, cursor = [], None
        while True:
            page = reader.list_page('sale', ListQuery(columns=COLUMNS, sort=(Sort('firm_phone'),), size=1, cursor=cursor))
            found += [record.values['title'] for record in page.records]
            cursor = page.next
            if cursor is None:
                break
    assert found == ['Hải Âu', 'Bồ Câu', 'none']


def test_a_list_of_many_needs_one_statement_more(shop: Site) -> None:
    firms = [shop.create('admin', 'firm', name=f'Hãng {number}', phone=f'+8491234567{number}') for number in range(8)]
    for number in range(24):
        shop.create('admin', 'sale', title=str(number), firm=firms[number % 8])
    statements: list[str] = []
    engine = shop.runtime.database.read_engine
    listen = lambda *arguments: statements.append(arguments[2])  # noqa: E731
    sa.event.listen(engine, 'before_cursor_execute', listen)

    with shop.runtime.reader(shop.actor('admin'), shop.runtime.catalogs.current()) as reader:
        statements.clear()
        page = reader.list_page('sale', ListQuery(columns=COLUMNS))

    sa.event.remove(engine, 'before_cursor_execute', listen)
    assert len(page.records) == 24
    assert len([each for each in statements if each.startswith('SELECT')]) == 2


def test_what_stands_behind_is_blank_for_who_may_not_see_it(shop: Site) -> None:
    fill(shop)
    role = shop.runtime.publisher.documents()['role', 'rep']
    grants = {**role['grants'], 'sale': {'read': 'all'}, 'firm': {'read': 'own'}}
    publish(shop, roles={'rep': {'grants': grants, 'fields': {'firm': {'phone': 'read', 'total': 'none'}}}})
    own = shop.create('admin', 'firm', name='Của tôi', phone='+84900000001', owner='rep')
    shop.create('admin', 'sale', title='own', firm=own, quantity=1, price=vnd(1))

    seen = rows(shop, 'rep')
    assert seen == [('own', '+84900000001', None), ('none', None, None), ('Bồ Câu', None, None), ('Hải Âu', None, None)]
    assert [row[0] for row in rows(shop, 'rep', sort=(Sort('firm_phone'),))] == ['own', 'none', 'Bồ Câu', 'Hải Âu']


def test_it_stands_in_the_api_and_cannot_be_written(shop: Site) -> None:
    firm = shop.create('admin', 'firm', name='Hải Âu', phone='+84912345678')
    sale = shop.create('admin', 'sale', title='A', firm=firm)
    client = shop.client('admin')

    assert read(shop, 'sale', sale, 'firm_phone') == '+84912345678'
    face = client.get('/api/v1/schema/sale').get_json()['properties']
    assert (face['firm_phone']['readOnly'], face['net']['readOnly'], 'readOnly' in face['quantity']) == (True, True, False)
    writing = client.get('/api/v1/schema/sale?for=write').get_json()['properties']
    assert not {'firm_phone', 'net', 'items_sum'} & set(writing)
