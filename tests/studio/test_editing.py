"""Edits of a draft as pure functions, and the request that each leads to."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from migrations.requests import merge
from modules.studio import editing
from modules.studio.field_forms import field_part
from modules.studio.requesting import request_to

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
                 'x-options': FUEL, 'x-required-if': {'field': 'name', 'op': 'is_not_empty'}},
        'stage': {'x-ref': 'r_stage', 'x-column': 'stage', 'x-type': 'stage', 'x-label': {'en': 'Stage'}},
    },
    'x-pipelines': [
        {'key': 'sale', 'ref': 'p_sale', 'label': {'en': 'Sale'},
         'groups': [{'key': 'open', 'ref': 'g_open'}], 'stages': STAGES},
    ],
    'x-duplicates': [{'key': 'same', 'ref': 'd_same', 'action': 'block', 'match': [{'field': 'name', 'compare': 'exact'}]}],
    'x-layouts': {
        'list': ['name', 'fuel'], 'form': [{'label': {'en': 'Car'}, 'fields': ['name']}, {'fields': ['fuel', 'stage']}],
    },
}  # fmt: skip
BASE = {('entity', 'car'): LIVE}


def reworked(schema: Any, *edits: Any) -> Any:
    """The documents after edits, each through a request as the draft stores it."""
    request: dict[str, Any] = request_to(BASE, schema, {})
    for edit in edits:
        request = request_to(BASE, edit(merge(BASE, request)), request)
    return merge(BASE, request)


def car(schema: Any) -> Any:
    return schema['entity', 'car']


def put(former: str | None, key: str, *, required: bool = False, **part: Any) -> Any:
    named = {name.replace('_', '-') if name.startswith('x_') else name: value for name, value in part.items()}
    return editing.on(
        editing.put_field, 'car', former, key, {'x-type': 'text', 'x-label': {'en': key}, **named}, required=required
    )


def options(*keys: str) -> dict[str, Any]:
    known = {each['key']: each for each in FUEL}
    return {'x-type': 'picklist', 'x-options': [known.get(key, {'key': key, 'label': {}}) for key in keys]}


def test_edits_leave_the_documents_they_are_given_alone() -> None:
    before = copy.deepcopy(BASE)
    editing.put_field(BASE, 'car', 'name', 'plate', {'x-type': 'text'}, required=True)
    editing.remove_field(BASE, 'car', 'fuel')
    editing.put_stages(BASE, 'car', 'sale', {'stages': []})
    editing.move_field(BASE, 'car', 'stage', '')

    assert before == BASE


def test_field_keeps_its_identity_through_two_renames() -> None:
    made = car(reworked(BASE, put('name', 'plate', required=True), put('plate', 'number', required=True)))

    assert list(made['properties']) == ['number', 'fuel', 'stage'] and made['properties']['number']['x-ref'] == 'r_name'
    assert made['required'] == ['number'] and made['x-layouts']['list'] == ['number', 'fuel']
    assert made['x-duplicates'][0]['match'][0]['field'] == 'number'
    assert made['x-pipelines'][0]['stages'][0]['requires'] == ['number']


def test_a_rename_asks_for_nothing_but_the_rename() -> None:
    renamed = editing.put_field(BASE, 'car', 'name', 'plate', {}, required=True)

    assert request_to(BASE, renamed, {}) == {'entities': {'car': {'properties': {'plate': {'x-ref': 'r_name'}}}}}


def test_a_removal_asks_for_nothing_but_the_removal() -> None:
    removed = editing.remove_field(BASE, 'car', 'fuel')

    assert request_to(BASE, removed, {}) == {'remove': ['/entities/car/properties/fuel']}


def test_field_of_the_draft_alone_is_renamed_with_what_the_draft_says_of_it() -> None:
    layout = editing.on(editing.put_layout, 'car', '', 'list', ['name', 'colour'])
    made = car(reworked(BASE, put(None, 'colour', required=True), layout, put('colour', 'paint', required=True)))

    assert 'colour' not in made['properties'] and made['x-layouts']['list'] == ['name', 'paint']
    assert made['required'] == ['name', 'paint']


def test_field_of_the_draft_alone_disappears_when_it_is_removed() -> None:
    layout = editing.on(editing.put_layout, 'car', '', 'list', ['name', 'colour'])
    schema = reworked(BASE, put(None, 'colour', required=True), layout, editing.on(editing.remove_field, 'car', 'colour'))

    assert 'colour' not in car(schema)['properties'] and car(schema)['x-layouts']['list'] == ['name']
    assert request_to(BASE, schema, {}).get('remove', []) == []


@pytest.mark.parametrize('order', [['size', 'part'], ['note', 'size', 'part'], ['part', 'note', 'size'], ['note', 'part']])
def test_columns_of_lines_come_back_in_the_order_they_were_put(order: list[str]) -> None:
    columns = {key: {'x-type': 'text', 'x-ref': f'r_{key}', 'x-column': key} for key in ('part', 'size')}
    lines = {'x-type': 'lines', 'x-ref': 'r_lines', 'x-table': 'x_lines', 'x-lines': {'properties': columns}}
    base = {('entity', 'car'): {**LIVE, 'properties': {**LIVE['properties'], 'lines': lines}}}
    wanted = {'properties': {key: columns.get(key, {'x-type': 'text'}) for key in order}}

    schema = editing.put_field(base, 'car', 'lines', 'lines', {'x-lines': wanted}, required=False)

    assert list(car(merge(base, request_to(base, schema, {})))['properties']['lines']['x-lines']['properties']) == order


@pytest.mark.parametrize('key', ['name', 'fuel'])
def test_undoing_gives_the_published_field_back(key: str) -> None:
    renamed = reworked(BASE, put(key, 'other', required=True))
    removed = reworked(renamed, editing.on(editing.remove_field, 'car', 'other', key))

    for schema, named in ((renamed, 'other'), (removed, key)):
        request = request_to(BASE, schema, {})
        back = merge(BASE, editing.forget_field(request, LIVE, {**car(schema), 'x-key': 'car'}, named))
        assert car(back) == LIVE


def test_blank_keyword_goes_and_may_come_back() -> None:
    cleared = reworked(BASE, put('name', 'name', required=True, maxLength=None, x_help=None))
    again = reworked(cleared, put('name', 'name', required=True, maxLength=90))

    assert not {'maxLength', 'x-help'} & set(car(cleared)['properties']['name'])
    assert car(again)['properties']['name']['maxLength'] == 90


def test_another_type_keeps_what_every_type_has_and_drops_what_only_the_former_one_knew() -> None:
    schema = reworked(BASE, editing.on(editing.put_field, 'car', 'fuel', 'fuel', {'x-type': 'text'}, required=False))
    part = car(schema)['properties']['fuel']

    assert part['x-required-if'] == {'field': 'name', 'op': 'is_not_empty'} and part['x-label'] == {'en': 'Fuel'}
    assert 'x-options' not in part


def test_a_link_to_several_entities_keeps_a_filter_for_each_that_is_ticked() -> None:
    tests = [{'field': 'name', 'op': 'starts_with', 'value': letter} for letter in 'abc']
    former = {'x-type': 'link_any', 'x-targets': ['car', 'lead'], 'x-option-filters': {'car': tests[0], 'lead': tests[1]}}
    ticked = [('type', 'link_any'), ('targets', 'car'), ('targets', 'task')]

    part = field_part(
        MultiDict([*ticked, ('x-option-filters.car', json.dumps(tests[2])), ('x-option-filters.task', '')]), former
    )

    assert (part['x-targets'], part['x-option-filters']) == (['car', 'task'], {'car': tests[2]})
    assert field_part(MultiDict(ticked), former)['x-option-filters'] == {'car': tests[0]}
    assert field_part(MultiDict(ticked[:1] + ticked[2:]), former)['x-option-filters'] is None


def test_option_left_out_goes_with_the_default_that_named_it_and_comes_back_when_named() -> None:
    gone = reworked(BASE, editing.on(editing.put_field, 'car', 'fuel', 'fuel', options('oil', 'sun'), required=False))
    part = car(gone)['properties']['fuel']
    assert [each['key'] for each in part['x-options']] == ['oil', 'sun'] and 'x-default' not in part
    remapped = editing.put_remap(request_to(BASE, gone, {}), 'o_gas', 'sun')
    assert request_to(BASE, gone, remapped)['remap'] == {'o_gas': 'sun'}

    back = editing.put_field(gone, 'car', 'fuel', 'fuel', options('gas', 'oil'), required=False)

    assert [each['key'] for each in car(reworked(back))['properties']['fuel']['x-options']] == ['gas', 'oil']
    assert 'remap' not in request_to(BASE, back, remapped)


def test_stage_keeps_what_the_form_sends_and_loses_what_it_clears() -> None:
    stages = [{'key': 'new', 'ref': 's_new', 'label': {'en': 'Fresh'}, 'hue': 4}, {'key': 'lost', 'label': {'en': 'Lost'}}]
    made = car(reworked(BASE, editing.on(editing.put_stages, 'car', 'sale', {'stages': stages})))['x-pipelines'][0]

    assert made['stages'] == stages and made['groups'] == LIVE['x-pipelines'][0]['groups']


def test_required_twice_names_the_field_once() -> None:
    twice = reworked(BASE, put('fuel', 'fuel', required=True), put('fuel', 'fuel', required=True))

    assert car(twice)['required'] == ['name', 'fuel']
    assert car(reworked(twice, put('fuel', 'fuel')))['required'] == ['name']


def test_rule_left_out_is_removed_and_forgetting_brings_it_back() -> None:
    schema = reworked(BASE, editing.on(editing.remove_part, 'car', 'x-duplicates', 'same'))
    assert car(schema)['x-duplicates'] == []

    request = editing.forget_keyword(request_to(BASE, schema, {}), LIVE, 'car', 'x-duplicates')
    assert car(merge(BASE, request))['x-duplicates'] == LIVE['x-duplicates']


def test_entity_is_taken_out_and_kept_again() -> None:
    gone = reworked(reworked(BASE, put(None, 'colour')), editing.on(editing.remove_entity, 'car'))
    assert ('entity', 'car') not in gone

    assert merge(BASE, editing.forget(request_to(BASE, gone, {}), LIVE, 'car')) == BASE


def test_entity_takes_another_key_and_its_fields_still_change() -> None:
    made = reworked(
        BASE, editing.on(editing.rename_entity, 'car', 'vehicle'), editing.on(editing.remove_field, 'vehicle', 'fuel')
    )

    assert list(made) == [('entity', 'vehicle')] and list(made['entity', 'vehicle']['properties']) == ['name', 'stage']
    assert made['entity', 'vehicle']['x-ref'] == 'r_car'


@pytest.mark.parametrize(
    ('key', 'after', 'sections'),
    [
        ('stage', 'name', [['name', 'stage'], ['fuel']]),
        ('name', 'stage', [[], ['fuel', 'stage', 'name']]),
        ('stage', '', [['stage', 'name'], ['fuel']]),
    ],
)
def test_moved_field_stands_behind_the_other_one_in_its_section(key: str, after: str, sections: list[list[str]]) -> None:
    made = car(reworked(BASE, editing.on(editing.move_field, 'car', key, after)))

    assert [section['fields'] for section in made['x-layouts']['form']] == sections


def test_layout_of_a_role_replaces_the_common_one_until_it_goes_back() -> None:
    own = reworked(BASE, editing.on(editing.put_layout, 'car', 'rep', 'list', ['fuel']))
    assert car(own)['x-layouts']['roles'] == {'rep': {'list': ['fuel']}} and car(own)['x-layouts']['list'] == ['name', 'fuel']

    assert reworked(own, editing.on(editing.put_layout, 'car', 'rep', 'list', None)) == BASE


KEYS = st.sampled_from(['name', 'fuel', 'stage', 'plate', 'colour'])
JSON = st.recursive(st.booleans() | st.integers(0, 9) | st.sampled_from(['a', 'b']),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from('pqr'), inner, max_size=3),
                    max_leaves=6)  # fmt: skip
KEYWORDS = st.dictionaries(
    st.sampled_from(['x-help', 'x-visible-if', 'x-default', 'maxLength', 'x-hidden-in']), st.none() | JSON, max_size=3
)
EDITS = st.lists(st.tuples(st.sampled_from(['put', 'remove', 'layout']), KEYS, KEYS, KEYWORDS), max_size=6)


@given(EDITS)
def test_whatever_was_edited_the_request_leads_to_it(edits: list[tuple[str, str, str, dict[str, Any]]]) -> None:
    schema: Any = BASE
    request: dict[str, Any] = {}
    for kind, key, other, keywords in edits:
        fields = car(schema)['properties']
        if kind == 'put' and other in LIVE['properties'] and other not in fields:
            continue  # the form keeps a published key for its field until the draft is live
        if kind == 'put' and other not in fields:
            schema = editing.put_field(schema, 'car', key if key in fields else None, other, {'x-type': 'text', **keywords},
                                       required=key == 'name')  # fmt: skip
        elif kind == 'put':
            schema = editing.put_field(schema, 'car', other, other, keywords, required=False)
        elif kind == 'remove' and key in fields:
            schema = editing.remove_field(schema, 'car', key)
        elif kind == 'layout':
            schema = editing.put_layout(
                schema, 'car', 'rep' if key == 'name' else '', 'card', [each for each in [other] if each in fields]
            )
        request = request_to(BASE, schema, request)
        assert merge(BASE, request) == schema
