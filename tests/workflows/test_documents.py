"""A workflow that cannot run is found when its document is checked, at the place where it is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from schema.checks import check_documents
from schema.loading import read_folder
from schema.texts import ROOT

STOP = {'key': 'halt', 'type': 'stop'}


@pytest.mark.parametrize(
    ('part', 'expected'),
    [
        ({'trigger': {'type': 'schedule', 'cron': '99 x'}}, ('SCH-E096', '/trigger/cron')),
        ({'trigger': {'type': 'date', 'field': 'created_at', 'at': '08:00', 'zone': {'field': 'stage'}}},
         ('SCH-E091', '/trigger/zone/field')),
        ({'trigger': {'type': 'date', 'field': 'created_at', 'at': '08:00', 'calendar': 'lunar'}},
         ('SCH-E012', '/trigger/yearly')),
        ({'trigger': {'type': 'date', 'field': 'created_at', 'at': '08:00', 'missed': 'never'}},
         ('SCH-E013', '/trigger/missed')),
        ({'trigger': {'type': 'stage_entered', 'stages': ['nowhere']}}, ('SCH-E066', '/trigger/stages/0')),
        ({'trigger': {'type': 'button', 'roles': ['nobody']}}, ('SCH-E143', '/trigger/roles/0')),
        ({'trigger': {'type': 'updated', 'was': {'field': 'nothing', 'op': 'is_empty'}}}, ('SCH-E211', '/trigger/was/field')),
        ({'steps': [{'key': 'go', 'type': 'move_stage', 'stage': 'nowhere'}]}, ('SCH-E066', '/steps/0/stage')),
        ({'steps': [{'key': 'go', 'type': 'start_workflow', 'workflow': 'none'}]}, ('SCH-E095', '/steps/0/workflow')),
        ({'steps': [{'key': 'a', 'type': 'branch', 'otherwise': [STOP, STOP],
                     'cases': [{'condition': {'field': 'stage', 'op': 'is_empty'}, 'steps': [STOP]}]}]},
         ('SCH-E021', '/steps/0/otherwise/1/key')),
        ({'steps': [{'key': 'a', 'type': 'for_each', 'related': {'entity': 'task', 'field': 'title'}, 'steps': [STOP]}]},
         ('SCH-E091', '/steps/0/related/field')),
    ],
)  # fmt: skip
def test_fault_is_found_at_its_place(part: dict[str, Any], expected: tuple[str, str]) -> None:
    documents = dict(read_folder(ROOT / 'schema/packs/sales'))
    plain = {'x-format': 1, 'x-kind': 'workflow', 'x-key': 'w', 'x-label': {'en': 'W', 'vi': 'W'}, 'entity': 'opportunity'}
    documents['workflow', 'w'] = {**plain, 'trigger': {'type': 'created'}, 'steps': [STOP], **part}

    code, place = expected
    found = {(each.code, each.pointer) for each in check_documents(documents)}

    assert (code, f'/workflows/w{place}') in found
