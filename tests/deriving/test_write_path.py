"""Derived values follow every way of writing, in the same transaction, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from modules.records.preparing import Change
from modules.records.tables import record_history
from schema.base.errors import Invalid
from schema.base.ids import new_uid
from tests.deriving.conftest import change, read, vnd
from tests.support.site import Site


def test_formulas_chain_and_read_behind_a_link_when_a_record_is_created(shop: Site) -> None:
    firm = shop.create('admin', 'firm', name='Hải Âu', rate='10')

    sale = shop.create('admin', 'sale', title='Vải', firm=firm, quantity=3, price=vnd(200), sold_on='2026-01-31')

    assert read(shop, 'sale', sale, 'net', 'gross', 'name', 'due_on', 'ratio') == (
        vnd(600), vnd(660), 'Hải Âu · Vải', '2026-03-02', '0.333',
    )  # fmt: skip
    assert read(shop, 'firm', firm, 'sales', 'big', 'total', 'mean', 'first', 'last', 'share') == (
        1, 0, vnd(600), '3.00', '2026-01-31', '2026-01-31', '600.00',
    )  # fmt: skip


def test_a_record_nothing_counts_for_has_a_count_of_zero_and_blanks(shop: Site) -> None:
    firm = shop.create('admin', 'firm', name='Mới')

    assert read(shop, 'firm', firm, 'sales', 'big', 'friends', 'total', 'mean', 'last', 'share') == (
        0, 0, 0, None, None, None, None,
    )  # fmt: skip


def test_rollups_follow_change_relink_deletion_and_restoring(shop: Site) -> None:
    one, two = (shop.create('admin', 'firm', name=name) for name in ('Một', 'Hai'))
    sale = shop.create('admin', 'sale', title='A', firm=one, quantity=2, price=vnd(100))
    shop.create('admin', 'sale', title='B', firm=one, quantity=12, price=vnd(10))
    actor = shop.actor('admin')

    assert read(shop, 'firm', one, 'sales', 'big', 'total', 'mean', 'share') == (2, 1, vnd(320), '7.00', '160.00')
    change(shop, 'sale', sale, quantity=20)
    assert read(shop, 'firm', one, 'sales', 'big', 'total', 'share') == (2, 2, vnd(2120), '1060.00')
    change(shop, 'sale', sale, firm=two)
    assert read(shop, 'firm', one, 'sales', 'big', 'total') == (1, 1, vnd(120))
    assert read(shop, 'firm', two, 'sales', 'big', 'total') == (1, 1, vnd(2000))
    shop.runtime.write(actor, lambda store: store.delete('sale', sale))
    assert read(shop, 'firm', two, 'sales', 'big', 'total', 'share') == (0, 0, None, None)
    shop.runtime.write(actor, lambda store: store.restore('sale', sale))
    assert read(shop, 'firm', two, 'sales', 'big', 'total', 'share') == (1, 1, vnd(2000), '2000.00')


def test_a_change_behind_a_link_reaches_formulas_lines_and_their_rollups(shop: Site) -> None:
    firm = shop.create('admin', 'firm', name='Hải Âu', rate='10')
    lines = [{'what': 'áo', 'count': 2, 'price': vnd(50), 'firm': firm}, {'what': 'mũ', 'price': vnd(5), 'firm': firm}]
    sale = shop.create('admin', 'sale', title='Vải', firm=firm, quantity=1, price=vnd(100), items=lines)

    assert read(shop, 'sale', sale, 'items_sum', 'items_cost', 'whole') == (vnd(105), '20.00', vnd(205))
    change(shop, 'firm', firm, name='Bồ Câu', rate='20')

    assert read(shop, 'sale', sale, 'name', 'gross', 'items_cost') == ('Bồ Câu · Vải', vnd(120), '40.00')
    found = read(shop, 'sale', sale, 'items')
    assert [(line['sum'], line['by'], line['cost']) for line in found] == [
        (vnd(100), 'Bồ Câu: áo', '40.00'), (vnd(5), 'Bồ Câu: mũ', '20.00'),
    ]  # fmt: skip


def test_lines_carry_their_sums_into_the_record_when_they_change(shop: Site) -> None:
    sale = shop.create('admin', 'sale', title='Vải', items=[{'what': 'áo', 'count': 2, 'price': vnd(50)}])
    line = read(shop, 'sale', sale, 'items')[0]['uid']

    change(shop, 'sale', sale, items={'change': [{'uid': line, 'count': 3}], 'add': [{'what': 'mũ', 'price': vnd(1)}]})

    assert read(shop, 'sale', sale, 'items_sum', 'whole') == (vnd(151), vnd(151))
    change(shop, 'sale', sale, items={'remove': [line]})
    assert read(shop, 'sale', sale, 'items_sum') == vnd(1)
    change(shop, 'sale', sale, items=[])
    assert read(shop, 'sale', sale, 'items_sum', 'whole') == (None, vnd(0))


def test_a_rollup_over_several_links_follows_what_is_added_and_removed(shop: Site) -> None:
    one, two = (shop.create('admin', 'firm', name=name) for name in ('Một', 'Hai'))
    sale = shop.create('admin', 'sale', title='A', partners=[one, two], quantity=2, price=vnd(100), sold_on='2026-01-31')

    def told(firm: str) -> tuple[Any, ...]:
        return tuple(read(shop, 'firm', firm, 'friends', 'shared', 'recent'))

    assert told(one) == told(two) == (1, None, '2026-01-31')
    change(shop, 'sale', sale, maker=two)
    assert told(one) == told(two) == (1, vnd(200), '2026-01-31')
    change(shop, 'sale', sale, partners={'remove': [one]}, quantity=3)
    assert (told(one), told(two)) == ((0, None, None), (1, vnd(300), '2026-01-31'))
    shop.runtime.write(shop.actor('admin'), lambda store: store.delete('sale', sale))
    assert told(two) == (0, None, None)
    shop.runtime.write(shop.actor('admin'), lambda store: store.restore('sale', sale))
    change(shop, 'sale', sale, partners={'add': [one]})
    assert told(one) == told(two) == (1, vnd(300), '2026-01-31')


def test_a_rollup_counts_by_the_person_that_its_condition_names(shop: Site) -> None:
    firm = shop.create('admin', 'firm', name='Hải Âu')
    sale = shop.create('admin', 'sale', title='A', firm=firm, owner='rep')
    shop.create('admin', 'sale', title='B', firm=firm, owner='admin')

    assert read(shop, 'firm', firm, 'sales', 'repped') == (2, 1)
    change(shop, 'sale', sale, owner='admin')
    assert read(shop, 'firm', firm, 'repped') == 0


def test_derived_writes_raise_no_revision_and_leave_no_history(shop: Site) -> None:
    firm = shop.create('admin', 'firm', name='Hải Âu')
    sale = shop.create('admin', 'sale', title='A', firm=firm, quantity=2, price=vnd(100))
    saved = change(shop, 'sale', sale, quantity=4)

    assert (saved.revision, saved.changed) == (2, ('quantity',))
    assert read(shop, 'firm', firm, 'revision', 'total') == (1, vnd(400))
    with shop.runtime.database.reading() as connection:
        kept = connection.execute(sa.select(record_history.c.changes).where(record_history.c.record_uid == sale)).scalars()
        refs = {ref.rpartition('_')[0] for changes in kept for ref in changes}
    assert not refs & {'net', 'gross', 'name', 'ratio', 'whole'}


def test_a_division_by_zero_is_blank_with_a_warning_and_the_record_is_saved(shop: Site) -> None:
    saved = shop.runtime.write(shop.actor('admin'), lambda store: store.create('sale', {'title': 'A', 'quantity': 0}))

    assert [(each.code, each.pointer, each.level) for each in saved.warnings] == [('REC-W051', '/ratio', 'warning')]
    assert read(shop, 'sale', saved.uid, 'ratio', 'net') == (None, None)
    assert change(shop, 'sale', saved.uid, quantity=4).warnings == ()
    assert read(shop, 'sale', saved.uid, 'ratio') == '0.250'


def test_a_sum_over_two_currencies_is_blank_and_tells_why(shop: Site) -> None:
    firm = shop.create('admin', 'firm', name='Hải Âu')
    for currency in ('VND', 'USD'):
        price = {'amount': '100', 'currency': currency}
        shop.create('admin', 'sale', title=currency, firm=firm, quantity=1, price=price)

    with shop.runtime.reader(shop.actor('admin')) as reader:
        notes = reader.derived_notes(reader.get('firm', firm))

    assert read(shop, 'firm', firm, 'sales', 'total') == (2, None)
    assert notes['total'].code == 'REC-W055'


def test_nobody_writes_a_derived_field(shop: Site) -> None:
    with pytest.raises(Invalid) as refusal:
        shop.create('admin', 'sale', title='A', net=vnd(5))

    assert [(each.code, each.pointer) for each in refusal.value.findings] == [('REC-E018', '/net')]


def test_rollups_move_by_what_a_save_adds_and_takes_and_look_at_no_other_row(shop: Site) -> None:
    firm = shop.create('admin', 'firm', name='Hải Âu')
    days = ('2026-03-01', '2026-01-01', '2026-12-31')
    sales = [shop.create('admin', 'sale', firm=firm, partners=[firm], quantity=20, price=vnd(5), sold_on=day) for day in days]
    engine, told = shop.runtime.database.write_engine, []
    listen = lambda *arguments: told.append(arguments[2])  # noqa: E731
    sa.event.listen(engine, 'before_cursor_execute', listen)

    shop.create('admin', 'sale', firm=firm, quantity=2, price=vnd(7), sold_on='2026-02-02')
    change(shop, 'sale', sales[0], quantity=1, price=vnd(11), owner='rep', maker=firm)
    shop.runtime.write(shop.actor('admin'), lambda store: store.delete('sale', sales[1]))
    sa.event.remove(engine, 'before_cursor_execute', listen)

    counted = [each for each in told if 'GROUP BY' in each.upper()]
    assert [each for each in counted if 'rows_1' in each or 'filled_0' not in each] == []  # an average alone asks for all rows
    assert len([each for each in told if 'LIMIT' in each.upper() and 'sold_on' in each]) == 1  # the first day went
    assert read(shop, 'firm', firm, 'sales', 'big', 'total', 'first', 'last', 'friends', 'shared', 'repped') == (
        3, 1, vnd(125), '2026-02-02', '2026-12-31', 2, vnd(11), 1,
    )  # fmt: skip
    with shop.runtime.database.reading() as connection:
        table = shop.runtime.catalogs.current().entity('sale').table.name
        indexed = [index['column_names'] for index in sa.inspect(connection).get_indexes(table)]
    assert ['firm', 'sold_on', 'deleted_at'] in indexed and ['firm', 'quantity', 'deleted_at'] in indexed


def test_many_at_once_cost_no_more_statements_than_one(shop: Site) -> None:
    actor = shop.actor('admin')
    firms = [shop.create('admin', 'firm', name=f'Hãng {number}') for number in range(3)]
    entity = shop.runtime.catalogs.current().entity('sale')

    def create(count: int) -> int:
        wires = [{'title': str(n), 'firm': firms[n % 3], 'quantity': n, 'price': vnd(1)} for n in range(count)]
        changes = [Change(entity, new_uid(), wire) for wire in wires]
        statements: list[str] = []
        engine = shop.runtime.database.write_engine
        listen = lambda *arguments: statements.append(arguments[2])  # noqa: E731
        sa.event.listen(engine, 'before_cursor_execute', listen)
        shop.runtime.write(actor, lambda store: store.create_many('sale', changes))
        sa.event.remove(engine, 'before_cursor_execute', listen)
        return len(statements)

    create(3)
    assert create(60) <= create(3) + 1
