"""The pack's own rule cases agree with its documents, read as an admin would read them."""

from typing import Any

import pytest

from tests.packs.documents import CASES, ENTITIES, ROLES, WORKFLOWS, field_keys, stages

REACH = {'none': set(), 'own': {'self'}, 'team_below': {'self', 'team'}, 'all': {'self', 'team', 'other'}}


def cases(about: str) -> Any:
    return pytest.mark.parametrize('case', [pytest.param(case, id=case['name']) for case in CASES[about]['cases']])


@cases('permissions')
def test_a_role_reaches_as_its_case_says(case: dict[str, Any]) -> None:
    grants = ROLES[case['role']]['grants']
    scope = grants.get(case['entity'], grants['*'])[case['action']]

    assert (case['record_of'] in REACH[scope]) is case['allowed']


@cases('fields')
def test_a_field_is_open_or_hidden_as_its_case_says(case: dict[str, Any]) -> None:
    right = ROLES[case['role']]['fields'].get(case['entity'], {}).get(case['field'], 'write')

    assert case['field'] in field_keys(case['entity'])
    assert (right != 'none', right == 'write') == (case['reads'], case['writes'])


@cases('stages')
def test_a_gate_asks_for_what_its_case_says(case: dict[str, Any]) -> None:
    required = stages(case['entity'])[case['stage']].get('requires', [])

    assert [key for key in required if key not in case['record']] == case['missing']


@cases('duplicates')
def test_a_duplicate_case_names_rules_of_its_entity(case: dict[str, Any]) -> None:
    rules = {rule['key']: rule for rule in ENTITIES[case['entity']]['x-duplicates']}

    assert {*case['stored'], *case['entered']} <= field_keys(case['entity'])
    assert {rules[key]['action'] for key in case['rules']} == ({case['action']} if case['action'] else set())


@cases('workflows')
def test_a_workflow_case_writes_fields_of_the_workflows_entity(case: dict[str, Any]) -> None:
    assert set(case['record']) <= field_keys(WORKFLOWS[case['workflow']]['entity'])
