"""Patterns of fields, and ours: what takes other engines for ever costs nothing; what has no bounds is refused in its place."""

from __future__ import annotations

import time
from typing import Any

import pytest

from schema.checks import check_documents
from schema.fieldtypes.base import Reading, Refused
from schema.fieldtypes.registry import FIELD_TYPES
from schema.loading import settle
from schema.merging import Renaming
from schema.reading import read_entity

LONG = 20_000


def entity_with(pattern: str) -> dict[tuple[str, str], Any]:
    note = {'x-type': 'long_text', 'maxLength': LONG, 'pattern': pattern}
    return {
        ('entity', 'memo'): {'properties': {'name': {'x-type': 'text'}, 'note': note}},
        ('role', 'admin'): {'admin': True, 'grants': {}},
    }


@pytest.mark.parametrize(
    'pattern', ['(a+)+$', '(a|aa)+$', '([a-z]+)*b', '(.*a){25}$', '^(((((a*)*)*)*)*)*$', '(x+x+)+y', '(a?){900}a{900}$']
)
def test_a_pattern_that_traps_other_engines_is_answered_at_once(pattern: str) -> None:
    documents = entity_with(pattern)
    assert check_documents(documents) == []
    entity = read_entity(settle(documents, {})['entity', 'memo'])
    field = next(each for each in entity.fields if each.key == 'note')

    started = time.process_time()  # a backtracking engine would need longer than the world has been there
    with pytest.raises(Refused, match='REC-E004'):
        FIELD_TYPES.get(field.type).normalise(field, 'a' * (LONG - 1) + '!', Reading())
    assert time.process_time() - started < 5


@pytest.mark.parametrize('pattern', ['(a{100}){100}', '(?:a{0,900}){0,900}', r'(a)\1', '(?=a)b', '[' * 50, r'[\p{L}]{1000}'])
def test_a_pattern_without_bounds_is_refused_in_its_place(pattern: str) -> None:
    found = [(each.code, each.pointer) for each in check_documents(entity_with(pattern))]

    assert found == [('SCH-E042', '/entities/memo/properties/note/pattern')]


@pytest.mark.parametrize(
    'text', ['{{' * 50_000, '{%' * 50_000, '{{ a ' * 20_000, '{% for a in b %}' * 5_000, '{{ record.' + 'a' * 90_000]
)
def test_names_in_any_template_are_followed_at_once(text: str) -> None:
    started = time.process_time()

    assert Renaming(lambda _, path: path, lambda key: key, lambda *_: None).text(text, 'memo') == text
    assert time.process_time() - started < 5
