"""Stages and options that people call alike: a file or a person must say which one is meant."""

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


def options_field(kind: str) -> FieldDef:
    words = {'pink': 'Hồng', 'hip': 'Hông', 'other': 'Khác', 'rest': 'Khác'}
    options = [{'key': key, 'label': {'vi': text}} for key, text in words.items()]
    document = {'properties': {'name': {'x-type': 'text'}, 'word': {'x-type': kind, 'x-options': options}}}
    fields = read_entity(settle({('entity', 'memo'): document}, {})['entity', 'memo']).fields
    return next(each for each in fields if each.key == 'word')


@pytest.mark.parametrize('kind', ['picklist', 'multi_picklist'])
def test_options_that_read_alike_are_told_apart_as_they_are_spelled_and_never_guessed(kind: str) -> None:
    field, field_type = options_field(kind), FIELD_TYPES.get(kind)

    def read(text: str) -> Any:
        return field_type.wire(field, field_type.normalise(field, field_type.parse(field, text, READING), READING))

    found = [read(text) for text in ('Hồng', 'Hông', 'hong (hip)', 'rest', 'Khác (other)')]
    assert [each if kind == 'picklist' else each[0] for each in found] == ['pink', 'hip', 'hip', 'rest', 'other']
    for text, choices in (('hong', 'hong (pink), hong (hip)'), ('Khác', 'Khác (other), Khác (rest)')):
        with pytest.raises(Refused) as refused:
            read(text)
        assert (refused.value.code, refused.value.params['choices']) == ('REC-E071', choices)
