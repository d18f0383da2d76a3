"""Definitions to break: the sales pack, and one small set with a bit of everything."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from schema.loading import read_folder
from schema.texts import ROOT, load_all

SALES = ROOT / 'schema' / 'packs' / 'sales'
Documents = dict[tuple[str, str], Any]

SMALL: Documents = {
    ('entity', 'company'): {
        'x-label': {'en': 'Company', 'vi': 'Công ty'},
        'properties': {'name': {'x-type': 'text'}, 'tax_code': {'x-type': 'text', 'x-unique': True}},
    },
    ('entity', 'contact'): {
        'x-kind': 'entity',
        'x-key': 'contact',
        'x-title-field': 'full_name',
        'required': ['full_name'],
        'properties': {
            'full_name': {'x-type': 'text', 'maxLength': 200, 'x-search': True},
            'email': {'x-type': 'email'},
            'phone': {'x-type': 'phone'},
            'birthday': {'x-type': 'date'},
            'notes': {'x-type': 'long_text'},
            'score': {'x-type': 'integer', 'minimum': 0, 'maximum': 10, 'x-default': 5},
            'amount': {'x-type': 'money', 'x-currency': 'VND'},
            'status': {'x-type': 'picklist', 'x-options': [{'key': 'new'}, {'key': 'old', 'retired': True}]},
            'company': {'x-type': 'link', 'x-target': 'company'},
            'regarding': {'x-type': 'link_any', 'x-targets': ['company', 'contact']},
            'stage': {'x-type': 'stage', 'x-default': 'open'},
        },
        'x-pipelines': [
            {
                'key': 'deal',
                'groups': [{'key': 'running'}],
                'stages': [
                    {'key': 'open', 'group': 'running', 'category': 'open', 'moves': ['won'], 'probability': 10},
                    {'key': 'won', 'category': 'won', 'requires': ['amount'], 'probability': 100},
                ],
            }
        ],
        'x-duplicates': [{'key': 'same_email', 'match': [{'field': 'email', 'compare': 'email'}]}],
        'x-layouts': {
            'list': ['full_name', 'owner'],
            'form': [{'fields': ['full_name']}, {'fields': ['email']}],
            'related': [{'entity': 'contact', 'field': 'regarding'}],
        },
        'x-indexes': [['birthday']],
    },
    ('role', 'admin'): {'grants': {'*': {'read': 'all'}}, 'fields': {'contact': {'score': 'read'}}, 'admin': True},
    ('template', 'greeting'): {'entity': 'contact', 'subject': {'en': 'Hello {{ record.full_name }}'}},
    ('workflow', 'greet'): {
        'entity': 'contact',
        'trigger': {'type': 'date', 'field': 'birthday', 'yearly': True, 'at': '08:00'},
        'condition': {'all': [{'field': 'email', 'op': 'is_not_empty'}, {'not': {'field': 'score', 'op': 'lt', 'value': 3}}]},
        'steps': [{'key': 'send', 'type': 'send_mail', 'template': 'greeting', 'to': {'field': 'email'}}],
    },
}


@pytest.fixture(scope='session', autouse=True)
def _texts() -> None:
    load_all()


@pytest.fixture
def small() -> Documents:
    return copy.deepcopy(SMALL)


@pytest.fixture(scope='session')
def sales_folder() -> Path:
    return SALES


@pytest.fixture
def sales() -> Documents:
    return {name: copy.deepcopy(dict(document)) for name, document in read_folder(SALES).items()}
