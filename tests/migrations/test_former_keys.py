"""Former keys go on working, their use is counted, and a key is free again when an admin retires it."""

from __future__ import annotations

import pytest

from migrations.aliases import keep_uses
from schema.base.errors import BadRequest, Invalid
from schema.conditions import condition
from schema.fieldtypes.base import Reading
from tests.migrations.conftest import ADA, NOW, Shop, label


def rename(shop: Shop) -> None:
    ref = shop.contact.fields['full_name'].ref
    shop.publish(entities={'contact': {'properties': {'name': {'x-ref': ref}}}})


def test_each_use_of_a_former_key_is_counted_with_its_time(shop: Shop) -> None:
    rename(shop)
    assert [(each.alias, each.key, each.count, each.last_used_at) for each in shop.publisher.former_keys()] == [
        ('full_name', 'name', 0, None)
    ]

    shop.contact.find_field('full_name')
    condition.compile({'field': 'full_name', 'op': 'eq', 'value': 'An'}, shop.contact, shop.catalog)
    shop.contact.find_field('name')

    assert keep_uses(shop.database, shop.catalogs, shop.clock) == 2
    shop.contact.find_field('full_name')
    (found,) = shop.publisher.former_keys()
    assert (found.count, found.last_used_at) == (3, NOW)
    assert found.as_wire('vi')['label'] == 'Full name vi'


def test_uses_met_on_a_retired_catalog_are_not_forgotten(shop: Shop) -> None:
    rename(shop)
    shop.contact.find_field('full_name')
    for number in range(4):
        shop.field(f'more_{number}', {'x-type': 'text', 'x-label': label('More')})
        assert number in range(4) and shop.catalog.number == 3 + number

    assert [each.count for each in shop.publisher.former_keys()] == [1]


def test_a_former_key_cannot_be_given_away_until_it_is_retired(shop: Shop) -> None:
    rename(shop)
    again = {'entities': {'contact': {'properties': {'full_name': {'x-type': 'text', 'x-label': label('Other')}}}}}

    with pytest.raises(Invalid) as refused:
        shop.plan(**again)
    (found,) = refused.value.findings
    assert (found.code, found.params['remove']) == ('SCH-E028', '/entities/contact/properties/name/x-aliases/full_name')

    (former,) = shop.publisher.former_keys()
    plan = shop.plan(remove=[former.pointer])
    assert plan.as_wire('en')['changes'] == ['Contact: the former key full_name of Full name is retired']
    shop.apply(plan)
    assert shop.publisher.former_keys() == []
    assert shop.contact.find_field('full_name') is None

    shop.publish(**again)
    assert shop.contact.fields['full_name'].definition.column != shop.contact.fields['name'].definition.column


def test_a_renamed_entity_is_found_by_its_former_key_and_counted(shop: Shop) -> None:
    shop.publish(entities={'firm': {'x-ref': shop.catalog.entity('company').ref}})

    assert shop.catalog.entity('company').key == 'firm'

    assert [(each.alias, each.count) for each in shop.publisher.former_keys()] == [('company', 1)]
    with pytest.raises(Invalid) as refused:
        shop.plan(entities={'company': {'x-label': label('Other'), 'properties': {}}})
    assert 'SCH-E028' in [each.code for each in refused.value.findings]


def test_keys_given_since_stay_usable_after_a_rollback(shop: Shop) -> None:
    """Of fields, options, stages and fields of lines alike, however often they were renamed."""
    option, stage = {'key': 'low', 'label': label('Low')}, {'key': 'start', 'label': label('Start'), 'category': 'open'}
    shop.publish(entities={'contact': {
        'properties': {'rank': {'x-type': 'picklist', 'x-label': label('Rank'), 'x-options': [option]},
                       'step': {'x-type': 'stage', 'x-label': label('Step')},
                       'items': {'x-type': 'lines', 'x-label': label('Lines'),
                                 'x-lines': {'properties': {'what': {'x-type': 'text', 'x-label': label('What')}}}}},
        'x-pipelines': [{'key': 'way', 'label': label('Way'), 'stages': [stage]}],
    }})  # fmt: skip
    base, fields = shop.catalog.number, shop.contact.fields
    ref, lines = fields['full_name'].ref, fields['items'].lines
    assert lines is not None
    options = {name: fields[name].definition.options[0].ref for name in ('rank', 'step')}
    for key in ('name', 'whole_name'):
        shop.publish(entities={'contact': {
            'properties': {key: {'x-ref': ref}, 'rank': {'x-options': [{'ref': options['rank'], 'key': f'{key}_rank'}]},
                           'items': {'x-lines': {'properties': {f'{key}_line': {'x-ref': lines.fields['what'].ref}}}}},
            'x-pipelines': [{'key': 'way', 'stages': [{'ref': options['step'], 'key': f'{key}_step'}]}],
        }})  # fmt: skip

    shop.roll_back(base)

    assert shop.contact.fields['full_name'].ref == ref
    assert {each.alias for each in shop.publisher.former_keys()} == {
        f'{key}{kind}' for key in ('name', 'whole_name') for kind in ('', '_rank', '_step', '_line')
    }
    assert shop.publisher.rollback_plan(base + 2, ADA).changes


def test_former_keys_of_options_and_stages_go_on_working_and_are_counted(shop: Shop) -> None:
    options = [{'key': key, 'label': label(key)} for key in ('low', 'high')]
    stages = [{'key': key, 'label': label(key), 'category': 'open'} for key in ('start', 'middle')]
    shop.publish(entities={'contact': {
        'properties': {'rank': {'x-type': 'picklist', 'x-label': label('Rank'), 'x-options': options},
                       'step': {'x-type': 'stage', 'x-label': label('Step')}},
        'x-pipelines': [{'key': 'way', 'label': label('Way'), 'stages': stages}],
    }})  # fmt: skip
    high = shop.contact.fields['rank'].definition.options[1]
    middle = shop.contact.fields['step'].definition.options[1]
    shop.publish(entities={'contact': {
        'properties': {'rank': {'x-options': [{'ref': high.ref, 'key': 'top'}]}},
        'x-pipelines': [{'key': 'way', 'stages': [{'ref': middle.ref, 'key': 'centre'}]}],
    }})  # fmt: skip

    rank, step = shop.contact.fields['rank'], shop.contact.fields['step']
    assert rank.type.normalise(rank.definition, 'high', Reading()) == high.ref
    assert step.type.normalise(step.definition, rank.type.parse(step.definition, 'middle', Reading()), Reading()) == middle.ref
    condition.compile({'field': 'rank', 'op': 'in', 'value': ['high', 'low']}, shop.contact, shop.catalog)
    condition.compile({'field': 'step', 'op': 'eq', 'value': 'centre'}, shop.contact, shop.catalog)
    keep_uses(shop.database, shop.catalogs, shop.clock)

    former = {each.alias: each for each in shop.publisher.former_keys()}
    assert {name: (each.key, each.count) for name, each in former.items()} == {'high': ('top', 1), 'middle': ('centre', 0)}
    again = {'entities': {'contact': {'properties': {'rank': {'x-options': [{'key': 'high', 'label': label('High')}]}}}}}
    with pytest.raises(Invalid) as refused:
        shop.plan(**again)
    assert [each.code for each in refused.value.findings] == ['SCH-E028']
    shop.publish(remove=[each.pointer for each in former.values()])
    assert shop.publisher.former_keys() == []
    shop.publish(**again)
    assert {each.key for each in shop.contact.fields['rank'].definition.options} == {'high', 'low', 'top'}


def test_a_key_given_to_a_new_part_in_the_same_request_leads_to_that_one(shop: Shop) -> None:
    """Of entities, fields and options alike; the part that had it keeps its identity and its values."""
    company, fields = shop.catalog.entity('company'), shop.contact.fields
    web = fields['source'].definition.options[0]
    shop.insert(full_name='An', size='10', source=web.ref)

    shop.publish(entities={
        'firm': {'x-ref': company.ref},
        'company': {'x-label': label('Other'), 'properties': {'name': {'x-type': 'text', 'x-label': label('Name')}}},
        'contact': {'properties': {
            'measure': {'x-ref': fields['size'].ref},
            'size': {'x-type': 'text', 'x-label': label('Another size')},
            'source': {'x-options': [{'ref': web.ref, 'key': 'site'}, {'key': 'web', 'label': label('Another web')}]},
        }},
    })  # fmt: skip

    assert (shop.values('measure'), shop.values('size'), shop.values('source')) == (['10'], [None], [web.ref])
    assert shop.contact.fields['source'].wire(web.ref) == 'site'
    assert shop.catalog.entity('firm').table.name == company.table.name != shop.catalog.entity('company').table.name
    assert shop.contact.fields['company'].definition.targets == ('firm',)
    assert shop.publisher.former_keys() == [] and shop.publisher.check({}) == []
    shop.roll_back(1)
    assert shop.values('size') == ['10'] and shop.publisher.check({}) == []


def test_fields_swap_their_keys_and_keep_their_values(shop: Shop) -> None:
    shop.insert(full_name='An', size='10')
    name, size = (shop.contact.fields[key].ref for key in ('full_name', 'size'))

    shop.publish(entities={'contact': {'properties': {'size': {'x-ref': name}, 'full_name': {'x-ref': size}}}})

    assert (shop.values('size'), shop.values('full_name')) == (['An'], ['10'])
    assert shop.contact.definition.title_field == 'size'
    assert shop.publisher.former_keys() == [] and shop.publisher.check({}) == []


def test_a_key_of_another_part_is_refused_and_nothing_is_lost(shop: Shop) -> None:
    name, company = shop.contact.fields['full_name'].ref, shop.catalog.entity('company').ref
    with pytest.raises(BadRequest) as refused:
        shop.plan(entities={'contact': {'x-ref': company}})
    assert [(each.code, each.pointer) for each in refused.value.findings] == [('SCH-E021', '/entities/contact')]

    with pytest.raises(BadRequest) as refused:
        shop.plan(entities={'contact': {'properties': {'size': {'x-ref': name}}}})
    assert [each.pointer for each in refused.value.findings] == ['/entities/contact/properties/size']

    shop.publish(entities={'contact': {'properties': {'size': {'x-ref': name}}}}, remove=['/entities/contact/properties/size'])
    assert shop.contact.definition.title_field == 'size' and shop.contact.fields['size'].ref == name


def test_a_removed_field_goes_from_lists_also_where_its_entity_is_renamed(shop: Shop) -> None:
    lines = {'x-type': 'lines', 'x-label': label('Lines'), 'x-lines': {'required': ['why'], 'properties': {
        key: {'x-type': 'text', 'x-label': label(key)} for key in ('what', 'why')}}}  # fmt: skip
    shop.publish(entities={'contact': {'properties': {'items': lines}, 'x-layouts': {'list': ['full_name', 'size']}}})
    ref, items = shop.contact.ref, shop.contact.fields['items'].ref

    shop.publish(
        entities={'person': {'x-ref': ref, 'properties': {'rows': {'x-ref': items}}}},
        remove=['/entities/contact/properties/size', '/entities/contact/properties/items/x-lines/properties/why'],
    )

    person = shop.catalog.entity('person').definition.document
    assert person['x-layouts'] == {'list': ['full_name']} and not person['properties']['rows']['x-lines'].get('required')


def test_former_labels_of_fields_options_and_stages_are_remembered_told_and_retired(shop: Shop) -> None:
    option, stage = {'key': 'low', 'label': label('Low')}, {'key': 'start', 'label': label('Start'), 'category': 'open'}
    shop.publish(entities={'contact': {
        'properties': {'rank': {'x-type': 'picklist', 'x-label': label('Rank'), 'x-options': [option]},
                       'step': {'x-type': 'stage', 'x-label': label('Step')}},
        'x-pipelines': [{'key': 'way', 'label': label('Way'), 'stages': [stage]}],
    }})  # fmt: skip
    base = shop.catalog.number
    plan = shop.publish(entities={'contact': {
        'properties': {'rank': {'x-label': {'en': 'Grade'},
                                'x-options': [{**option, 'label': {'en': 'Modest', 'vi': 'LOW vi'}}]}},
        'x-pipelines': [{'key': 'way', 'stages': [{**stage, 'label': {'vi': 'Bắt đầu'}}]}],
    }})  # fmt: skip
    assert plan.state == 'done'

    fields = shop.contact.fields
    assert fields['rank'].definition.former_labels == ('Rank',)  # the Vietnamese one did not change
    assert [each.former_labels for each in fields['rank'].definition.options] == [('Low',)]
    assert [each.former_labels for each in fields['step'].definition.options] == [('Start vi',)]
    told = {each.alias: each for each in shop.publisher.former_keys()}
    assert {alias: each.name_in('en') for alias, each in told.items()} == {
        'Rank': 'Grade',
        'Low': 'Modest',
        'Start vi': 'Start',
    }

    shop.publish(entities={'contact': {'properties': {'rank': {'x-label': {'en': 'rank'}}}}})
    assert [each.alias for each in shop.publisher.former_keys()] == ['Grade', 'Low', 'Start vi']
    shop.roll_back(base)
    assert [each.alias for each in shop.publisher.former_keys()] == ['Grade', 'Modest', 'Bắt đầu']

    retired = shop.plan(remove=[each.pointer for each in shop.publisher.former_keys()])
    assert retired.as_wire('en')['changes'] == [
        'Contact: the former label Grade of Rank is retired',
        'Contact, Rank: change option Low: former labels',
        'Contact: change stage Start: former labels',
    ]
    shop.apply(retired)
    assert shop.publisher.former_keys() == []
