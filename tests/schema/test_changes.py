"""Differences between two versions are told in words, each of them, in both languages."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from schema.changes import ChangeEntity, ChangeField
from schema.diff import diff
from schema.loading import settle

METASCHEMA = json.loads(Path('schema/metaschema/entity.json').read_text(encoding='utf-8'))
STAGES = [{'key': 'new', 'label': {'en': 'New'}, 'probability': 5}, {'key': 'won', 'label': {'en': 'Won'}, 'category': 'won'}]
DEAL: dict[str, Any] = {
    'x-label': {'en': 'Deal'},
    'properties': {'name': {'x-type': 'text', 'x-label': {'en': 'Name'}}, 'step': {'x-type': 'stage'}},
    'x-pipelines': [
        {'key': 'way', 'label': {'en': 'Way'}, 'stages': STAGES},
        {'key': 'other', 'label': {'en': 'Other'}, 'stages': [{'key': 'begin', 'label': {'en': 'Begin'}}]},
    ],
}


@pytest.fixture
def deal() -> dict[tuple[str, str], Any]:
    return settle({('entity', 'deal'): DEAL}, {})


@pytest.mark.parametrize('locale', ['en', 'vi'])
def test_every_keyword_of_entities_and_fields_has_a_word(deal: dict[tuple[str, str], Any], locale: str) -> None:
    changed = copy.deepcopy(deal)
    entity = changed['entity', 'deal']
    apart = {'x-ref', 'x-key', 'x-kind', 'x-type', 'x-table', 'properties', 'required', 'x-pipelines', 'x-aliases', 'x-options',
             'x-lines', 'x-duplicates', 'x-rules', 'x-unique-keys', 'x-label'}  # fmt: skip
    entity |= {name: 'other' for name in METASCHEMA['properties'] if name not in apart}
    entity['properties']['name'] |= {name: 'other' for name in METASCHEMA['$defs']['field']['properties'] if name not in apart}

    told = [each for each in diff(deal, changed) if isinstance(each, (ChangeEntity, ChangeField))]

    assert len(told) > 30
    assert [each.describe(locale) for each in told if re.search('x-|[a-z][A-Z]', each.describe(locale))] == []


def test_a_stage_that_moves_and_takes_another_key_is_told_whole(deal: dict[tuple[str, str], Any]) -> None:
    changed = copy.deepcopy(deal)
    way, other = changed['entity', 'deal']['x-pipelines']
    stage = way['stages'].pop(0)
    other['stages'].append({**stage, 'key': 'fresh', 'probability': 20})

    assert [each.describe('en') for each in diff(deal, changed)] == [
        'Deal: stage New: key new becomes fresh',
        'Deal: change stage New: chance, pipeline',
        'Deal: reorder (stage)',
    ]
    assert 'Deal: sửa giai đoạn New: xác suất, chuỗi giai đoạn' in [each.describe('vi') for each in diff(deal, changed)]
