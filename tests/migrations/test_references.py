"""Whatever names a field or an entity is found by where-used, told by the plan and follows a rename."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from migrations.mentions import all_mentions, where_used
from migrations.references import Moves, follow
from tests.migrations.conftest import Shop, label

TEST = {'field': 'amount', 'op': 'gt', 'value': 5}
DEAL: dict[str, Any] = {
    'x-label': label('Deal'), 'required': ['amount'], 'x-title-field': 'amount', 'x-subtitle-field': 'amount',
    'x-duplicates': [{'key': 'd', 'label': label('Same'), 'match': [{'field': 'amount', 'compare': 'exact'}]}],
    'x-pipelines': [{'key': 'p', 'stages': [{'key': 's', 'label': label('Start'), 'requires': ['amount'], 'gate': TEST}]}],
    'x-rules': [{'key': 'r', 'label': label('Big'), 'refuse_when': {'not': {'any': [TEST]}}, 'field': 'amount'}],
    'x-unique-keys': [{'key': 'u', 'label': label('Once'), 'fields': ['amount', 'firm']}],
    'x-indexes': [['amount']],
    'x-calendar': {'kind': 'task', 'start': 'day', 'remind_minutes': 'amount'},
    'x-layouts': {
        'list': ['amount'], 'card': ['amount'], 'quick': ['amount'], 'form': [{'fields': ['amount']}],
        'related': [{'entity': 'firm', 'field': 'size'}], 'roles': {'rep': {'list': ['amount']}},
    },
    'properties': {
        'amount': {'x-type': 'integer', 'x-ref': 'r1'},
        'firm': {'x-type': 'link', 'x-target': 'firm',
                 'x-option-filter': {'field': 'size', 'op': 'gte', 'value': {'record': 'amount'}}},
        'about': {'x-type': 'link_any', 'x-targets': ['firm', 'deal'],
                  'x-option-filters': {'firm': {'field': 'size', 'op': 'gte', 'value': {'record': 'amount'}}, 'deal': TEST}},
        'twice': {'x-type': 'formula', 'x-formula': '2 * amount + firm.size + size("amount")', 'x-label': label('Twice')},
        'shown': {'x-type': 'text', 'x-visible-if': TEST, 'x-required-if': TEST, 'x-read-only-if': {'all': [TEST]}},
        'judge': {'x-type': 'user', 'x-option-filter': {'any': [
            {'field': 'role', 'op': 'in', 'value': ['rep', 'boss']}, {'field': 'role', 'op': 'eq', 'value': 'rep'},
        ]}},
        'kind': {'x-type': 'picklist', 'x-options': [{'key': 'a', 'if': TEST}]},
        'phone': {'x-type': 'through', 'x-through': {'link': 'firm', 'field': 'size'}},
        'filled': {'x-type': 'text', 'x-default': {'formula': 'amount'}},
        'items': {'x-type': 'lines', 'x-lines': {'properties': {
            'why': {'x-type': 'text', 'x-visible-if': {'field': 'parent.amount', 'op': 'gt', 'value': 5}},
            'by': {'x-type': 'link', 'x-target': 'firm',
                   'x-option-filter': {'field': 'size', 'op': 'gt', 'value': {'record': 'parent.amount'}}},
            'qty': {'x-type': 'integer'}, 'sum': {'x-type': 'formula', 'x-formula': 'qty * 2'},
        }}},
        'total': {'x-type': 'rollup', 'x-rollup': {'lines': 'items', 'function': 'sum', 'of': 'qty'}},
    },
}  # fmt: skip
FIRM: dict[str, Any] = {
    'x-label': label('Firm'),
    'properties': {
        'size': {'x-type': 'integer'},
        'won': {'x-type': 'rollup', 'x-rollup': {
            'entity': 'deal', 'field': 'firm', 'function': 'sum', 'of': 'amount', 'condition': {'all': [TEST]}}},
        'busy': {'x-type': 'text', 'x-visible-if': {'any_related': {'entity': 'deal', 'field': 'firm'}, 'where': TEST}},
    },
}  # fmt: skip
OTHERS: dict[tuple[str, str], Any] = {
    ('role', 'rep'): {'grants': {'deal': {'read': 'own'}}, 'fields': {'deal': {'amount': 'read'}}},
    ('workflow', 'w'): {
        'entity': 'deal', 'trigger': {'type': 'changed', 'fields': ['amount'], 'was': TEST, 'roles': ['rep']},
        'condition': {'all': [TEST, {'field': 'firm.size', 'op': 'gt', 'value': 1}]},
        'steps': [{'key': 'a', 'type': 'create_record', 'entity': 'firm', 'values': {'size': {'from': 'amount'}}},
                  {'key': 'b', 'type': 'update_record', 'values': {'amount': 5}},
                  {'key': 'c', 'type': 'branch', 'otherwise': [{'key': 'd', 'type': 'wait', 'condition': TEST}],
                   'cases': [{'condition': TEST, 'steps': [{'key': 'e', 'type': 'wait', 'until': {'field': 'amount'}}]}]},
                  {'key': 'f', 'type': 'for_each', 'related': {'field': 'firm'},
                   'condition': {'field': 'size', 'op': 'gt', 'value': 1},
                   'steps': [{'key': 'g', 'type': 'update_record', 'values': {'size': {'from': 'size'}}}]}],
    },
    ('template', 't'): {
        'entity': 'deal', 'subject': {'en': 'record.amount {{ record.amount }}{% if record.amount %}x{% endif %}'},
    },
    ('view', 'v'): {'entity': 'deal', 'columns': ['amount'], 'filter': TEST},
    ('report', 'q'): {'entity': 'deal', 'group_by': ['amount'], 'condition': TEST},
}  # fmt: skip


def whole() -> dict[tuple[str, str], Any]:
    return copy.deepcopy({('entity', 'deal'): DEAL, ('entity', 'firm'): FIRM, **OTHERS})


def words_left(documents: Any, word: str) -> list[str]:
    """Names equal to the word that are still there, with a little of what stands before them."""
    text = json.dumps(list(documents.values()))
    return [text[max(at - 40, 0) : at + len(word)] for at in range(len(text)) if text.startswith(word, at)]


def test_every_keyword_that_names_a_field_follows_its_rename() -> None:
    documents = whole()
    deal = documents['entity', 'deal']
    deal['properties'] = {('worth' if key == 'amount' else key): part for key, part in deal['properties'].items()}
    moves = Moves()
    moves.field('deal', 'amount', 'worth')

    follow(documents, moves)

    left = words_left(documents, 'amount')
    assert len(left) == 2, left  # a text in a formula, and a subject's words outside braces
    assert deal['properties']['twice']['x-formula'] == '2 * worth + firm.size + size("amount")'
    assert documents['template', 't']['subject']['en'] == 'record.amount {{ record.worth }}{% if record.worth %}x{% endif %}'


def test_what_is_read_through_a_link_follows_a_rename_over_there() -> None:
    documents = whole()
    firm = documents['entity', 'firm']
    firm['properties'] = {('staff' if key == 'size' else key): part for key, part in firm['properties'].items()}
    moves = Moves()
    moves.field('firm', 'size', 'staff')

    follow(documents, moves)

    fields = documents['entity', 'deal']['properties']
    assert fields['twice']['x-formula'] == '2 * amount + firm.staff + size("amount")'
    assert fields['phone']['x-through'] == {'link': 'firm', 'field': 'staff'}
    assert fields['firm']['x-option-filter']['field'] == fields['about']['x-option-filters']['firm']['field'] == 'staff'
    assert documents['workflow', 'w']['condition']['all'][1]['field'] == 'firm.staff'
    assert documents['workflow', 'w']['steps'][0]['values'] == {'staff': {'from': 'amount'}}
    loop = documents['workflow', 'w']['steps'][3]
    assert (loop['condition']['field'], loop['steps'][0]['values']) == ('staff', {'staff': {'from': 'staff'}})


def test_a_renamed_entity_is_followed_everywhere() -> None:
    documents = whole()
    documents = {(kind, 'account' if key == 'firm' else key): each for (kind, key), each in documents.items()}
    moves = Moves(entities={'firm': 'account'})

    follow(documents, moves)

    deal = documents['entity', 'deal']
    assert deal['properties']['firm']['x-target'] == 'account'
    assert (
        list(deal['properties']['about']['x-option-filters']) == deal['properties']['about']['x-targets'] == ['account', 'deal']
    )
    assert deal['x-layouts']['related'] == [{'entity': 'account', 'field': 'size'}]
    assert documents['workflow', 'w']['steps'][0]['entity'] == 'account'


def test_filters_of_people_follow_a_renamed_role() -> None:
    documents = whole()

    follow(documents, Moves(roles={'rep': 'seller', 'boss': None}))

    filters = documents['entity', 'deal']['properties']['judge']['x-option-filter']['any']
    assert [each['value'] for each in filters] == [['seller'], 'seller']


def test_names_of_lines_follow_within_formulas_and_rollups() -> None:
    documents = whole()
    moves = Moves()
    moves.field('deal.items', 'qty', 'count')

    follow(documents, moves)

    fields = documents['entity', 'deal']['properties']
    assert fields['items']['x-lines']['properties']['sum']['x-formula'] == 'count * 2'
    assert fields['items']['x-lines']['properties']['why']['x-visible-if']['field'] == 'parent.amount'
    assert fields['total']['x-rollup']['of'] == 'count'


@pytest.mark.parametrize(
    ('noun', 'place'),
    [
        ('required', '/entities/deal/required/0'), ('title', '/entities/deal/x-title-field'),
        ('duplicate_rule', '/entities/deal/x-duplicates/0/match/0/field'), ('index', '/entities/deal/x-indexes/0/0'),
        ('stage', '/entities/deal/x-pipelines/0/stages/0/gate/field'), ('rule', '/entities/deal/x-rules/0/field'),
        ('unique_key', '/entities/deal/x-unique-keys/0/fields/0'), ('layout', '/entities/deal/x-layouts/roles/rep/list/0'),
        ('calendar', '/entities/deal/x-calendar/remind_minutes'), ('formula', '/entities/deal/properties/twice/x-formula'),
        ('default', '/entities/deal/properties/filled/x-default/formula'),
        ('condition', '/entities/deal/properties/shown/x-required-if/field'),
        ('condition', '/entities/deal/properties/kind/x-options/0/if/field'),
        ('condition', '/entities/firm/properties/busy/x-visible-if/where/field'),
        ('option_filter', '/entities/deal/properties/firm/x-option-filter/value'),
        ('option_filter', '/entities/deal/properties/about/x-option-filters/firm/value'),
        ('option_filter', '/entities/deal/properties/about/x-option-filters/deal/field'),
        ('condition', '/entities/deal/properties/items/x-lines/properties/why/x-visible-if/field'),
        ('option_filter', '/entities/deal/properties/items/x-lines/properties/by/x-option-filter/value'),
        ('rollup', '/entities/firm/properties/won/x-rollup/of'), ('role', '/roles/rep/fields/deal/amount'),
        ('rollup', '/entities/firm/properties/won/x-rollup/condition/all/0/field'),
        ('workflow', '/workflows/w/trigger/fields/0'), ('workflow', '/workflows/w/steps/1/values/amount'),
        ('workflow', '/workflows/w/steps/0/values'), ('template', '/templates/t/subject/en'),
        ('view', '/views/v/columns/0'), ('report', '/reports/q/group_by/0'),
    ],
)  # fmt: skip
def test_where_used_names_the_part(noun: str, place: str) -> None:
    found = [(each.noun, each.pointer) for each in all_mentions(whole()) if (each.entity, each.field) == ('deal', 'amount')]

    assert (noun, place) in found


def test_collecting_changes_nothing() -> None:
    documents = whole()

    assert where_used(documents, 'firm')
    assert documents == whole()


def test_a_plan_tells_who_names_what_it_drops_renames_or_converts(shop: Shop) -> None:
    shop.publish(
        entities={'contact': {'x-layouts': {'list': ['full_name', 'size']}}},
        templates={'hello': {'x-label': label('Hello'), 'entity': 'contact', 'subject': {'en': 'Dear {{ record.full_name }}'}}},
    )
    ref = shop.contact.fields['full_name'].ref

    plan = shop.plan(
        entities={'contact': {'properties': {'name': {'x-ref': ref}, 'source': {'x-type': 'text'}}}},
        remove=['/entities/contact/properties/size'],
    )

    texts = [each['text'] for each in shop.publisher.get_plan(plan.plan_id).as_wire('en')['mentions']]
    assert 'Template Hello names Full name and follows its new key' in texts
    assert 'Layouts of Contact names Size, which is removed' in texts
    shop.apply(plan)
    assert shop.catalog.templates['hello'].subject == {'en': 'Dear {{ record.name }}'}
