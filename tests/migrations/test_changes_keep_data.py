"""What people entered outlives every change of the schema."""

from __future__ import annotations

from tests.migrations.conftest import ADA, Shop, label


def test_a_renamed_field_keeps_its_values_and_its_places(shop: Shop) -> None:
    shop.insert(full_name='An', size='10')
    ref = shop.contact.fields['full_name'].ref

    shop.publish(entities={'contact': {'properties': {'name': {'x-ref': ref}}}})

    assert shop.values('name') == ['An']
    assert shop.contact.definition.title_field == 'name'
    assert shop.contact.fields['name'].definition.required
    assert shop.contact.definition.fields[0].aliases == ('full_name',)


def test_a_renamed_entity_keeps_its_table_and_the_links_to_it(shop: Shop) -> None:
    company = shop.catalog.entity('company')

    shop.publish(entities={'firm': {'x-ref': company.ref}})

    assert shop.catalog.entity('firm').table.name == company.table.name
    assert shop.contact.fields['company'].definition.targets == ('firm',)
    assert shop.contact.fields['company'].definition.column == 'company'


def test_a_dropped_field_comes_back_with_its_values(shop: Shop) -> None:
    shop.insert(full_name='An', size='10')
    shop.publish(remove=['/entities/contact/properties/size'])
    assert 'size' not in shop.contact.fields

    shop.roll_back(1)

    assert shop.values('size') == ['10']


def test_what_was_entered_in_a_newer_field_returns_when_rolled_forward(shop: Shop) -> None:
    row = shop.insert(full_name='An')
    shop.field('budget', {'x-type': 'money', 'x-currency': 'VND', 'x-label': label('Budget')})
    shop.update(row, budget=shop.contact.fields['budget'].type.normalise(shop.contact.fields['budget'].definition, '5', None))
    entered = shop.values('budget')

    shop.roll_back(1)
    assert 'budget' not in shop.contact.fields
    shop.roll_back(2)

    assert shop.values('budget') == entered
    assert entered[0] is not None
    assert shop.catalog.number == 4


def test_a_dropped_entity_comes_back_with_its_records_and_links(shop: Shop) -> None:
    shop.insert(full_name='An')
    shop.publish(remove=['/entities/contact'])
    assert shop.catalog.find_entity('contact') is None

    shop.roll_back(1)

    assert shop.values('full_name') == ['An']
    assert shop.physical.links['x_contact'] >= {'company'}


def test_a_new_field_with_a_dropped_ones_key_starts_empty(shop: Shop) -> None:
    shop.insert(full_name='An', size='10')
    shop.publish(remove=['/entities/contact/properties/size'])

    shop.field('size', {'x-type': 'text', 'x-label': label('Size')})

    assert shop.values('size') == [None]


def test_a_type_change_converts_what_it_can_and_rolls_back_to_the_originals(shop: Shop) -> None:
    for size in ('10', 'about ten', None):
        shop.insert(full_name='An', size=size)
    plan = shop.plan(entities={'contact': {'properties': {'size': {'x-type': 'integer'}}}})
    shop.apply(plan)

    assert shop.values('size') == [10, None, None]
    (impact,) = plan.impact
    assert (impact.finding.code, impact.finding.params['converted'], impact.finding.params['failed']) == ('MIG-W003', 1, 1)
    assert [each['value'] for each in impact.samples] == ['about ten']

    shop.insert(full_name='Binh', size=25)
    shop.roll_back(1)
    assert shop.values('size') == ['10', 'about ten', None, '25']

    shop.roll_back(2)
    assert shop.values('size') == [10, None, None, 25]


def test_records_of_a_dropped_option_move_and_return_with_it(shop: Shop) -> None:
    web, fair = (option.ref for option in shop.contact.fields['source'].definition.options)
    for source in (web, fair, None):
        shop.insert(full_name='An', source=source)
    pointer = '/entities/contact/properties/source/x-options/fair'
    refused = shop.plan(remove=[pointer])
    assert [(each.code, each.params['count']) for each in refused.findings] == [('MIG-E014', 1)]

    shop.publish(remove=[pointer], remap={fair: 'web'})
    assert shop.values('source') == [web, web, None]

    shop.roll_back(1)
    assert shop.values('source') == [web, fair, None]


def test_what_was_entered_returns_whole_from_behind_a_computed_field(shop: Shop) -> None:
    """Where it has a result as much as where it has none; nobody entered that."""
    for size in ('10', 'about ten', None):
        shop.insert(full_name='An', size=size)
    shop.publish(entities={'contact': {'properties': {'size': {
        'x-type': 'formula', 'x-result': 'text', 'x-formula': "full_name + '!'"}}}})  # fmt: skip
    assert shop.values('size') == ['An!'] * 3

    plan = shop.publisher.rollback_plan(1, ADA)
    assert [each.finding.code for each in plan.impact] == []
    shop.apply(plan)

    assert shop.values('size') == ['10', 'about ten', None]
