"""Every example of the reference is used: put into a schema of the things that examples speak of, the checks take it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from schema.checks import check_documents
from schema.checks.fields import COMMON
from schema.checks.metaschema import load_metaschemas
from schema.fieldtypes.registry import FIELD_TYPES

OPTION = {'key': 'vn'}
NEEDS: dict[str, dict[str, Any]] = {
    'picklist': {'x-options': [OPTION]}, 'multi_picklist': {'x-options': [OPTION]}, 'link': {'x-target': 'company'},
    'link_any': {'x-targets': ['lead', 'contact', 'task']}, 'links': {'x-target': 'contact'},
    'lines': {'x-lines': {'properties': {'title': {'x-type': 'text'}}}}, 'autonumber': {'x-pattern': 'A-{000}'},
    'formula': {'x-formula': 'quantity * 2', 'x-result': 'decimal'},
    'rollup': {'x-rollup': {'lines': 'items', 'function': 'count'}},
    'through': {'x-through': {'link': 'company', 'field': 'name'}},
}  # fmt: skip
NAMED = {
    'full_name': 'text', 'email': 'email', 'phone': 'phone', 'amount': 'decimal', 'quantity': 'integer', 'price': 'decimal',
    'discount': 'percent', 'birthday': 'date', 'starts_at': 'datetime', 'ends_at': 'datetime', 'all_day': 'boolean',
    'place': 'text', 'participants': 'links', 'guests': 'links', 'repeat': 'text', 'remind_minutes': 'integer',
    'do_not_contact': 'boolean', 'company': 'link', 'remind_by': 'multi_picklist',
}  # fmt: skip
STAGES = [
    {'key': 'open', 'category': 'open', 'group': 'open'},
    {'key': 'won', 'category': 'won'},
    {'key': 'lost', 'category': 'lost'},
]
LAYOUT = {'list': ['full_name'], 'tabs': [{'key': 'details'}], 'form': [{'fields': ['full_name'], 'tab': 'details'}]}
HOLDS: dict[str, str] = {
    '': '', 'lines': '/properties/items/x-lines', 'option': '/properties/status/x-options/0',
    'group': '/x-pipelines/0/groups/0', 'stage': '/x-pipelines/0/stages/0',
    'pipeline': '/x-pipelines/0', 'duplicate_rule': '/x-duplicates/0',
    'layouts': '/x-layouts', 'rule': '/x-rules/0', 'unique_key': '/x-unique-keys/0', 'section': '/x-layouts/form/0',
    'tab': '/x-layouts/tabs/0', 'related_list': '/x-layouts/related/0', 'role_layouts': '/x-layouts/roles/rep',
    'calendar': '/x-calendar',
}  # fmt: skip
"""Where the contact of this file has the parts that the metaschema describes."""
BESIDE: dict[str, tuple[dict[str, Any], ...]] = {'x-formula': ({}, {'x-result': 'text'})}


def field_of(kind: str) -> dict[str, Any]:
    return {'x-type': kind, **copy.deepcopy(NEEDS.get(kind, {}))}


def documents() -> dict[tuple[str, str], Any]:
    fields = {f'a_{kind}': field_of(kind) for kind in FIELD_TYPES.keys() if kind != 'stage'}  # noqa: SIM118 - a registry
    fields |= {key: field_of(kind) for key, kind in NAMED.items()}
    fields |= {
        'stage': {'x-type': 'stage'}, 'country': {'x-type': 'picklist', 'x-options': [{'key': 'vn'}]},
        'status': {'x-type': 'picklist', 'x-options': [{'key': 'done'}, {'key': 'cancelled'}]},
        'items': {'x-type': 'lines', 'x-lines': {'properties': {key: {'x-type': 'integer'} for key in ('amount', 'quantity')}}},
    }  # fmt: skip
    contact: dict[str, Any] = {
        'x-title-field': 'full_name', 'properties': fields, 'x-layouts': {**LAYOUT, 'roles': {'rep': copy.deepcopy(LAYOUT)}},
        'x-pipelines': [{'key': 'deal', 'groups': [{'key': 'open'}], 'stages': STAGES},
                        {'key': 'renewal', 'stages': [{'key': 'first_talk', 'category': 'open'}]}],
        'x-duplicates': [{'key': 'a', 'action': 'warn', 'match': [{'field': 'phone', 'compare': 'phone'}]}],
        'x-rules': [{'key': 'a', 'message': {'en': 'No.'}, 'refuse_when': {'field': 'amount', 'op': 'gt', 'value': 5}}],
        'x-unique-keys': [{'key': 'a', 'fields': ['email', 'company']}],
        'x-calendar': {'kind': 'task', 'start': 'starts_at', 'status': 'status'},
    }  # fmt: skip
    contact['x-layouts']['related'] = [{'entity': 'opportunity', 'field': 'contact'}]
    made: dict[tuple[str, str], Any] = {
        ('entity', 'company'): {'properties': {'name': {'x-type': 'text'}, 'phone': {'x-type': 'phone'}}},
        ('entity', 'lead'): {'properties': {'name': {'x-type': 'text'}}},
        ('entity', 'task'): {'properties': {'name': {'x-type': 'text'}, 'status': field_of('picklist')}},
        ('entity', 'opportunity'): {'properties': {
            'name': {'x-type': 'text'}, 'company': {'x-type': 'link', 'x-target': 'contact'},
            'contact': {'x-type': 'link', 'x-target': 'contact'},
        }},
        ('entity', 'contact'): contact, ('role', 'admin'): {'admin': True, 'grants': {}}, ('role', 'rep'): {'grants': {}},
    }  # fmt: skip
    made['entity', 'task']['properties']['status']['x-options'].append({'key': 'done'})
    return made


WHOLE = documents()


def examples() -> Iterator[tuple[str, str, Any]]:
    metaschema = load_metaschemas()['entity']
    for part in ('', *metaschema['$defs']):
        holder = metaschema['$defs'][part] if part else metaschema
        for keyword, about in holder.get('properties', {}).items():
            yield from ((part, keyword, example) for example in about['examples'])


EXAMPLES = list(examples())


def put(pointer: str, keywords: Any) -> dict[tuple[str, str], Any]:
    made = copy.deepcopy(WHOLE)
    node = made['entity', 'contact']
    for token in pointer.split('/')[1:]:
        node = node[int(token)] if isinstance(node, list) else node[token]
    node.update(copy.deepcopy(keywords))
    return made


def errors(pointer: str, keywords: Any) -> list[str]:
    found = check_documents(put(pointer, keywords))
    return [f'{each.code} {each.pointer}' for each in found if each.level == 'error']


def test_the_schema_of_the_examples_is_sound() -> None:
    assert check_documents(WHOLE) == []


@pytest.mark.parametrize(('part', 'keyword', 'example'), EXAMPLES, ids=[f'{part}-{keyword}' for part, keyword, _ in EXAMPLES])
def test_an_example_is_taken_where_it_belongs(part: str, keyword: str, example: Any) -> None:
    if part == 'field':
        kinds = [kind.key for kind in FIELD_TYPES if kind.key != 'stage' and keyword in COMMON | kind.keywords]
        asked = [(f'/properties/a_{kind}', beside) for kind in kinds for beside in BESIDE.get(keyword, ({},))]
        assert any(errors(place, {**beside, keyword: example}) == [] for place, beside in asked), 'no type takes it'
        return
    place = f'/entities/contact{HOLDS[part]}/{keyword}'
    found = [each for each in errors(HOLDS[part], {keyword: example}) if each.partition(' ')[2].startswith(place)]
    assert found == []
