"""Edits of a draft as pure functions."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from migrations.requests import merge
from modules.studio import editing

FUEL = [
    {'key': 'gas', 'ref': 'o_gas', 'label': {'en': 'Gas'}, 'hue': 2},
    {'key': 'oil', 'ref': 'o_oil', 'label': {'en': 'Oil'}},
]
STAGES = [
    {'key': 'new', 'ref': 's_new', 'label': {'en': 'New'}, 'hue': 4, 'rotting_days': 7, 'requires': ['name']},
    {'key': 'sold', 'ref': 's_sold', 'label': {'en': 'Sold'}, 'hue': 5},
]
LIVE: dict[str, Any] = {
    'x-key': 'car', 'x-ref': 'r_car', 'x-kind': 'entity', 'x-table': 'x_car', 'required': ['name'],
    'properties': {
        'name': {'x-ref': 'r_name', 'x-column': 'name', 'x-type': 'text', 'x-label': {'en': 'Name', 'vi': 'Tên'},
                 'maxLength': 200, 'x-help': {'en': 'Plate', 'vi': 'Biển số'}},
        'fuel': {'x-ref': 'r_fuel', 'x-column': 'fuel', 'x-type': 'picklist', 'x-label': {'en': 'Fuel'}, 'x-default': 'gas',
                 'x-options': FUEL},
        'stage': {'x-ref': 'r_stage', 'x-column': 'stage', 'x-type': 'stage', 'x-label': {'en': 'Stage'}},
    },
    'x-pipelines': [
        {'key': 'sale', 'ref': 'p_sale', 'label': {'en': 'Sale'},
         'groups': [{'key': 'open', 'ref': 'g_open'}], 'stages': STAGES},
    ],
    'x-duplicates': [{'key': 'same', 'ref': 'd_same', 'action': 'block', 'match': [{'field': 'name', 'compare': 'exact'}]}],
    'x-layouts': {'list': ['name', 'fuel']},
}  # fmt: skip
BASE = {('entity', 'car'): LIVE}


def car(request: editing.Request) -> Any:
    return {**merge(BASE, request)['entity', 'car'], 'x-key': 'car'}


def put(
    request: editing.Request, former: str | None, key: str, part: dict[str, Any], *, required: bool = False
) -> dict[str, Any]:
    return editing.put_field(request, LIVE, car(request), former, key, part, required=required)


def text(label: str, **more: Any) -> dict[str, Any]:
    return {'x-type': 'text', 'x-label': {'en': label}, **more}


def options(*keys: str) -> dict[str, Any]:
    known = {each['key']: each for each in LIVE['properties']['fuel']['x-options']}
    return {
        'x-type': 'picklist',
        'x-label': {'en': 'Fuel'},
        'x-options': [known.get(key, {'key': key, 'label': {}}) for key in keys],
    }


def test_edits_leave_the_request_they_are_given_alone() -> None:
    request = put({}, None, 'colour', text('Colour'))
    before = copy.deepcopy(request)
    put(request, 'colour', 'paint', text('Paint'))
    editing.remove_field(request, LIVE, car(request), 'fuel')
    editing.put_stages(request, LIVE, car(request), 'sale', [])

    assert request == before


def test_field_keeps_its_identity_through_two_renames() -> None:
    once = put({}, 'name', 'plate', text('Plate'), required=True)
    twice = put(once, 'plate', 'number', text('Number'), required=True)

    made = car(twice)
    assert list(made['properties']) == ['number', 'fuel', 'stage'] and made['properties']['number']['x-ref'] == 'r_name'
    assert made['required'] == ['number'] and made['x-layouts']['list'] == ['number', 'fuel']
    assert made['x-duplicates'][0]['match'][0]['field'] == 'number'
    assert made['x-pipelines'][0]['stages'][0]['requires'] == ['number']


def test_field_of_the_draft_alone_is_renamed_with_what_the_draft_says_of_it() -> None:
    request = put({}, None, 'colour', text('Colour'), required=True)
    request = editing.put_entity(request, 'car', {'x-layouts': {'list': ['name', 'colour']}})

    made = car(put(request, 'colour', 'paint', text('Paint'), required=True))

    assert 'colour' not in made['properties'] and made['x-layouts']['list'] == ['name', 'paint']
    assert made['required'] == ['name', 'paint']


def test_field_of_the_draft_alone_disappears_when_it_is_removed() -> None:
    request = put({}, None, 'colour', text('Colour'), required=True)
    request = editing.put_entity(request, 'car', {'x-layouts': {'list': ['name', 'colour']}})

    made = editing.remove_field(request, LIVE, car(request), 'colour')

    assert 'colour' not in car(made)['properties'] and car(made)['x-layouts']['list'] == ['name']
    assert made.get('remove', []) == []


@pytest.mark.parametrize('key', ['name', 'fuel'])
def test_undoing_gives_the_published_field_back(key: str) -> None:
    renamed = put({}, key, 'other', {**text('Other')}, required=True)
    removed = editing.remove_field(renamed, LIVE, car(renamed), 'other')
    assert 'other' not in car(removed)['properties'] and key not in car(removed)['properties']

    for request, named in ((renamed, 'other'), (removed, key)):
        back = car(editing.forget_field(request, LIVE, car(request), named))
        assert back['properties'] == without_columns(LIVE['properties'], back['properties'])
        assert back['required'] == LIVE['required'] and back['x-layouts'] == LIVE['x-layouts']


def without_columns(fields: dict[str, Any], like: dict[str, Any]) -> dict[str, Any]:
    """The published fields; the merge may or may not carry their columns."""
    return {key: part if 'x-column' in like.get(key, {}) else {k: v for k, v in part.items() if k != 'x-column'}
            for key, part in fields.items()}  # fmt: skip


def test_blank_help_and_length_are_cleared_and_may_come_back() -> None:
    request = put({}, 'name', 'name', text('Name'), required=True)
    cleared = car(request)['properties']['name']
    again = car(put(request, 'name', 'name', text('Name', maxLength=90), required=True))['properties']['name']

    assert 'maxLength' not in cleared and 'x-help' not in cleared and cleared['x-label'] == {'en': 'Name'}
    assert again['maxLength'] == 90


def test_one_language_of_a_help_text_is_cleared() -> None:
    request = put({}, 'name', 'name', text('Name', **{'x-help': {'en': 'Plate'}}), required=True)

    assert car(request)['properties']['name']['x-help'] == {'en': 'Plate'}


def test_option_left_out_goes_with_the_default_that_named_it_and_comes_back_when_named() -> None:
    request = put({}, 'fuel', 'fuel', options('oil', 'sun'))
    assert [each['key'] for each in car(request)['properties']['fuel']['x-options']] == ['oil', 'sun']
    assert 'x-default' not in car(request)['properties']['fuel']
    remapped = editing.put_remap(request, 'o_gas', 'sun')

    back = put(remapped, 'fuel', 'fuel', options('gas', 'oil'))

    assert [each['key'] for each in car(back)['properties']['fuel']['x-options']] == ['gas', 'oil']
    assert car(back)['properties']['fuel']['x-default'] == 'gas' and back['remap'] == {}


def test_stage_keeps_hue_and_gate_that_the_form_sends_and_loses_what_it_clears() -> None:
    stages = [{'key': 'new', 'ref': 's_new', 'label': {'en': 'Fresh'}, 'hue': 4}, {'key': 'lost', 'label': {'en': 'Lost'}}]
    request = editing.put_stages({}, LIVE, car({}), 'sale', stages)

    made = car(request)['x-pipelines'][0]
    assert [each['key'] for each in made['stages']] == ['new', 'lost'] and made['groups'] == LIVE['x-pipelines'][0]['groups']
    assert made['stages'][0] == {'key': 'new', 'ref': 's_new', 'label': {'en': 'Fresh'}, 'hue': 4}


def test_required_twice_names_the_field_once() -> None:
    request = put({}, 'fuel', 'fuel', options('gas', 'oil'), required=True)
    request = put(request, 'fuel', 'fuel', options('gas', 'oil'), required=True)

    assert car(request)['required'] == ['name', 'fuel']
    assert car(put(request, 'fuel', 'fuel', options('gas', 'oil')))['required'] == ['name']


def test_rule_left_out_is_removed_and_forgetting_brings_it_back() -> None:
    request = editing.put_duplicates({}, LIVE, car({}), [])
    assert car(request)['x-duplicates'] == []

    assert car(editing.forget_list(request, 'car', 'x-duplicates'))['x-duplicates'] == LIVE['x-duplicates']


def test_entity_is_taken_out_and_kept_again() -> None:
    request = editing.remove_entity(put({}, None, 'colour', text('Colour')), LIVE, 'car')
    assert ('entity', 'car') not in merge(BASE, request)

    assert car(editing.forget(request, 'car'))['properties'].keys() == LIVE['properties'].keys()
    assert editing.remove_entity({'entities': {'bus': {}}}, None, 'bus') == {'entities': {}}
