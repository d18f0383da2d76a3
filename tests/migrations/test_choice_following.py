"""A renamed option or stage is followed by whatever names it by its key."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from migrations.choice_following import follow_choices, moved_choices
from schema.base.errors import Invalid
from schema.formulas import reword
from tests.migrations.conftest import Shop, label

IS_OLD = {'field': 'mood', 'op': 'eq', 'value': 'old'}
STANDS = {'field': 'stage', 'op': 'any_of', 'value': ['old', 'other']}
DEAL: dict[str, Any] = {
    'x-ref': 'deal_1', 'x-key': 'deal',
    'x-pipelines': [
        {'key': 'p', 'stages': [{'key': 'old', 'ref': 's1', 'gate': IS_OLD}, {'key': 'other', 'ref': 's2'}],
         'maps': {'q': {'old': 'far'}}},
        {'key': 'q', 'stages': [{'key': 'far', 'ref': 's3'}], 'maps': {'p': {'far': 'old'}}}],
    'x-rules': [{'key': 'r', 'refuse_when': {'all': [STANDS, {'not': IS_OLD}]}}],
    'x-calendar': {'kind': 'task', 'start': 'day', 'status': 'mood', 'done': ['old']},
    'properties': {
        'stage': {'x-type': 'stage', 'x-ref': 'f1'},
        'mood': {'x-type': 'picklist', 'x-ref': 'f2', 'x-default': 'old',
                 'x-options': [{'key': 'old', 'ref': 'o1'}, {'key': 'other', 'ref': 'o2'}]},
        'parent': {'x-type': 'link', 'x-target': 'deal', 'x-ref': 'f3'},
        'worth': {'x-type': 'formula', 'x-ref': 'f4', 'x-formula': 'stage == "old" || parent.mood in ["other", "old"] ? 1 : 0'},
        'note': {'x-type': 'text', 'x-ref': 'f5', 'x-visible-if': {'field': 'parent.mood', 'op': 'eq', 'value': 'old'}},
        'items': {'x-type': 'lines', 'x-ref': 'f6', 'x-lines': {'properties': {
            'kind': {'x-type': 'picklist', 'x-ref': 'f7', 'x-default': 'old', 'x-options': [{'key': 'old', 'ref': 'o3'}]}}}},
    },
}  # fmt: skip
OTHERS: dict[tuple[str, str], Any] = {
    ('role', 'rep'): {'grants': {'deal': {'read': {'where': {'any': [IS_OLD, STANDS]}}}}},
    ('workflow', 'w'): {
        'entity': 'deal', 'trigger': {'type': 'stage_entered', 'stages': ['old'], 'was': IS_OLD}, 'condition': STANDS,
        'steps': [{'key': 'a', 'type': 'move_stage', 'stage': 'old'},
                  {'key': 'b', 'type': 'update_record', 'values': {'mood': 'old'}},
                  {'key': 'c', 'type': 'branch', 'cases': [{'condition': IS_OLD, 'steps': [
                      {'key': 'd', 'type': 'create_record', 'entity': 'deal', 'values': {'stage': 'old'}}]}]}],
    },
    ('view', 'v'): {'entity': 'deal', 'filter': STANDS},
}  # fmt: skip


def whole() -> dict[tuple[str, str], Any]:
    return copy.deepcopy({('entity', 'deal'): DEAL, **OTHERS})


def renamed(documents: dict[tuple[str, str], Any]) -> dict[tuple[str, str], Any]:
    """The stage, the option and the option of the lines that are called `old` are called `new` from now on."""
    deal = documents['entity', 'deal']
    parts = deal['properties']
    lines = parts['items']['x-lines']['properties']
    for holder in (deal['x-pipelines'][0]['stages'][0], parts['mood']['x-options'][0], lines['kind']['x-options'][0]):
        holder['key'] = 'new'
    return documents


def test_every_place_that_names_an_option_or_a_stage_follows_its_rename() -> None:
    documents = renamed(whole())
    changed = json.dumps(list(documents.values())).count('"old"')

    follow_choices(documents, moved_choices(whole(), documents))

    text = json.dumps(list(documents.values()))
    assert changed > 15
    assert text.replace('\\"', "'").count('"old"') == 0, text
    worth = documents['entity', 'deal']['properties']['worth']['x-formula']
    assert worth == 'stage == "new" || parent.mood in ["other", "new"] ? 1 : 0'
    assert documents['entity', 'deal']['x-pipelines'][1]['maps'] == {'p': {'far': 'new'}}


def test_options_that_swap_their_keys_are_both_followed_and_a_new_one_is_not() -> None:
    swapped, taken = whole(), whole()
    first, second = swapped['entity', 'deal']['properties']['mood']['x-options']
    first['key'], second['key'] = 'other', 'old'
    options = taken['entity', 'deal']['properties']['mood']['x-options']
    options[0]['key'] = 'new'
    options.append({'key': 'old'})

    assert moved_choices(whole(), swapped) == {('deal', 'mood'): {'old': 'other', 'other': 'old'}}
    assert moved_choices(whole(), taken) == {}


@pytest.mark.parametrize(
    ('formula', 'expected'),
    [
        ('mood == "a"', 'mood == "b"'),
        ("'a' != mood", "'b' != mood"),
        ('mood in ["x", "a"] && kind == "a"', 'mood in ["x", "b"] && kind == "a"'),
        ('"a" in mood', '"b" in mood'),
        ('size("a") + (mood == kind ? 1 : 0)', 'size("a") + (mood == kind ? 1 : 0)'),
        ('kind == "a"', 'kind == "a"'),
        ('"a"', '"a"'),
        ('["a"', '["a"'),
    ],
)
def test_texts_of_a_formula_follow_only_where_they_meet_the_field(formula: str, expected: str) -> None:
    assert reword(formula, {'mood': {'a': 'b'}}) == expected


def test_published_rename_of_an_option_keeps_rules_and_formulas_at_work(shop: Shop) -> None:
    options = [{'key': 'old', 'label': label('Old')}, {'key': 'other', 'label': label('Other')}]
    shop.field('mood', {'x-type': 'picklist', 'x-label': label('Mood'), 'x-options': options})
    shop.field(
        'worth', {'x-type': 'formula', 'x-label': label('Worth'), 'x-formula': 'mood == "old" ? 5 : 1', 'x-result': 'integer'}
    )
    shop.publish(entities={'contact': {'x-rules': [
        {'key': 'r', 'label': label('Calm'), 'message': label('Calm'), 'refuse_when': IS_OLD}]}})  # fmt: skip
    kept = [dict(each) for each in shop.catalog.entities['contact'].definition.document['properties']['mood']['x-options']]
    kept[0]['key'] = 'new'

    shop.publish(entities={'contact': {'properties': {'mood': {'x-options': kept}}}})

    document = shop.catalog.entities['contact'].definition.document
    assert document['x-rules'][0]['refuse_when']['value'] == 'new'
    assert document['properties']['worth']['x-formula'] == 'mood == "new" ? 5 : 1'


def test_ways_to_and_from_a_removed_stage_go_with_it_and_wrong_ones_are_refused(shop: Shop) -> None:
    def stages(*keys: str) -> list[dict[str, Any]]:
        return [{'key': key, 'label': label(key), 'category': 'open', 'moves': [each for each in keys if each != key]}
                for key in keys]  # fmt: skip

    near = {'key': 'near', 'label': label('Near'), 'stages': stages('a', 'b', 'c'), 'maps': {'far': {'a': 'x', 'b': 'y'}}}
    far = {'key': 'far', 'label': label('Far'), 'stages': stages('x', 'y'), 'maps': {'near': {'x': 'b', 'y': 'c'}}}
    step = {'x-type': 'stage', 'x-label': label('Step')}
    shop.publish(entities={'contact': {'x-pipelines': [near, far], 'properties': {'step': step}}})
    at = '/entities/contact/x-pipelines'

    shop.publish(remove=[f'{at}/near/stages/b'])
    first, second = shop.publisher.documents()['entity', 'contact']['x-pipelines']
    assert [(each['key'], each['moves']) for each in first['stages']] == [('a', ['c']), ('c', ['a'])]
    assert (first['maps'], second['maps']) == ({'far': {'a': 'x'}}, {'near': {'y': 'c'}})

    with pytest.raises(Invalid) as refused:
        wrong = {'key': 'near', 'maps': {'far': {'a': 'gone'}}, 'stages': [{'key': 'a', 'moves': ['b', 'c']}]}
        shop.plan(entities={'contact': {'x-pipelines': [wrong]}})
    assert [(each.code, each.pointer) for each in refused.value.findings] == [
        ('SCH-E068', f'{at}/0/maps/far/a'), ('SCH-E066', f'{at}/0/stages/0/moves/0')
    ]  # fmt: skip

    shop.publish(remove=[f'{at}/far'])
    (only,) = shop.publisher.documents()['entity', 'contact']['x-pipelines']
    assert only['maps'] == {}
