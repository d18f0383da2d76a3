"""Rings of workflows, found in their documents before anything runs."""

from __future__ import annotations

from typing import Any

import pytest

from schema.checks.rings import rings

STAGES = {'properties': {'stage': {'x-type': 'stage'}, 'status': {}, 'note': {}}}


def rule(trigger: dict[str, Any], *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {'entity': 'deal', 'enabled': True, 'trigger': trigger, 'steps': list(steps), **more}


def write(**values: Any) -> dict[str, Any]:
    return {'type': 'update_record', 'values': values}


def changed(*fields: str) -> dict[str, Any]:
    return {'type': 'updated', 'fields': list(fields)}


@pytest.mark.parametrize(('workflows', 'expected'), [
    ({'a': rule(changed('status'), write(note='x')), 'b': rule(changed('note'), write(status='y'))}, []),  # comes to rest
    ({'a': rule(changed('status'), write(note='x')), 'b': rule(changed('note'), write(note='z', status='y'))}, [('a', 'b')]),
    ({'a': rule(changed('status'), write(note={'from': 'status'})), 'b': rule(changed('note'), write(status={'from': 'note'}))},
     [('a', 'b')]),
    ({'a': rule({'type': 'created'}, {'type': 'create_record', 'entity': 'deal', 'values': {}})}, [('a',)]),
    ({'a': rule({'type': 'created'}, {'type': 'create_record', 'entity': 'task', 'values': {}})}, []),
    ({'a': rule({'type': 'stage_entered', 'stages': ['won']}, {'type': 'move_stage', 'stage': 'lost'}),
      'b': rule({'type': 'stage_entered', 'stages': ['lost']}, {'type': 'move_stage', 'stage': 'won'})}, [('a', 'b')]),
    ({'a': rule({'type': 'stage_entered', 'stages': ['won']}, {'type': 'move_stage', 'stage': 'lost'}),
      'b': rule({'type': 'stage_entered', 'stages': ['open']}, {'type': 'move_stage', 'stage': 'won'})}, []),
    ({'a': rule({'type': 'called'}, {'type': 'branch', 'cases': [{'steps': [{'type': 'start_workflow', 'workflow': 'b'}]}]}),
      'b': rule({'type': 'called'}, {'type': 'start_workflow', 'workflow': 'a'})}, [('a', 'b')]),
    ({'a': rule({'type': 'called'}, {'type': 'start_workflow', 'workflow': 'a'}, enabled=False)}, []),
])  # fmt: skip
def test_rings_that_do_not_come_to_rest_are_named(workflows: dict[str, Any], expected: list[tuple[str, ...]]) -> None:
    documents = {('entity', 'deal'): STAGES, **{('workflow', key): each for key, each in workflows.items()}}

    assert sorted(each.workflows for each in rings(documents)) == expected
