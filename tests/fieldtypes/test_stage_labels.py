"""Stages of two pipelines that people call alike: a file or a person must say which one is meant."""

from __future__ import annotations

from typing import Any

import pytest

from schema.definitions import FieldDef
from schema.fieldtypes.base import Reading, Refused
from schema.fieldtypes.registry import FIELD_TYPES
from schema.loading import settle
from schema.reading import read_entity

READING, STAGE = Reading('vi'), FIELD_TYPES.get('stage')


def stage_field() -> FieldDef:
    def stage(key: str, text: str) -> dict[str, Any]:
        return {'key': key, 'label': {'vi': text}, 'category': 'open'}

    lines = [
        {'key': 'sale', 'stages': [stage('fresh', 'Mới'), stage('talk', 'Trao đổi')]},
        {'key': 'tender', 'stages': [stage('opened', 'Mới')]},
    ]
    document = {'properties': {'name': {'x-type': 'text'}, 'stage': {'x-type': 'stage'}}, 'x-pipelines': lines}
    return next(
        each for each in read_entity(settle({('entity', 'deal'): document}, {})['entity', 'deal']).fields if each.key == 'stage'
    )


def read(field: FieldDef, text: str) -> str | None:
    return STAGE.wire(field, STAGE.normalise(field, STAGE.parse(field, text, READING), READING))


def test_a_label_that_two_stages_share_is_refused_with_what_to_write_instead() -> None:
    field = stage_field()

    with pytest.raises(Refused) as refused:
        read(field, 'mới ')

    assert (refused.value.code, refused.value.params['choices']) == ('REC-E071', 'mới (fresh), mới (opened)')
    assert [read(field, text) for text in ('mới (opened)', 'Mới (fresh)', 'fresh', 'trao doi')] == [
        'opened',
        'fresh',
        'fresh',
        'talk',
    ]
