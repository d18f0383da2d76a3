"""Type changes carried out, every type on either side of one, and taken back. What each pair makes is in test_converting.py."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from schema.values import Link
from tests.migrations.conftest import Shop, label
from tests.migrations.pairs import PAIRS, REFUSED, TABLE, entity_of, schema, value_of
from tests.migrations.test_link_changes import add_firm, during_backfill

CARRIED = [
    ('text', 'address'), ('long_text', 'rich_text'), ('long_text', 'url'), ('long_text', 'email'), ('email', 'tags'),
    ('phone', 'long_text'), ('url', 'text'), ('text', 'autonumber'), ('picklist', 'stage'),
    ('integer', 'phone'), ('decimal', 'integer'), ('percent', 'decimal'),
    ('money', 'percent'), ('date', 'datetime'), ('datetime', 'date'), ('time', 'duration'), ('duration', 'time'),
    ('picklist', 'boolean'), ('picklist', 'money'), ('picklist', 'rating'), ('multi_picklist', 'picklist'),
    ('tags', 'multi_picklist'), ('boolean', 'picklist'), ('stage', 'text'), ('rich_text', 'text'), ('address', 'text'),
    ('rating', 'decimal'), ('autonumber', 'integer'),
]  # fmt: skip


def test_every_type_is_carried() -> None:
    assert set(CARRIED) <= set(PAIRS)
    for side in (0, 1):
        assert {pair[side] for pair in CARRIED} == {pair[side] for pair in PAIRS}


@pytest.fixture
def converted(shop: Shop) -> Shop:
    """All at once: version 2 holds the sources with one record each, version 3 the targets."""
    shop.publish(entities=schema(CARRIED, lambda source, target: source))
    rows: dict[str, dict[str, Any]] = {}
    for source, target in CARRIED:
        entity = shop.catalog.entity(entity_of(source, target))
        each = entity.fields[f'to_{target}']
        rows.setdefault(entity.key, {}).update(each.to_columns(value_of(each, source, target)))
    with shop.database.writing() as connection:
        for number, (key, row) in enumerate(rows.items()):
            now = {'uid': f'{number:036}', 'created_at': shop.clock.now(), 'changed_at': shop.clock.now()}
            connection.execute(shop.catalog.entity(key).table.insert().values({**now, **row, 'name': key}))
    lines = [f'/entities/{entity_of(*pair)}/x-pipelines' for pair in CARRIED if pair[0] == 'stage']
    shop.publish(entities=schema(CARRIED, lambda source, target: target), remove=lines)
    return shop


def stored(shop: Shop, source: str, target: str) -> Any:
    entity = shop.catalog.entity(entity_of(source, target))
    with shop.database.reading() as connection:
        row = connection.execute(entity.table.select()).mappings().one()
    each = entity.fields[f'to_{target}']
    value = each.from_row(dict(row))
    return None if value is None else each.wire(value)


def test_each_value_becomes_what_the_table_says_and_returns_with_a_rollback(converted: Shop) -> None:
    expected = {pair: TABLE[pair[0]][pair[1]][1] for pair in CARRIED}
    assert {pair: stored(converted, *pair) for pair in CARRIED} == {
        pair: None if wire == REFUSED else wire for pair, wire in expected.items()
    }
    assert converted.publisher.count_unread(3) == sum(wire == REFUSED for wire in expected.values())

    converted.roll_back(2)

    for source, target in CARRIED:
        each = converted.catalog.entity(entity_of(source, target)).fields[f'to_{target}']
        assert stored(converted, source, target) == each.wire(value_of(each, source, target))


def test_what_was_computed_stays_as_a_value_of_its_own_and_is_computed_again_after_a_rollback(shop: Shop) -> None:
    half = {'x-type': 'formula', 'x-result': 'decimal', 'x-formula': 'count / 2', 'x-label': label('Half')}
    big = {'x-type': 'formula', 'x-result': 'boolean', 'x-formula': 'count > 2', 'x-label': label('Big')}
    boss = {'x-type': 'link', 'x-target': 'contact', 'x-label': label('Boss')}
    below = {
        'x-type': 'rollup',
        'x-label': label('Below'),
        'x-rollup': {'entity': 'contact', 'field': 'boss', 'function': 'count'},
    }
    above = {'x-type': 'through', 'x-label': label('Above'), 'x-through': {'link': 'boss', 'field': 'full_name'}}
    count = {'x-type': 'integer', 'x-label': label('Count')}
    parts = {'count': count, 'half': half, 'big': big, 'boss': boss, 'below': below, 'above': above}
    shop.publish(entities={'contact': {'properties': parts}})
    first = shop.insert(full_name='An', count=5, half=Decimal('2.50'), big=True, below=1)
    shop.insert(full_name='Binh', boss=Link('contact', '', first), below=0)
    kinds = {'half': 'decimal', 'big': 'boolean', 'below': 'integer'}
    shop.publish(entities={'contact': {'properties': {key: {'x-type': kind} for key, kind in kinds.items()}}})

    assert {key: shop.values(key) for key in kinds} == {'half': [Decimal('2.50'), None], 'big': [True, None], 'below': [1, 0]}
    shop.update(first, half=Decimal('9.00'))
    shop.roll_back(2)
    assert {key: shop.values(key) for key in kinds} == {'half': [Decimal('2.50'), None], 'big': [True, None], 'below': [1, 0]}


def test_what_was_read_through_a_link_stays_as_it_was_shown(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def above(field: str) -> dict[str, Any]:
        return {'x-type': 'through', 'x-label': label(field), 'x-through': {'link': 'boss', 'field': field}}

    boss = {'x-type': 'link', 'x-target': 'contact', 'x-label': label('Boss')}
    parts = {'boss': boss, 'named': above('full_name'), 'sized': above('size'), 'firm': above('company')}
    shop.publish(entities={'contact': {'properties': parts}})
    company = add_firm(shop, 'Hoa Sen')
    first = shop.insert(full_name='An', size='12', company=Link('company', '', company))
    second = shop.insert(full_name='Binh', size='twelve', boss=Link('contact', '', first))
    shop.insert(full_name='Chi', boss=Link('contact', '', second))
    shop.insert(full_name='Dung')
    kinds: dict[str, Any] = {'named': {'x-type': 'text'}, 'sized': {'x-type': 'integer'}}
    kinds['firm'] = {'x-type': 'link', 'x-target': 'company'}

    plan = shop.plan(entities={'contact': {'properties': kinds}})
    assert [(each.finding.pointer[-12:], each.finding.params['converted'], each.finding.params['failed'])
            for each in plan.impact] == [('named/x-type', 2, 0), ('sized/x-type', 1, 1), ('/firm/x-type', 1, 0)]  # fmt: skip
    assert [(each['title'], each['value']) for each in plan.impact[1].samples] == [('Chi', 'twelve')]
    with monkeypatch.context() as patch:
        during_backfill(patch, lambda: shop.update(4, boss=Link('contact', '', first)))
        shop.apply(plan)

    assert shop.values('named') == [None, 'An', 'Binh', 'An']
    assert shop.values('sized') == [None, 12, None, 12]
    assert [each and each.id for each in shop.values('firm')] == [None, company, None, company]
    assert [(each.title, each.value) for each in shop.publisher.unread(3)] == [('Chi', 'twelve')]
    shop.update(second, named='Someone')
    shop.roll_back(2)
    assert shop.contact.fields['named'].definition.type == 'through'
    shop.roll_back(3)
    assert shop.values('named') == [None, 'Someone', 'Binh', 'An']
