"""A set of definitions that uses every keyword of entities, to be broken by the fuzz; no test knows its sense."""

from __future__ import annotations

import copy
from typing import Any

from tests.schema.conftest import SMALL, Documents

BLANK = {'field': 'subject', 'op': 'is_empty'}
BUSY = {'field': 'score', 'op': 'gt', 'value': 1}
BIG = {'field': 'total', 'op': 'gt', 'value': '1000'}
QUOTE: dict[str, Any] = {
    'x-label': {'en': 'Quote', 'vi': 'Báo giá'},
    'x-aliases': ['offer'],
    'x-title-field': 'subject', 'x-subtitle-field': 'code', 'x-icon': 'box', 'x-hue': 3, 'x-group': 'sales', 'x-order': 7,
    'x-help': {'en': 'Offers.'}, 'x-plural': {'en': 'Quotes', 'vi': 'Báo giá'}, 'x-format': 1,
    'properties': {
        'subject': {
            'x-type': 'text', 'x-aliases': ['topic'], 'x-read-only-if': {'field': 'state', 'op': 'eq', 'value': 'sent'},
        },
        'number': {'x-type': 'autonumber', 'x-pattern': 'BG-{YYYY}-{00000}'},
        'body': {'x-type': 'rich_text'},
        'at': {'x-type': 'time', 'x-default': '08:30'},
        'length': {'x-type': 'duration', 'x-default': 'PT1H30M'},
        'sent_to': {'x-type': 'address'},
        'stars': {'x-type': 'rating', 'x-max': 10},
        'words': {'x-type': 'tags', 'x-default': ['vip']},
        'scan': {'x-type': 'file', 'x-many': True, 'x-accept': ['.pdf', 'image/png'], 'x-max-size': 5},
        'picture': {'x-type': 'image', 'x-visible-if': {'not': BLANK}},
        'state': {
            'x-type': 'picklist',
            'x-options': [{'key': 'draft'}, {'key': 'sent', 'if': BIG}],
            'x-required-if': {'all': [{'not': BLANK}, {'field': 'client.score', 'op': 'gte', 'value': 3}]},
        },
        'sizes': {'x-type': 'multi_picklist', 'x-options': [{'key': 'small'}, {'key': 'big'}]},
        'client': {
            'x-type': 'link', 'x-target': 'contact', 'x-on-delete': 'restrict',
            'x-option-filter': {'field': 'company', 'op': 'eq', 'value': {'record': 'firm'}},
        },
        'firm': {'x-type': 'link', 'x-target': 'company'},
        'people': {
            'x-type': 'links', 'x-target': 'contact', 'x-on-delete': 'clear',
            'x-option-filter': {'field': 'score', 'op': 'between', 'value': [1, {'record': 'stars'}]},
        },
        'keeper': {'x-type': 'user', 'x-default': {'me': True}},
        'items': {
            'x-type': 'lines',
            'x-lines': {
                'label': {'en': 'Item', 'vi': 'Mặt hàng'},
                'required': ['quantity'],
                'properties': {
                    'quantity': {'x-type': 'integer', 'minimum': 1, 'x-default': 1},
                    'price': {'x-type': 'money', 'x-currency': 'VND'},
                    'sum': {'x-type': 'formula', 'x-formula': 'price * quantity', 'x-result': 'money', 'x-currency': 'VND'},
                    'why': {'x-type': 'text', 'x-required-if': {'field': 'quantity', 'op': 'gt', 'value': 9}},
                    'mark': {'x-type': 'text', 'x-visible-if': {'field': 'parent.client.score', 'op': 'gt', 'value': 3}},
                    'buyer': {'x-type': 'link', 'x-target': 'contact',
                              'x-option-filter': {'field': 'company', 'op': 'eq', 'value': {'record': 'parent.firm'}}},
                    'maker': {'x-type': 'link', 'x-target': 'company',
                              'x-option-filter': {'field': 'name', 'op': 'eq', 'value': {'record': 'why'}}},
                },
            },
        },
        'total': {'x-type': 'rollup', 'x-rollup': {'lines': 'items', 'function': 'sum', 'of': 'sum'}, 'x-currency': 'VND'},
        'half': {'x-type': 'formula', 'x-formula': 'round(total / 2, 1)', 'x-result': 'decimal', 'x-scale': 1},
        'phone': {'x-type': 'through', 'x-through': {'link': 'client', 'field': 'phone'}},
        'asked_on': {'x-type': 'datetime', 'x-default': {'now': True}, 'x-hidden-in': ['quick'], 'x-help': {'en': 'When.'}},
        'share': {'x-type': 'percent', 'x-scale': 1, 'exclusiveMinimum': 0, 'exclusiveMaximum': 100},
        'weight': {'x-type': 'decimal', 'x-scale': 3, 'default': '1.5', 'examples': ['2']},
        'urgent': {'x-type': 'boolean', 'x-default': False, 'title': 'Urgent', 'description': 'In a hurry.', 'readOnly': True},
        'place': {'x-type': 'url', 'format': 'uri', 'x-ref': 'f_place', 'x-column': 'place'},
        'code': {'x-type': 'text', 'minLength': 1, 'pattern': '^[A-Z]+$'},
        'crew': {'x-type': 'team'},
        'judge': {'x-type': 'user', 'x-option-filter': {'any': [
            {'field': 'role', 'op': 'in', 'value': ['admin']}, {'field': 'team', 'op': 'eq', 'value': {'record': 'crew'}},
        ]}},
        'about': {'x-type': 'link_any', 'x-targets': ['contact', 'company'], 'x-option-filters': {
            'contact': {'field': 'company', 'op': 'eq', 'value': {'record': 'firm'}},
        }},
        'due': {'x-type': 'date', 'x-default': {'formula': "date('2026-01-31')"}},
    },
    'x-rules': [
        {'key': 'not_too_big', 'label': {'en': 'Size'}, 'refuse_when': BIG, 'message': {'en': 'Too big.'}, 'field': 'subject'},
        {'key': 'crowded', 'message': {'en': 'Too many.'},
         'refuse_when': {'count_related': {'links': 'people'}, 'where': BUSY, 'op': 'gt', 'value': 9}},
    ],
    'x-unique-keys': [{'key': 'one_a_day', 'label': {'en': 'One a day'}, 'fields': ['firm', 'due']}],
    'x-layouts': {
        'quick': ['subject', 'firm'],
        'card': ['total'],
        'tabs': [{'key': 'main', 'label': {'en': 'Main'}}, {'key': 'rest'}],
        'form': [
            {'fields': ['subject', 'items'], 'columns': 2, 'tab': 'main'},
            {'fields': ['half'], 'tab': 'rest', 'collapsed': True},
        ],
        'roles': {'admin': {'list': ['subject'], 'form': [{'fields': ['firm'], 'tab': 'rest'}], 'related': []}},
    },
}  # fmt: skip
PIPELINES: list[dict[str, Any]] = [
    {
        'key': 'deal',
        'maps': {'other': {'open': 'begin', 'won': 'begin'}},
        'groups': [{'key': 'running'}],
        'stages': [
            {'key': 'open', 'group': 'running', 'category': 'open', 'moves': ['won'], 'x-aliases': ['opened']},
            {
                'key': 'won',
                'category': 'won',
                'gate': BUSY,
                'gate_message': {'en': 'Score.'},
            },
        ],
    },
    {'key': 'other', 'stages': [{'key': 'begin', 'category': 'open', 'rotting_days': 7}]},
]


def everything() -> Documents:
    """The small set, with an entity that has a field of every further type and every rule."""
    documents = copy.deepcopy(SMALL)
    documents['entity', 'quote'] = copy.deepcopy(QUOTE)
    contact = documents['entity', 'contact']
    contact['x-pipelines'] = copy.deepcopy(PIPELINES)
    contact['properties']['quotes'] = {
        'x-type': 'rollup',
        'x-rollup': {
            'entity': 'quote',
            'field': 'client',
            'function': 'count',
            'condition': {'field': 'stars', 'op': 'gt', 'value': 2},
        },
    }
    return documents
