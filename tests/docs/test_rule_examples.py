"""Every example of the reference of roles, workflows and templates is put where it belongs, checked and compiled."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from schema.checks import check_documents
from schema.checks.metaschema import load_metaschemas
from schema.compiling import compile_catalog
from schema.loading import settle
from schema.reading import read_workflow
from schema.versions import SchemaVersion
from tests.docs.test_examples import field_of
from workflows.definitions import compile_workflow
from workflows.register import ACTIONS

BIG = {'field': 'amount', 'op': 'gte', 'value': '5'}
STOP: dict[str, Any] = {'key': 'inner', 'type': 'stop'}
STEPS: dict[str, dict[str, Any]] = {
    'send_mail': {'template': 'birthday', 'to': {'field': 'email'}},
    'create_record': {'entity': 'task', 'values': {'title': 'Call'}},
    'update_record': {'values': {'amount': '5'}}, 'move_stage': {'stage': 'won'}, 'tag': {'field': 'words', 'add': ['vip']},
    'start_workflow': {'workflow': 'welcome'}, 'branch': {'cases': [{'condition': BIG, 'steps': [STOP]}]},
    'for_each': {'related': {'entity': 'task', 'field': 'opportunity'}, 'steps': [STOP]},
    'notify': {'to': {'user': 'owner'}, 'text': {'en': 'Hi'}}, 'assign': {'strategy': 'round_robin', 'users': ['rep']},
    'share': {'with': {'users': ['rep']}}, 'relate': {'field': 'firms', 'add': {'from': 'company'}},
    'create_task': {'title': {'en': 'Call'}}, 'create_appointment': {'title': {'en': 'Meet'}, 'start': {'days': 1}},
    'webhook': {'url': 'https://example.com'}, 'send_sms': {'to': {'field': 'phone'}, 'text': {'en': 'Hi'}},
    'send_zns': {'to': {'field': 'phone'}, 'template_id': '1'}, 'wait': {'for': {'days': 1}},
    'delete_record': {}, 'stop': {},
}  # fmt: skip
"""The least that a step of each kind can do with."""
HOMES: dict[str, tuple[str, ...]] = {
    'send_mail': ('template', 'attachments', 'from', 'bulk', 'any_time', 'key', 'ref', 'label'),
    'create_record': ('entity',), 'webhook': ('url', 'method', 'headers', 'secret', 'header'), 'move_stage': ('stage', 'field'),
    'send_zns': ('template_id', 'params'), 'create_task': ('title', 'due', 'assign', 'about'), 'tag': ('add', 'remove'),
    'create_appointment': ('start', 'minutes'), 'start_workflow': ('workflow',),
    'wait': ('for', 'until', 'condition', 'on_timeout'), 'branch': ('cases', 'otherwise'),
    'for_each': ('related', 'steps'), 'notify': ('to', 'text', 'popup', 'mail'),
    'assign': ('strategy', 'users', 'teams', 'online_only'), 'share': ('with', 'level'), 'update_record': ('values',),
    'acme.send_fax': ('settings',),
}  # fmt: skip
"""Steps that use a keyword: an example of it stands in them."""
OTHER_HOMES = {('values', 'title'): 'create_record', ('add', 'from'): 'relate', ('remove', 'from'): 'relate'}
TRIGGERS: dict[str, tuple[str, ...]] = {
    'date': ('field', 'yearly', 'calendar', 'offset_days', 'at', 'feb29', 'look_back_days', 'missed', 'on_day_off', 'zone'),
    'date ': ('offset_minutes',), 'updated': ('fields', 'was'), 'stage_entered': ('stages',), 'stage_stuck': ('days',),
    'schedule': ('cron',), 'button': ('roles', 'on'), 'webhook': ('match', 'values', 'update', 'secret'),
}  # fmt: skip
TRIGGER_BASES: dict[str, dict[str, Any]] = {
    'date': {'field': 'birthday'}, 'date ': {'field': 'starts_at'}, 'stage_stuck': {'days': 3},
    'schedule': {'cron': '0 8 * * *'}, 'webhook': {'match': {'field': 'email', 'from': '/a'}},
}  # fmt: skip
BESIDE: dict[str, dict[str, Any]] = {
    'calendar': {'yearly': True}, 'feb29': {'yearly': True}, 'on_timeout': {'condition': BIG}, 'until': {'for': None},
}  # fmt: skip
"""What a keyword has no sense without; None takes away what it stands for."""
INNER: dict[str, dict[str, Any]] = {
    'offset_minutes': {'field': 'remind_minutes'}, 'until': {'field': 'starts_at'}, 'match': {'field': 'email', 'from': '/a'},
    'related': {'entity': 'task', 'field': 'opportunity'}, 'headers': {}, 'due': {'days': 1}, 'start': {'days': 1},
}  # fmt: skip


def documents() -> dict[tuple[str, str], Any]:
    kinds = {
        'full_name': 'text', 'email': 'email', 'phone': 'phone', 'birthday': 'date', 'amount': 'decimal', 'words': 'tags',
        'remind_minutes': 'integer', 'starts_at': 'datetime', 'expected_close': 'date', 'time_zone': 'text', 'team': 'team',
        'contract': 'file', 'language': 'text', 'stage': 'stage', 'leader': 'user',
    }  # fmt: skip
    fields = {key: field_of(kind) for key, kind in kinds.items() if key not in {'team'}}
    listed = {'status': ['new', 'done'], 'source': ['web']}
    fields |= {key: {'x-type': 'picklist', 'x-options': [{'key': each} for each in names]} for key, names in listed.items()}
    fields |= {'company': {'x-type': 'link', 'x-target': 'company'}, 'firms': {'x-type': 'links', 'x-target': 'company'}}
    stages = [{'key': key, 'category': key if key in {'won', 'lost'} else 'open'} for key in ('negotiation', 'won', 'lost')]
    contact = {'x-title-field': 'full_name', 'properties': fields, 'x-pipelines': [{'key': 'deal', 'stages': stages}]}
    task = {
        'title': field_of('text'), 'due_at': field_of('datetime'), 'state': copy.deepcopy(fields['status']),
        'opportunity': {'x-type': 'link', 'x-target': 'contact'},
    }  # fmt: skip
    calendars = {'task': 'due_at', 'appointment': 'due_at'}
    return {
        ('entity', 'company'): {'properties': {'name': field_of('text')}},
        ('entity', 'product'): {'properties': {'name': field_of('text'), 'cost': field_of('decimal')}},
        ('entity', 'contact'): contact,
        **{
            ('entity', key): {
                'x-title-field': 'title', 'properties': copy.deepcopy(task), 'x-calendar': {'kind': key, 'start': start}
            }
            for key, start in calendars.items()
        },
        **{('role', key): {'grants': {'*': {'read': 'own'}}} for key in ('rep', 'manager', 'leader')},
        ('role', 'admin'): {'admin': True, 'grants': {}},
        ('template', 'birthday'): {'entity': 'contact', 'subject': {'en': 'Hi'}, 'html': {'en': '<p>Hi</p>'}},
        **{('workflow', key): workflow(STOP) for key in ('welcome', 'birthday_mail')},
    }  # fmt: skip


def workflow(step: dict[str, Any], **trigger: Any) -> dict[str, Any]:
    return {'entity': 'contact', 'trigger': {'type': 'created', **trigger}, 'steps': [copy.deepcopy(step)]}


CATALOG = compile_catalog(SchemaVersion(1, settle(documents(), {}), 'examples'))


def errors(kind: str, key: str, document: dict[str, Any]) -> list[str]:
    """What speaks against the document: the checks of definitions first, then those of whoever carries it out."""
    found = [*check_documents({**documents(), (kind, key): copy.deepcopy(document)})]
    if kind == 'workflow' and not found:
        settled = settle({(kind, key): copy.deepcopy(document)}, {})[kind, key]
        rule, wrong = compile_workflow(read_workflow(settled), CATALOG)
        found += wrong
        for step in rule.flow.steps if rule is not None else ():
            if step.type in ACTIONS:
                found += ACTIONS[step.type].check(step.document, CATALOG.entity('contact'), CATALOG)
    return [f'{each.code} {each.pointer}' for each in found if each.level == 'error']


def examples() -> Iterator[tuple[str, str, Any]]:
    """Kind, pointer into the metaschema, example."""
    for kind in ('role', 'workflow', 'template'):
        yield from ((kind, pointer, each) for pointer, found in _given(load_metaschemas()[kind], '') for each in found)


def _given(node: Any, pointer: str) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(node, dict):
        if isinstance(node.get('examples'), list):
            yield pointer, node['examples']
        for name, part in node.items():
            if name != 'examples':
                yield from _given(part, f'{pointer}/{name}')


def holder(kind: str, pointer: str, example: Any) -> tuple[str, dict[str, Any]]:
    """`(key, document)` with the example at its place."""
    tokens = [each for each in pointer.split('/')[1:] if each not in {'properties', 'additionalProperties', 'items'}]
    if tokens[:2] == ['$defs', 'step']:
        return 'welcome', workflow(_step(tokens[2:], example))
    if tokens[:2] == ['$defs', 'case']:
        case = {'condition': BIG, 'steps': [STOP], tokens[2]: example}
        return 'welcome', workflow({'key': 'way', 'type': 'branch', 'cases': [case]})
    if tokens[:2] == ['$defs', 'header']:
        header = {'secret': 'shop_key', tokens[2]: example} if len(tokens) > 2 else example
        return 'welcome', workflow({'key': 'call', 'type': 'webhook', **STEPS['webhook'], 'headers': {'A': header}})
    if tokens[0] == '$defs':
        return 'welcome', {**workflow(STOP), 'steps': example}
    if tokens[0] == 'trigger':
        return 'welcome', workflow(STOP, **_trigger(tokens[1:], example))
    if kind == 'role':
        return 'rep', {'grants': {}, **_of_role(tokens, pointer, example)}
    key = {'workflow': 'birthday_mail', 'template': 'birthday'}[kind]
    return key, {**documents()[kind, key], **_nested(tokens, example)}


def _step(tokens: list[str], example: Any) -> dict[str, Any]:
    if tokens == ['type']:
        return {'key': 'outer', 'type': example, **STEPS[example]}
    named = (tokens[0], tokens[1] if len(tokens) > 1 else next(iter(example), '') if isinstance(example, dict) else '')
    name = OTHER_HOMES.get(named) or next(each for each, keywords in HOMES.items() if tokens[0] in keywords)
    found = {'key': 'outer', 'type': name, **STEPS.get(name, {}), **BESIDE.get(tokens[0], {}), **_nested(tokens, example)}
    return {keyword: part for keyword, part in found.items() if part is not None}


def _trigger(tokens: list[str], example: Any) -> dict[str, Any]:
    if not tokens:
        return dict(example)
    if tokens == ['type']:
        return {'type': example, **TRIGGER_BASES.get(example, {})}
    name = next(each for each, keywords in TRIGGERS.items() if tokens[0] in keywords)
    return {'type': name.strip(), **TRIGGER_BASES.get(name, {}), **BESIDE.get(tokens[0], {}), **_nested(tokens, example)}


def _of_role(tokens: list[str], pointer: str, example: Any) -> dict[str, Any]:
    if pointer.endswith('fields/additionalProperties'):
        return {'fields': {'product': example}}
    return {'grants': {'contact': {tokens[1]: example}}} if tokens[0] == 'grants' and len(tokens) > 1 else {tokens[0]: example}


def _nested(tokens: list[str], example: Any) -> dict[str, Any]:
    """`{keyword: {keyword: example}}`, a list where one belongs, with what else the outer keyword cannot do without."""
    if len(tokens) == 1:
        return {tokens[0]: example}
    inner = {**INNER.get(tokens[0], {}), **_nested(tokens[1:], example)}
    return {tokens[0]: [inner] if tokens[0] == 'attachments' else inner}


EXAMPLES = list(examples())


def test_the_schema_of_the_rules_is_sound_and_knows_every_kind_of_step() -> None:
    assert check_documents(documents()) == []
    assert set(STEPS) == set(ACTIONS)
    steps = {name: {'key': 'outer', 'type': name, **each} for name, each in STEPS.items()}
    assert {name: found for name, each in steps.items() if (found := errors('workflow', 'other', workflow(each)))} == {}


@pytest.mark.parametrize(('kind', 'pointer', 'example'), EXAMPLES, ids=[f'{kind}{pointer}' for kind, pointer, _ in EXAMPLES])
def test_an_example_is_taken_where_it_belongs(kind: str, pointer: str, example: Any) -> None:
    assert errors(kind, *holder(kind, pointer, example)) == []
